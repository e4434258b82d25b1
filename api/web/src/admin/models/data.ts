import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../../api/client";
import type { Tone } from "../../parts/Status";
import type { Model, ModelEntry } from "../types";

export const MODELS = ["admin", "models"] as const;
export const PROVIDERS = [
  "openai",
  "azure",
  "anthropic",
  "anthropic-bedrock",
  "anthropic-vertex",
  "gemini",
  "gemini-vertex",
  "compatible",
] as const satisfies readonly ModelEntry["provider"][];
export const TIERS = ["small", "large", "on_premise"] as const satisfies readonly ModelEntry["tier"][];
export const LEVELS = ["public", "internal", "confidential", "restricted"] as const;

export function modelsQuery(retired: boolean) {
  return queryOptions({
    queryKey: [...MODELS, "list", retired],
    queryFn: () => reply(api.GET("/v1/register/models", { params: { query: { retired } } })),
  });
}

export function modelQuery(name: string) {
  return queryOptions({
    queryKey: [...MODELS, "one", name],
    queryFn: () => reply(api.GET("/v1/register/models/{name}", { params: { path: { name } } })),
  });
}

/** What a model says of itself. One whose entry cannot be used is not among the models. */
export function entryOf(model: Pick<Model, "entry">): ModelEntry {
  return model.entry as ModelEntry;
}

export type State = "used" | "retiring" | "overdue" | "retired" | "resting";
const SOON_DAYS = 60;
const DAY_MS = 86_400_000;

/** Whole days from today until a day; negative for one that is over. */
export function daysUntil(day: string, now: Date): number {
  const today = Date.UTC(now.getFullYear(), now.getMonth(), now.getDate());
  return Math.round((Date.parse(`${day}T00:00:00Z`) - today) / DAY_MS);
}

export function stateOf(model: Model, now: Date): State {
  if (model.change === "retired") return "retired";
  if (!model.callable) return "overdue";
  if (model.breaker !== "closed") return "resting";
  const on = entryOf(model).retires_on;
  return on && daysUntil(on, now) <= SOON_DAYS ? "retiring" : "used";
}

export const TONES: Record<State, Tone> = {
  used: "good",
  retiring: "warn",
  overdue: "bad",
  retired: "idle",
  resting: "warn",
};
