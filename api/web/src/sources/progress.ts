/** How far a run is, at what pace, and how long it may still take. */

import type { Watched } from "./types";

export interface Sample {
  /** What is counted: other work begins anew. */
  key: string;
  /** Milliseconds. */
  at: number;
  done: number;
}

export interface Far {
  phase: string;
  done: number;
  /** Null while the source has not said how much there is. */
  total: number | null;
  /** Items a second; null before two looks at it. */
  rate: number | null;
  /** Seconds left; null where that cannot be told. */
  left: number | null;
}

/** Whether its last run failed as a whole, with nothing to say of single documents. */
export function runFailed({ health, errors }: Pick<Watched, "health" | "errors">): boolean {
  return health === "failing" && errors === 0;
}

const LOOKED_BACK_MS = 20_000;

/** The key and count of what goes on; null where nothing does. Documents on their way into the index count down. */
export function sampleOf(source: Pick<Watched, "run" | "waiting" | "activity">, at: number): Sample | null {
  if (source.run) return { key: source.run.id, at, done: source.run.counts.read ?? 0 };
  return source.activity === "running" ? { key: "ingest", at, done: -source.waiting } : null;
}

/** Keeps what was seen of the same work, as far back as counts for its pace. */
export function kept(samples: readonly Sample[], sample: Sample): Sample[] {
  return [...samples.filter(({ key, at }) => key === sample.key && sample.at - at <= LOOKED_BACK_MS), sample];
}

export function farOf(source: Pick<Watched, "run" | "waiting" | "activity" | "task">, samples: readonly Sample[]): Far {
  const first = samples[0];
  const last = samples.at(-1);
  const seconds = first && last ? (last.at - first.at) / 1000 : 0;
  const rate = first && last && seconds >= 1 ? Math.max(0, last.done - first.done) / seconds : null;
  const phase = source.task ?? "poll";
  if (!source.run) return { phase, done: source.waiting, total: null, rate, left: leftOf(source.waiting, rate) };
  const done = source.run.counts.read ?? 0;
  const total = source.run.counts.total ?? null;
  return { phase, done, total, rate, left: total === null ? null : leftOf(total - done, rate) };
}

function leftOf(items: number, rate: number | null): number | null {
  return rate && items >= 0 ? items / rate : null;
}
