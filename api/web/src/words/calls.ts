/** English of the list of calls that budgets and chargeback count. */

import { count, words as shared } from "./shell";

const PURPOSES: Record<string, string> = {
  answer: "Answer",
  followup: "Follow-up",
  judge: "Judging",
  batch: "Batch",
  check: "Check",
};

export const words = {
  ...shared,
  title: "Model calls",
  about: "The calls of models that budgets and chargeback count, the newest first. Each look is recorded in the log.",
  narrow: "Narrow the calls",
  clear: "Show all of this month",
  department: "Department",
  source: "Source",
  model: "Model",
  person: "Person",
  currency: "Currency",
  settled: "Counted",
  settledBy: { any: "Any", used: "By what was used", estimated: "By estimate" },
  since: "From",
  until: "Until",
  any: "Any",
  noneOf: { department: "No department", source: "No source", model: "No model", person: "Nobody any more", currency: "None" },
  at: "Time",
  purpose: "For",
  purposeOf: (name: string) => PURPOSES[name] ?? name,
  sources: "Sources",
  tokensIn: "Tokens in",
  tokensOut: "Tokens out",
  cost: "Cost",
  estimated: "estimated",
  answer: "Answer",
  open: "Open",
  openOf: (id: string) => `Open the answer ${id.slice(0, 8)}`,
  together: (calls: number, cost: string) => `${count(calls, "call")}, ${cost}`,
  thisMonth: "This month",
  none: "No model was called",
  noneHint: "None was called this month. Choose an earlier time to see more.",
  noneFits: "No call fits",
  noneFitsHint: "No call of this time is like that. Clear a field, or widen the time.",
} as const;
