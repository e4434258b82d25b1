/** Names and numbers that several pages of reviewing say. */

import { count } from "../shell";

export const NUMBER = new Intl.NumberFormat("en");
export const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

export const OUTCOMES = {
  answered: "Answered",
  abstained: "Abstained",
  refused: "Refused",
  failed: "Failed",
  unknown: "Outcome unknown",
  started: "Begun",
  done: "Done",
  denied: "Denied",
};
export const REASONS: Record<string, string> = {
  nothing_found: "Nothing was found that the person may read.",
  evidence_insufficient: "What was found does not carry an answer.",
  nothing_held: "What was written is not what the sources say.",
  sources_out_of_date: "Sources were left out as they are out of date.",
};
export const AS_LOGGED = {
  matches: "As the log has it",
  differs: "Not what the log commits to",
  "not kept": "Text not kept",
};
export const EVIDENCE = {
  kept: "Kept",
  erased: "Erased",
  retired: "Retired: its time is over",
  "never kept": "Never kept",
  "does not open": "Does not open",
};
export const DOCUMENT_STATES: Record<string, string> = {
  ready: "Indexed",
  gone: "Deleted in its source",
  suppressed: "Suppressed",
  pending: "Being read anew",
  failed: "Could not be read",
  unknown: "Not stored any more",
};
export const COMPARED = {
  same: "Unchanged",
  changed: "Changed since",
  altered: "Stored text was altered",
  gone: "Deleted in its source",
  suppressed: "Erased or suppressed here",
  unreadable: "Cannot be read",
  pending: "Being read anew",
  unreachable: "Its source could not be read",
  late: "Its source did not answer in time",
  "source removed": "Its source is not connected any more",
  unknown: "Not known where it came from",
};
export const COPIES = { version: "stored version", passage: "stored passage", snapshot: "snapshot" };
export const LABELS = {
  correct: "Correct",
  partly_correct: "Partly correct",
  incorrect: "Incorrect",
  unsupported: "Unsupported",
  out_of_date: "Out of date",
  leak: "Leak",
  should_have_abstained: "Should have abstained",
  should_have_answered: "Should have answered",
  cannot_tell: "Cannot tell",
};
export const SEVERITIES = { none: "None", low: "Low", medium: "Medium", high: "High", critical: "Critical" };
export const REVIEW_STATES = {
  waiting: "Waiting",
  open: "Open",
  assigned: "Assigned",
  labelled: "Labelled",
  signed_off: "Signed off",
  withdrawn: "Withdrawn",
};
export const RULES: Record<string, string> = {
  random: "At random",
  low_support: "With little support",
  tier: "By a tier of models",
  feedback: "With a thumb down",
  flagged: "With a flagged passage",
  redacted: "With pseudonyms in it",
  escalated: "Escalated to another tier",
  source: "Citing a source",
  document: "Citing a document",
  by_hand: "By hand",
};
export const STRATA = { none: "Of all together", person: "Of each person", tier: "Of each tier", status: "Of each outcome", day: "Of each day" };
export const PERIODS: Record<string, string> = { day: "Every day", week: "Every week", month: "Every month" };
export const CHANGES: Record<string, string> = {
  queued: "Put into the queue",
  assigned: "Assigned",
  unassigned: "Given back",
  labelled: "Labelled",
  noted: "Note",
  signed_off: "Signed off",
  reopened: "Opened again",
  withdrawn: "Withdrawn",
};
export const TREATMENTS: Record<string, string> = { allow: "Allowed", redact: "Redacted", block: "Blocked", vault: "Kept in the vault" };
export const TIMINGS: Record<string, string> = {
  embed: "Embedding the question",
  index: "Index",
  check: "Second check of access",
  read: "Reading the passages",
  route: "Choosing a model",
  redact: "Redaction",
  prompt: "Prompt",
  model: "Model",
  verify: "Verification",
  record: "Record",
  first_sentence: "Until the first sentence",
  total: "In all",
};
export const HELD = { person: "Person", document: "Document", source: "Source", answer: "Answer" };
export const SPARED = {
  person:
    "Their answers and conversations, their profile, and every document, snapshot and answer that a request of theirs would remove.",
  source: "Its documents and their snapshots.",
  document: "Its snapshots.",
  answer: "Its conversation (other answers in it may go), and the snapshots of what it cites.",
};

export function named(table: Readonly<Record<string, string>>, name: string): string {
  const spoken = name.replaceAll("_", " ");
  return table[name] ?? spoken.charAt(0).toUpperCase() + spoken.slice(1);
}

export function seconds(value: number): string {
  if (value < 1) return `${NUMBER.format(Math.round(value * 1000))} ms`;
  if (value < 120) return `${value.toFixed(value < 10 ? 2 : 1)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  return value < 172_800 ? `${Math.round(value / 3600)} h` : `${Math.round(value / 86_400)} days`;
}

export function size(bytes: number): string {
  if (bytes < 1024) return count(bytes, "byte");
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
