import type { Answer, CountedValues, DroppedSentence, TrailAttempt } from "../api/types";
import { words } from "../words/ask";

export function againstWords(dropped: DroppedSentence): string {
  return dropped.against.map(words.trail.against).join("; ");
}

/** Whether a model wrote any of it, shown or not. */
export function hasModelWork(answer: Answer): boolean {
  return answer.tier !== "extractive" || answer.dropped > 0;
}

/** One line on what a model had to do with an answer. */
export function modelLine(answer: Answer): string {
  if (answer.tier === "extractive") return words.trail.uncarried(answer.dropped);
  return words.trail.written(answer.model, answer.tier, answer.dropped, answer.replaced);
}

/** How many redacted values an answer has; empty where it has none. */
export function valueWords(values: readonly CountedValues[]): string {
  const restored = values.reduce((sum, each) => sum + each.restored, 0);
  const kept = values.reduce((sum, each) => sum + each.kept, 0);
  return words.values.line(restored, kept);
}

/** What a call cost, in its currency; empty where nothing is known of it or where it cost nothing. */
export function costWords(call: TrailAttempt["call"]): string {
  if (!call?.micros || !call.currency) return "";
  const amount = call.micros / 1_000_000;
  return `${amount.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 6 })} ${call.currency}`;
}
