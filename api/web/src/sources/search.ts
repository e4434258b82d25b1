/** What of the pages stands in the address, so that a link shows the same to whoever gets it. */

import { FRESHNESS_KINDS, type FreshnessKind } from "./types";

export const STATES = [
  "attention",
  "stuck",
  "failing",
  "breached",
  "late",
  "running",
  "queued",
  "new",
  "on_time",
  "unbound",
  "paused",
] as const;
export type StateFilter = (typeof STATES)[number];

export const TABS = ["overview", "runs", "failures", "schedule", "settings", "owners", "changes"] as const;
export type Tab = (typeof TABS)[number];

export const SPANS = [6, 24, 168, 720] as const;
/** Hours over which freshness is drawn. */
export type Span = (typeof SPANS)[number];

export interface ListSearch {
  state?: StateFilter;
  kind?: string;
  text?: string;
}

export interface DetailSearch {
  tab?: Tab;
  /** Failures with this wrong, and with this in their name. */
  code?: string;
  text?: string;
  /** What of its freshness is drawn, over how many hours. */
  of?: FreshnessKind;
  hours?: Span;
}

function oneOf<T>(values: readonly T[], value: unknown): T | undefined {
  return values.find((each) => each === value);
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value ? value.slice(0, 200) : undefined;
}

export function listSearch(given: Record<string, unknown>): ListSearch {
  return { state: oneOf(STATES, given.state), kind: text(given.kind), text: text(given.text) };
}

export function detailSearch(given: Record<string, unknown>): DetailSearch {
  return {
    tab: oneOf(TABS, given.tab),
    code: text(given.code),
    text: text(given.text),
    of: oneOf(FRESHNESS_KINDS, given.of),
    hours: oneOf(SPANS, given.hours),
  };
}

export function addSearch(given: Record<string, unknown>): { kind?: string } {
  return { kind: text(given.kind) };
}
