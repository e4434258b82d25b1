import type { Staleness } from "../api/types";

const CALENDAR = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const STEPS: [count: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 60, "minute"],
  [24, 3600, "hour"],
  [7, 86_400, "day"],
];

export function calendarTime(iso: string): string {
  return CALENDAR.format(new Date(iso));
}

/** "5 minutes ago", "in 2 hours" within a week, the date else. */
export function relativeTime(iso: string, now: Date): string {
  const seconds = (new Date(iso).getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 45) return "just now";
  for (const [limit, size, unit] of STEPS) {
    const number = Math.round(seconds / size);
    if (Math.abs(number) < limit) return RELATIVE.format(number, unit);
  }
  return DAY.format(new Date(iso));
}

const LATE: Record<NonNullable<Staleness["bound"]>, string> = {
  content: "out of date",
  deletions: "deletions out of date",
  permissions: "permissions out of date",
};

/** "out of date since Nov 20, 2026, 9:00 AM", with what of the source is; empty while it is within its bounds. */
export function staleText({ stale, bound, stale_since }: Staleness): string {
  if (!stale) return "";
  const what = LATE[bound ?? "content"];
  return stale_since ? `${what} since ${calendarTime(stale_since)}` : what;
}

export type Period = "Today" | "Yesterday" | "Last 7 days" | "Older";

export function periodOf(iso: string, now: Date): Period {
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  const days = Math.ceil((midnight.getTime() - new Date(iso).getTime()) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return days <= 7 ? "Last 7 days" : "Older";
}
