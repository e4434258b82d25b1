/** English of the first page. */

import { count } from "../shell";

export const overview = {
  about: "What wants somebody to look at it, and what was changed last.",
  latest: "Changed last",
  allChanges: "All changes",
  parts: {
    requests: "Role requests",
    models: "Models",
    budgets: "Budgets",
    keys: "Keys of programs",
    dead: "Messages to destinations",
    untold: "Messages to webhooks",
  },
  wants: {
    requests: (number: number) => `${count(number, "request")} to decide`,
    models: (number: number) => `${count(number, "model")} to look at`,
    budgets: (number: number) => `${count(number, "budget")} nearly used up`,
    keys: (number: number) => `${count(number, "key")} ${number === 1 ? "ends" : "end"} within two weeks`,
    dead: (number: number) => `${count(number, "message")} ${number === 1 ? "has" : "have"} not arrived`,
    untold: (number: number) => `${count(number, "message")} ${number === 1 ? "has" : "have"} not arrived`,
  },
  fine: {
    requests: "Nothing to decide",
    models: "All in use as planned",
    budgets: "All within their pace",
    keys: "None ends soon",
    dead: "None failed",
    untold: "None failed",
  },
} as const;
