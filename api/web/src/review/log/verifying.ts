import { ProblemError, readProblem, send } from "../../api/http";
import type { Problem } from "../../api/types";
import { words } from "../../words/review";
import type { Verification } from "../types";

export interface Far {
  done: number;
  total: number;
}
type Line =
  | ({ event: "progress" } & Far)
  | ({ event: "report" } & Verification)
  | ({ event: "problem" } & Problem);

const CUT_OFF: Problem = {
  title: "The verification was cut off",
  detail: words.log.cutOff,
  status: 0,
  code: "interrupted",
};

/** Has every record checked, and tells how far that is; throws `ProblemError`. */
export async function verify(kept: string[], tell: (far: Far) => void, signal: AbortSignal): Promise<Verification> {
  const response = await send("/v1/audit/verify", { method: "POST", json: { checkpoints: kept }, signal });
  if (!response.ok || !response.body) throw new ProblemError(await readProblem(response));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + piece.value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const told = JSON.parse(line) as Line;
      if (told.event === "progress") tell({ done: told.done, total: told.total });
      else if (told.event === "problem") throw new ProblemError(told);
      else return told;
    }
  }
  throw new ProblemError(CUT_OFF);
}

const NOTE = /\n\n(?:— .+\n?)+/gu;

/** The notes in what was pasted: each ends with the lines that sign it. */
export function notesIn(pasted: string): string[] {
  const text = `${pasted.replaceAll("\r\n", "\n").trim()}\n`;
  const notes: string[] = [];
  let at = 0;
  for (const match of text.matchAll(NOTE)) {
    const end = match.index + match[0].length;
    notes.push(`${text.slice(at, end).trim()}\n`);
    at = end;
  }
  const rest = text.slice(at).trim();
  return rest ? [...notes, `${rest}\n`] : notes;
}
