/** English of the administration: what its pages share, and the texts of each. */

import { money, number } from "../money";
import { count, words as shared } from "../shell";
import { changes } from "./changes";
import { models } from "./models";
import { budgets, chargeback } from "./money";
import { destinations, deliveries, webhooks } from "./outward";
import { overview } from "./overview";
import { people, requests } from "./people";
import { policy } from "./policy";
import { scopes, services } from "./services";
import { subjects, retention } from "./subjects";
import { levelName, levels, percent, regionName, sentence } from "./saying";

export const words = {
  ...shared,
  action: "Action",
  add: "Add",
  calls: (number: number) => count(number, "call"),
  change: "Change",
  changedBy: "By",
  currency: "Currency",
  history: "Changes",
  money,
  number,
  percent,
  regionName,
  remove: "Remove",
  sentence,
  state: "State",
  stop: "Stop",
  tokens: (number: number) => count(number, "token"),
  when: "When",
  yesOrNo: (is: boolean) => (is ? "Yes" : "No"),
  why: "Reason",
  whyHint: "Kept with the change, for whoever asks later.",
  levels,
  levelName,
  none: "None",
  missingPage: {
    hint: "It may have been removed, or it is called something else.",
    list: (name: string) => `See all: ${name}`,
    titles: {
      model: "No such model",
      person: "No such person",
      service: "No such service account",
      version: "No such version",
      destination: "No such destination",
      webhook: "No such webhook",
    },
  },
  once: {
    hint: "It is shown this once. Copy it now and keep it where the program finds it; nobody can show it again.",
    copy: "Copy",
    copied: "Copied",
    done: "I have it",
  },
  pages: {
    overview: "Overview",
    people: "People",
    requests: "Role requests",
    services: "Service accounts",
    policy: "Data policy",
    versions: "Policy versions",
    models: "Models",
    budgets: "Budgets",
    chargeback: "Chargeback",
    calls: "Model calls",
    destinations: "Destinations",
    deliveries: "Deliveries",
    webhooks: "Webhooks",
    subjects: "Requests of persons",
    retention: "Retention",
    changes: "Changes",
  },
  overview,
  people,
  requests,
  scopes,
  services,
  models,
  policy,
  budgets,
  chargeback,
  destinations,
  deliveries,
  webhooks,
  subjects,
  retention,
  changes,
} as const;
