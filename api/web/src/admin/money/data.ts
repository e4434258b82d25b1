import type { Tone } from "../../parts/Status";
import { words } from "../../words/admin";
import type { Budget } from "../types";
import type { BurnState } from "./burning";

export const BUDGETS = ["admin", "budgets"] as const;
export const SCOPES = ["person", "department", "source", "model"] as const;
export const PERS = ["minute", "hour", "day", "month"] as const;
export const UNITS = ["money", "tokens", "calls"] as const;
export const TONES: Record<BurnState, Tone> = { within: "good", fast: "warn", nearly: "warn", over: "bad" };

/** "500 EUR", "200,000 tokens". */
export function amount(of: number, budget: Pick<Budget, "unit" | "currency">): string {
  if (budget.unit === "money") return words.money(of, budget.currency);
  return budget.unit === "tokens" ? words.tokens(of) : words.calls(of);
}

export function whose(budget: Pick<Budget, "scope" | "name">): string {
  return budget.name === "*" ? words.budgets.each[budget.scope] : budget.name;
}
