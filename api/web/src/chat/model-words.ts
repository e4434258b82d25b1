import type { Answer, CountedValues, DroppedSentence, TrailAttempt } from "../api/types";
import { count } from "./conversation";

/** What a tier is called, and in brackets behind the name of a model. */
const TIERS: Record<string, string> = {
  extractive: "no language model",
  on_premise: "on premises",
  small: "small model",
  large: "large model",
};

const AGAINST: Record<string, string> = {
  number: "a number is not that of the source",
  date: "a date is not that of the source",
  name: "a name is not in the source",
  quote: "the quotation is not verbatim",
  negation: "the source says the opposite",
  modality: "the source says it with another force",
  clause: "a part of it stands in no source",
  condition: "a condition of the source is left out",
  limit: "the source sets another limit",
  order: "the source has it in another order",
  support: "the sources do not carry it",
  says_nothing: "it says nothing of the matter",
  repeated: "it was said before",
  instruction: "it follows an instruction in a document",
};

const ENDS: Record<string, string> = {
  answered: "answered",
  declined: "declined to answer",
  withheld: "was not asked: nothing of the evidence may go there",
  failed: "failed",
  nothing_held: "wrote nothing that the sources carry",
  cut_off: "broke off",
};

export function tierWords(tier: string): string {
  return TIERS[tier] ?? tier.replaceAll("_", " ");
}

export function againstWords(dropped: DroppedSentence): string {
  return dropped.against.map((kind) => AGAINST[kind] ?? kind.replaceAll("_", " ")).join("; ");
}

export function endWords(attempt: TrailAttempt): string {
  return ENDS[attempt.ended] ?? attempt.ended.replaceAll("_", " ");
}

/** Whether a model wrote any of it, shown or not. */
export function hasModelWork(answer: Answer): boolean {
  return answer.tier !== "extractive" || answer.dropped > 0;
}

function were(number: number): string {
  return `${count(number, "sentence")} ${number === 1 ? "was" : "were"}`;
}

/** One line on what a model had to do with an answer. */
export function modelLine(answer: Answer): string {
  if (answer.tier === "extractive") {
    return `A model wrote ${count(answer.dropped, "sentence")} that the sources do not carry. You read the sources themselves.`;
  }
  const written = `Written by ${answer.model} (${tierWords(answer.tier)}), checked sentence by sentence`;
  const gone = [
    answer.dropped > 0 ? `${were(answer.dropped)} dropped` : "",
    answer.replaced > 0 ? `${were(answer.replaced)} replaced with the words of the source` : "",
  ].filter(Boolean);
  return gone.length > 0 ? `${written}; ${gone.join(", ")}.` : `${written}.`;
}

/** How many redacted values an answer has; empty where it has none. */
export function valueWords(values: CountedValues[]): string {
  const restored = values.reduce((sum, each) => sum + each.restored, 0);
  const kept = values.reduce((sum, each) => sum + each.kept, 0);
  const parts = [restored > 0 ? `${count(restored, "value")} restored` : "", kept > 0 ? `${kept} hidden` : ""];
  return parts.filter(Boolean).join(", ");
}

/** What a call cost, in its currency; empty where nothing is known of it or where it cost nothing. */
export function costWords(call: TrailAttempt["call"]): string {
  if (!call?.micros || !call.currency) return "";
  const amount = call.micros / 1_000_000;
  return `${amount.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 6 })} ${call.currency}`;
}
