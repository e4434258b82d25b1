import { createParser } from "eventsource-parser";
import { ProblemError, readProblem, send } from "./http";
import type { Answer, Problem, Sentence, Stage } from "./types";

export type AskEvent =
  | { type: "stage"; stage: Stage }
  | ({ type: "sentence"; index: number } & Sentence)
  | { type: "final"; answer: Answer }
  | { type: "error"; problem: Problem };

const INTERRUPTED: Problem = {
  title: "The connection was interrupted",
  detail: "The answer stopped arriving before it was complete.",
  hint: "Ask again. If the answer was recorded, it is in your history.",
  status: 0,
  code: "interrupted",
};

function decode(name: string | undefined, data: string): AskEvent | null {
  switch (name) {
    case "stage":
      return { type: "stage", stage: JSON.parse(data) as Stage };
    case "sentence":
      return { type: "sentence", ...(JSON.parse(data) as { index: number } & Sentence) };
    case "final":
      return { type: "final", answer: JSON.parse(data) as Answer };
    case "error":
      return { type: "error", problem: JSON.parse(data) as Problem };
    default:
      return null;
  }
}

/** Reads server-sent events from a response body. Unknown events are skipped, so that the server may add some. */
export async function readEvents(body: ReadableStream<Uint8Array>, onEvent: (event: AskEvent) => void): Promise<void> {
  const parser = createParser({
    onEvent: (message) => {
      const event = decode(message.event, message.data);
      if (event) onEvent(event);
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parser.feed(decoder.decode(value, { stream: true }));
    }
    // A proxy may cut the last blank line off; without it the parser would keep the final event to itself.
    parser.feed(`${decoder.decode()}\n\n`);
  } finally {
    reader.releaseLock();
  }
}

export interface Question {
  question: string;
  conversation_id: string | null;
}

/** Asks, and reports each event as it arrives. Ends with `final` or `error`; rejects only when `signal` is aborted. */
export async function ask(question: Question, onEvent: (event: AskEvent) => void, signal: AbortSignal): Promise<void> {
  let ended = false;
  const report = (event: AskEvent): void => {
    if (signal.aborted || ended) return;
    ended = event.type === "final" || event.type === "error";
    onEvent(event);
  };
  try {
    const response = await send("/v1/ask", {
      method: "POST",
      json: question,
      headers: { Accept: "text/event-stream" },
      signal,
    });
    if (!response.ok) throw new ProblemError(await readProblem(response));
    if (response.headers.get("Content-Type")?.includes("application/json")) {
      report({ type: "final", answer: (await response.json()) as Answer });
    } else if (response.body) {
      await readEvents(response.body, report);
    }
    report({ type: "error", problem: INTERRUPTED });
  } catch (error) {
    if (signal.aborted) throw error;
    report({ type: "error", problem: error instanceof ProblemError ? error.problem : INTERRUPTED });
  }
}
