/** Settings as the pages that set them call them, and their values as those write them. */

import { words } from "../../words/sources";
import { secondsOf, spanText } from "../durations";
import { labelOf, type Schema } from "../form/schema";
import type { Blackout } from "../types";

const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
/** As the form takes it: 99.95% is not 100%. */
const OBJECTIVE = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 3 });

const NAMES: Readonly<Record<string, string>> = {
  ...words.changes.setting,
  ...words.schedule.task,
  bounds: words.schedule.bounds,
  objective: words.schedule.objective,
  stale: words.schedule.stale,
  blackout: words.schedule.blackouts,
  sensitivity: words.add.sensitivity,
};
const INNER: Readonly<Record<string, string>> = {
  jitter: words.changes.setting.jitter,
  ...words.freshness,
  every: words.schedule.every,
  cron: words.schedule.cron,
  timezone: words.schedule.zone,
};
const CHOICES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  stale: words.schedule.staleModes,
  sensitivity: words.add.levels,
  sensitivity_at: words.add.levels,
};
const DURATIONS = new Set(["every", "jitter", "recheck", "bounds"]);

export function percent(share: number): string {
  return PERCENT.format(share);
}

export function objectiveText(share: number): string {
  return OBJECTIVE.format(share);
}

/** "plan.poll.every" as "What changed: Every", "settings.page_rows" as "Page rows". */
export function settingName(path: string, settings?: Schema): string {
  const [, name = path, ...rest] = path.split(".");
  const own = path.startsWith("plan.");
  const outer = (own && NAMES[name]) || labelOf(name, own ? undefined : settings?.properties?.[name]);
  const inner = rest.join(".");
  if (!inner) return outer;
  // What else stands in a plan is a key that somebody wrote: an account, a folder.
  return `${outer}: ${own ? (INNER[inner] ?? inner) : labelOf(inner)}`;
}

/** The value of a setting as the page that sets it writes it; null where there is none, or it is empty. */
export function settingText(path: string, value: unknown): string | null {
  const [top, name = "", inner = ""] = path.split(".");
  if (top !== "plan") return written(value);
  if (name === "objective" && typeof value === "number") return objectiveText(value);
  if (name === "slice_seconds" && typeof value === "number") return spanText(value);
  if (name === "blackout" && Array.isArray(value)) {
    return (value as Partial<Blackout>[]).map(windowText).join("; ") || null;
  }
  if (typeof value !== "string") return written(value);
  const seconds = DURATIONS.has(name) || DURATIONS.has(inner) ? secondsOf(value) : null;
  return seconds === null ? (CHOICES[name]?.[value] ?? value) : spanText(seconds);
}

function windowText({ start, end, timezone, weekdays = [] }: Partial<Blackout>): string {
  return `${weekdays.map((day) => words.schedule.weekday[day] ?? day).join(", ")} ${start}–${end} (${timezone})`;
}

/** The value of a setting as text; null where there is none, or it is empty. */
export function written(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "object" && Object.keys(value).length === 0) return null;
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) return value.join(", ");
  return JSON.stringify(value);
}
