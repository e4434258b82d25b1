/** English of the changes. */

export const changes = {
  about: "Who changed what, when and why: of the policy, models, budgets, people, programs, sources and destinations.",
  change: "Change",
  elsewhere:
    "This list is made from the histories that each part keeps, and from the audit log for people and the keys of programs. The log holds more, such as sign-ins; reviewers read it.",
  forgotten: "Somebody who was forgotten",
  everything: "Everything",
  kinds: {
    policy: "Data policy",
    model: "Model",
    budget: "Budget",
    person: "Person",
    role: "Role request",
    service: "Service account",
    acting: "Service account acting",
    source: "Source",
    sensitivity: "Sensitivity of a document",
    destination: "Destination",
  },
  narrow: "Narrow the changes",
  none: "Nothing was changed",
  noneHint: "Try another part or another person.",
  part: "Part",
  person: "Who changed it",
  personHint: "E-mail address",
  told: (change: string) => {
    const text = change.replaceAll("_", " ");
    return text.charAt(0).toUpperCase() + text.slice(1);
  },
  what: "What",
} as const;
