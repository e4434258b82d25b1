/** Weeks as reports name them: ISO 8601, from Monday, in UTC. */

const DAY_MS = 86_400_000;

function monday(date: Date): Date {
  const day = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
  return new Date(day.getTime() - ((day.getUTCDay() + 6) % 7) * DAY_MS);
}

/** "2026-W48": the week of the year in which its Thursday lies. */
export function weekOf(date: Date): string {
  const thursday = new Date(monday(date).getTime() + 3 * DAY_MS);
  const year = thursday.getUTCFullYear();
  const number = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1;
  return `${year}-W${String(number).padStart(2, "0")}`;
}

/** So many weeks until the one of `now`, the latest last. */
export function weeksUntil(now: Date, number: number): string[] {
  return Array.from({ length: number }, (_, index) =>
    weekOf(new Date(monday(now).getTime() - (number - 1 - index) * 7 * DAY_MS)),
  );
}

/** The first day of a week and its last one; null for what is no week. */
export function daysOf(week: string): { since: string; until: string } | null {
  const [, year, number] = /^(\d{4})-W(\d{2})$/.exec(week) ?? [];
  if (!year || !number) return null;
  const begin = new Date(monday(new Date(Date.UTC(Number(year), 0, 4))).getTime() + (Number(number) - 1) * 7 * DAY_MS);
  if (weekOf(begin) !== week) return null;
  const end = new Date(begin.getTime() + 6 * DAY_MS);
  return { since: begin.toISOString().slice(0, 10), until: end.toISOString().slice(0, 10) };
}

export function weekBefore(week: string): string {
  const days = daysOf(week);
  return days ? weekOf(new Date(Date.parse(days.since) - DAY_MS)) : week;
}

const SHORT = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });

/** "Nov 23 – Nov 29". */
export function rangeOf(week: string): string {
  const days = daysOf(week);
  return days ? SHORT.formatRange(new Date(days.since), new Date(days.until)) : "";
}
