import type { Budget } from "../types";

export type Per = Budget["per"];

/** Where the time that a budget counts began and ends, in UTC. */
export function spanOf(per: Per, now: Date): { begins: number; ends: number } {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const hour = now.getUTCHours();
  if (per === "month") return { begins: Date.UTC(year, month), ends: Date.UTC(year, month + 1) };
  if (per === "day") return { begins: Date.UTC(year, month, day), ends: Date.UTC(year, month, day + 1) };
  if (per === "hour") return { begins: Date.UTC(year, month, day, hour), ends: Date.UTC(year, month, day, hour + 1) };
  const begins = Date.UTC(year, month, day, hour, now.getUTCMinutes());
  return { begins, ends: begins + 60_000 };
}

export interface Burn {
  /** Of the whole budget, from 0. */
  used: number;
  /** What will be used of it at the end, going on as until now; null while too little of the time is over to tell. */
  projected: number | null;
}

const TELLING = 0.04;

/** How fast a budget is used up. Null where it is one for each of several, or allows nothing. */
export function burnOf(budget: Budget, now: Date): Burn | null {
  if (budget.used === null || budget.most === 0) return null;
  const { begins, ends } = spanOf(budget.per, now);
  const over = (now.getTime() - begins) / (ends - begins);
  const used = budget.used / budget.most;
  return { used, projected: over < TELLING ? null : used / over };
}

export type BurnState = "within" | "fast" | "nearly" | "over";

export function stateOf(burn: Burn): BurnState {
  if (burn.used >= 1) return "over";
  if (burn.used >= 0.8) return "nearly";
  return (burn.projected ?? 0) > 1 ? "fast" : "within";
}
