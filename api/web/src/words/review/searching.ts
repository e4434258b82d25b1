import { count } from "../shell";

export const overview = {
  about: "What people were told, what it rested on, and whether the log of it holds.",
  find: "Find an answer",
  findAbout: "By the person who asked, a document, a source, a model, an outcome or a time.",
  waiting: (number: number) => (number === 0 ? "No review waits" : count(number, "review waits", "reviews wait")),
  flagged: (number: number, more: boolean) =>
    number === 0 ? "None flagged" : `${more ? "More than " : ""}${count(number, "passage")} flagged`,
  holds: (number: number) => (number === 0 ? "Nothing is held" : count(number, "hold")),
  log: (records: number) => `${count(records, "record")} signed`,
  behind: (number: number) => `${count(number, "witness", "witnesses")} behind`,
  reports: "Last week’s report",
  reportsAbout: "Figures of questions, verification, models, redaction and keeping.",
};

export const subject = {
  name: "Pseudonym",
  answers: "Their answers",
  records: "Their records",
  identify: "Who is this?",
  title: "Look up the person behind a pseudonym?",
  about: "The look-up is a record of the log, with your reason as a commitment. It is written before you are told.",
  action: "Look up",
  known: (name: string, email: string) => `${name}, ${email}`,
  nobody: "nobody",
  machine: "Vouch itself",
  find: "Find by address",
  findTitle: "Find a person by their address",
  findAbout:
    "The log knows people under pseudonyms. Looking one up is a record of the log, with your reason as a commitment.",
  address: "E-mail address",
  found: "The search is narrowed to this person",
};

export const filters = {
  name: "Narrow the list",
  more: "More to search by",
  less: "Fewer fields",
  person: "Person, as a pseudonym",
  personHint: "32 characters. Or find it by the address.",
  document: "Document, by its id",
  source: "Source",
  model: "Model, by its name",
  outcome: "Outcome",
  kind: "Kind",
  action: "Action",
  answer: "Answer, by its id",
  conversation: "Conversation, by its id",
  trace: "Trace, by its id",
  since: "From (UTC)",
  until: "To, including (UTC)",
};

export const answers = {
  about: "Answers of anybody, the newest first. The address of this page holds the search, so it can be shared.",
  searched: "Each search is a record of the log.",
  question: "Question",
  erased: "Text not kept",
  person: "Person",
  asked: "Asked",
  outcome: "Outcome",
  sentences: "Sentences",
  support: "Support",
  model: "Model",
  found: (number: number) => count(number, "answer fits", "answers fit"),
  records: "Their records",
  none: "No answer fits",
  noneHint: "Widen the time, or take out a field. Answers whose time is over are found by what the log still knows.",
  empty: "Nobody has asked anything yet",
  emptyHint: "As soon as somebody asks, the answer stands here.",
};
