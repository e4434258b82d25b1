/** English of the changes. */

import { models } from "./models";
import { people } from "./people";
import { known, levelName, sentence } from "./saying";

const DONE = known({ key_made: "Key made", key_ended: "Key ended", given: "Grant given" });
const DONE_TO: Record<string, Record<string, string | undefined> | undefined> = {
  model: models.changes,
  policy: { added: "First version", changed: "New version" },
};

/** What was done in the words of its page, and with which roles or scopes: "added: employee", "asked for reviewer". */
function told(kind: string, change: string): string {
  if (kind === "sensitivity") return change.split(" to ").map(levelName).join(" → ");
  // Of a damaged record only the action is left: "people.added".
  const plain = change.replace(/^(people|service)\./, "").replace(/^(asked for|approved|declined) /, "$1: ");
  const [done = "", given] = plain.split(": ");
  const text = DONE_TO[kind]?.[done] ?? DONE[done] ?? sentence(done.replaceAll("_", " "));
  return given ? `${text}: ${given.split(", ").map(people.roleName).join(", ")}` : text;
}

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
    acting: "Acting for people",
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
  told,
  what: "What",
} as const;
