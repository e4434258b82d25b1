/** Where the points of a line of staleness lie, in a field of `WIDTH` by `HEIGHT`. */

import type { CoursePoint } from "./types";

export const WIDTH = 100;
export const HEIGHT = 100;
const HEADROOM = 1.15;

export interface Drawn {
  /** One path for each stretch without a gap. */
  lines: string[];
  /** Where the bound lies; null where there is none or it is far above. */
  bound: number | null;
  /** Seconds at the top. */
  top: number;
  worst: number | null;
}

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const TIME_WITH_SECONDS = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** How the times of these points are written: with seconds, where several lie in one minute. */
export function timesOf(points: readonly Pick<CoursePoint, "at">[]): (at: string) => string {
  const minutes = new Set(points.map(({ at }) => Math.floor(new Date(at).getTime() / 60_000)));
  const format = minutes.size < points.length ? TIME_WITH_SECONDS : TIME;
  return (at) => format.format(new Date(at));
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const ROUND = [1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE]
  .concat([1, 2, 3, 6, 12].map((hours) => hours * HOUR))
  .concat([1, 2, 5, 10].map((days) => days * DAY));

/** The top of a scale above `most` seconds, such that it and its half are told exactly. */
export function roundTop(most: number): number {
  const half = most / 2;
  return 2 * (ROUND.find((each) => each >= half) ?? Math.ceil(half / (10 * DAY)) * 10 * DAY);
}

const snugTop = (most: number) => most * HEADROOM;

export function drawn(points: readonly CoursePoint[], bound: number | null, topOf = snugTop): Drawn {
  const known = points.flatMap(({ staleness }) => (staleness === null ? [] : [staleness]));
  const worst = known.length > 0 ? Math.max(...known) : null;
  const top = topOf(Math.max(worst ?? 0, bound ?? 0, 1));
  const y = (seconds: number) => round(HEIGHT - (seconds / top) * HEIGHT);
  const step = WIDTH / Math.max(points.length - 1, 1);
  const lines: string[] = [];
  let line = "";
  for (const [place, { staleness }] of points.entries()) {
    if (staleness === null) {
      if (line) lines.push(line);
      line = "";
    } else {
      line += `${line ? "L" : "M"}${round(place * step)} ${y(staleness)}`;
    }
  }
  // A single point is drawn as a short line, or it would not be seen.
  if (line) lines.push(line.includes("L") ? line : `${line}h1`);
  return { lines, bound: bound === null ? null : y(bound), top, worst };
}

const SHORTEST = 3;

/** Whether a line is too short to be seen as one. */
export function isDot(line: string): boolean {
  const places = [...line.matchAll(/[ML]([\d.]+)/g)].map(([, x]) => Number(x));
  return (places.at(-1) ?? 0) - (places[0] ?? 0) < SHORTEST;
}

/** One point for each time as it is told, the worst; the latest first. What is not known is left out. */
export function rowsOf(points: readonly CoursePoint[], timeOf: (at: string) => string): CoursePoint[] {
  const worst = new Map<string, CoursePoint>();
  for (const point of points) {
    const time = timeOf(point.at);
    if (point.staleness !== null && point.staleness >= (worst.get(time)?.staleness ?? 0)) worst.set(time, point);
  }
  return [...worst.values()].toReversed();
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
