import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, readEvents, type AskEvent } from "../src/api/ask";
import { answer } from "./answers";

function bodyOf(...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
      controller.close();
    },
  });
}

function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

async function collect(body: ReadableStream<Uint8Array>): Promise<AskEvent[]> {
  const events: AskEvent[] = [];
  await readEvents(body, (event) => events.push(event));
  return events;
}

async function collectAnswer(response: Response | Promise<Response>): Promise<AskEvent[]> {
  vi.stubGlobal("fetch", vi.fn().mockReturnValue(Promise.resolve(response)));
  const events: AskEvent[] = [];
  await ask({ question: "q", conversation_id: null }, (event) => events.push(event), new AbortController().signal);
  return events;
}

afterEach(() => vi.unstubAllGlobals());

describe("reading the events of an answer", () => {
  it("keeps their order, wherever the stream is cut", async () => {
    const text =
      eventText("stage", { stage: "searching", detail: "", count: null }) +
      eventText("sentence", { index: 0, text: "Grüße 👩‍🚀", citations: [] }) +
      eventText("final", answer());
    const bytes = new TextEncoder().encode(text);
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const events = await collect(bodyOf(...pieces));
    expect(events.map((event) => event.type)).toEqual(["stage", "sentence", "final"]);
    expect(events[1]).toMatchObject({ text: "Grüße 👩‍🚀" });
  });

  it("skips comments and events it does not know", async () => {
    const events = await collect(bodyOf(": keep-alive\n\n", eventText("novelty", {}), eventText("final", answer())));
    expect(events.map((event) => event.type)).toEqual(["final"]);
  });

  it("reads the last event although its blank line is missing", async () => {
    const events = await collect(bodyOf(eventText("final", answer()).trimEnd()));
    expect(events).toHaveLength(1);
  });
});

describe("asking", () => {
  it("reports a stream that ends early as interrupted", async () => {
    const response = new Response(bodyOf(eventText("sentence", { index: 0, text: "A", citations: [] })), {
      headers: { "Content-Type": "text/event-stream" },
    });
    const events = await collectAnswer(response);
    expect(events.at(-1)).toMatchObject({ type: "error", problem: { code: "interrupted" } });
  });

  it("reports the server's problem in its own words", async () => {
    const problem = { title: "The log cannot be written", status: 503, hint: "Try again." };
    const events = await collectAnswer(new Response(JSON.stringify(problem), { status: 503 }));
    expect(events).toEqual([{ type: "error", problem: expect.objectContaining(problem) }]);
  });

  it("reports nothing after the final event", async () => {
    const response = new Response(bodyOf(eventText("final", answer()), eventText("stage", {})));
    const events = await collectAnswer(response);
    expect(events.map((event) => event.type)).toEqual(["final"]);
  });

  it("sends the header that other sites cannot set", async () => {
    await collectAnswer(new Response(bodyOf(eventText("final", answer()))));
    const [, init] = vi.mocked(fetch).mock.calls[0] ?? [];
    expect(new Headers(init?.headers).get("X-Vouch")).toBe("1");
  });

  it("reports nothing once it was stopped", async () => {
    const abort = new AbortController();
    vi.stubGlobal("fetch", () => {
      abort.abort();
      return Promise.reject(new DOMException("stopped", "AbortError"));
    });
    const events: AskEvent[] = [];
    const asked = ask({ question: "q", conversation_id: null }, (event) => events.push(event), abort.signal);
    await expect(asked).rejects.toThrow("stopped");
    expect(events).toEqual([]);
  });
});
