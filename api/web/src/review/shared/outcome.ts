import type { Tone } from "../../parts/Status";

const TONES: Record<string, Tone> = {
  answered: "good",
  done: "good",
  started: "busy",
  abstained: "idle",
  refused: "warn",
  denied: "warn",
  unknown: "warn",
  failed: "bad",
};

/** How an outcome is marked, beside its word. What has begun stands still: it is long over. */
export function toneOf(outcome: string): Tone {
  const tone = TONES[outcome] ?? "idle";
  return tone === "busy" ? "idle" : tone;
}
