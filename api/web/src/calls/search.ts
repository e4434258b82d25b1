/** What the calls of models are narrowed by stands in the address. Empty is a call of none: of no department, of nobody. */

const FIELDS = ["department", "source", "model", "person", "currency"] as const;
const MOMENT = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/;

/** `since` and `until` are moments in UTC, or days: then `until` is the last one of them. */
export interface CallsSearch {
  department?: string;
  source?: string;
  model?: string;
  person?: string;
  currency?: string;
  settled?: boolean;
  since?: string;
  until?: string;
}

function momentOf(value: unknown): string | undefined {
  return typeof value === "string" && MOMENT.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

export function callsSearch(given: Record<string, unknown>): CallsSearch {
  const found: CallsSearch = { since: momentOf(given.since), until: momentOf(given.until) };
  for (const name of FIELDS) {
    const value = given[name];
    // The router reads "12" as a number.
    if (typeof value === "string" || typeof value === "number") found[name] = String(value);
  }
  if (typeof given.settled === "boolean") found.settled = given.settled;
  return found;
}

const DAY_MS = 86_400_000;

/** The words of a search as the server takes them. */
export function askedCalls({ since, until, ...rest }: CallsSearch): CallsSearch {
  return {
    ...rest,
    since: since && new Date(since).toISOString(),
    until: until && new Date(Date.parse(until) + (until.includes("T") ? 0 : DAY_MS)).toISOString(),
  };
}
