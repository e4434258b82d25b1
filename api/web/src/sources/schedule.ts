/** Editing a plan: what a schedule is in words, and which part of a plan the server did not accept. */

import cronstrue from "cronstrue";
import type { Problem } from "../api/types";
import { words } from "../words/sources";
import type { Schedule } from "./types";

export type Mode = "every" | "cron" | "none";

export function modeOf(schedule: Schedule | null | undefined): Mode {
  if (!schedule) return "none";
  return schedule.cron ? "cron" : "every";
}

export function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** All time zones, the given one among them even where the browser does not know it. */
export function zones(current: string): string[] {
  return [...new Set(["UTC", current, ...Intl.supportedValuesOf("timeZone")])];
}

/** A schedule to begin with when the way it runs is changed. */
export function begun(mode: Mode): Schedule | null {
  switch (mode) {
    case "every":
      return { every: "1h" };
    case "cron":
      return { cron: "30 2 * * *", timezone: zoneHere() };
    case "none":
      return null;
  }
}

/** "At 02:30 AM, Monday through Friday"; null for what is no cron line of five fields. */
export function cronText(cron: string): string | null {
  if (cron.trim().split(/\s+/).length !== 5) return null;
  try {
    return cronstrue.toString(cron, { verbose: true, use24HourTimeFormat: true });
  } catch {
    return null;
  }
}

/** Why it is no cron line: the first field that is wrong by itself, as the server looks for it too. */
export function cronFault(cron: string): string {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return words.schedule.cronWrong;
  const alone = (place: number) => fields.map((field, each) => (each === place ? field : "*")).join(" ");
  const place = fields.findIndex((_, each) => cronText(alone(each)) === null);
  return place < 0 ? words.schedule.cronUnusable : words.schedule.cronFieldWrong(fields[place] ?? "", place);
}

/** By the beginning of its path, what the server found wrong with a plan: "The plan cannot be used: poll.cron ...". */
export function planFaults(problem: Problem | null): Record<string, string> {
  const detail = problem?.detail ?? "";
  const start = detail.indexOf(": ");
  if (start < 0) return {};
  const found: Record<string, string> = {};
  for (const part of detail.slice(start + 2).split("; ")) {
    const [path = ""] = part.split(" ", 1);
    const top = path.split(".")[0] ?? "";
    found[top === "bounds" ? path : top] ??= part.slice(path.length + 1).replace(/\.$/, "") || words.form.needed;
  }
  return found;
}
