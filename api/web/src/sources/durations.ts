/** Lengths of time: in words, and as a plan writes them. */

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;
export type Unit = (typeof UNITS)[number][0];

/** A number and its unit stay on one line. */
const NEAR = "\u00a0";
const SHORT: Record<Unit, string> = { d: "d", h: "h", m: "min", s: "s" };

/** "3 h 20 min": the two largest units that count. */
export function spanText(seconds: number, units = 2): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = UNITS.findIndex(([, size]) => whole >= size);
  if (first < 0) return `0${NEAR}${SHORT.s}`;
  const parts: string[] = [];
  let left = whole;
  for (const [unit, size] of UNITS.slice(first, first + units)) {
    const number = Math.floor(left / size);
    left -= number * size;
    if (number > 0) parts.push(`${number}${NEAR}${SHORT[unit]}`);
  }
  return parts.join(" ");
}

/** An age beside its bound: finer than else where it is above and both would read the same. */
export function againstText(age: number, bound: number | null): string {
  const text = spanText(age);
  if (bound === null || age <= bound || text !== spanText(bound)) return text;
  return age < 60 ? `${Math.ceil(age * 10) / 10}${NEAR}${SHORT.s}` : spanText(Math.ceil(age), UNITS.length);
}

/** "1h30m" in seconds; null for what is none. */
export function secondsOf(duration: string | null | undefined): number | null {
  const found = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration?.trim() ?? "");
  if (!found || !found.slice(1).some(Boolean)) return null;
  return UNITS.reduce((sum, [, size], place) => sum + Number(found[place + 1] ?? 0) * size, 0);
}

export interface Amount {
  number: number;
  unit: Unit;
}

/** The largest unit in which it is a whole number. */
export function amountOf(duration: string | null | undefined): Amount | null {
  const seconds = secondsOf(duration);
  if (seconds === null) return null;
  const [unit, size] = UNITS.find(([, each]) => seconds > 0 && seconds % each === 0) ?? UNITS[3];
  return { number: seconds / size, unit };
}

export function durationOf({ number, unit }: Amount): string {
  return `${Math.round(number)}${unit}`;
}
