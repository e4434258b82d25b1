/** What this area asks of the server. */

import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { createParser } from "eventsource-parser";
import { api, reply } from "../api/client";
import { ProblemError, readProblem, send } from "../api/http";
import type { Problem } from "../api/types";
import type { Config, Plan, Step } from "./types";

const BUSY_MS = 1000;
const CALM_MS = 8000;

function of(name: string) {
  return { params: { path: { name } } };
}

export const kindsQuery = queryOptions({
  queryKey: ["source-kinds"],
  queryFn: async () => (await reply(api.GET("/v1/source-kinds"))).kinds,
  staleTime: Infinity,
});

/** Looked at again every second while something goes on. */
export function watchQuery(name: string) {
  return queryOptions({
    queryKey: ["source", name, "watch"],
    queryFn: () => reply(api.GET("/v1/sources/{name}/watch", of(name))),
    staleTime: 0,
    refetchInterval: ({ state }) => {
      const seen = state.data?.activity;
      return seen === "running" || seen === "queued" ? BUSY_MS : CALM_MS;
    },
  });
}

export function detailQuery(name: string) {
  return queryOptions({
    queryKey: ["source", name, "detail"],
    queryFn: () => reply(api.GET("/v1/sources/{name}", of(name))),
    staleTime: 0,
  });
}

export function freshnessQuery(name: string) {
  return queryOptions({
    queryKey: ["source", name, "freshness"],
    queryFn: () => reply(api.GET("/v1/sources/{name}/freshness", of(name))),
    staleTime: 0,
    refetchInterval: CALM_MS,
  });
}

export function courseQuery(name: string, hours: number) {
  return queryOptions({
    queryKey: ["source", name, "course", hours],
    queryFn: () =>
      reply(api.GET("/v1/sources/{name}/freshness/course", { params: { path: { name }, query: { hours } } })),
    staleTime: 0,
    refetchInterval: CALM_MS,
  });
}

export function credentialsQuery(name: string) {
  return queryOptions({
    queryKey: ["source", name, "credentials"],
    queryFn: async () => (await reply(api.GET("/v1/sources/{name}/credentials", of(name)))).credentials,
    staleTime: 0,
  });
}

export function ownersQuery(name: string) {
  return queryOptions({
    queryKey: ["source", name, "owners"],
    queryFn: async () => (await reply(api.GET("/v1/sources/{name}/owners", of(name)))).owners,
    staleTime: 0,
  });
}

export function estimateQuery(name: string) {
  return queryOptions({
    queryKey: ["source", name, "estimate"],
    queryFn: () => reply(api.GET("/v1/sources/{name}/estimate", of(name))),
    staleTime: 0,
  });
}

export function planQuery(plan: Plan, about: { source?: string; lists_everything?: boolean }) {
  return queryOptions({
    queryKey: ["source-plan", about, plan],
    queryFn: () => reply(api.POST("/v1/source-plans", { body: { lists_everything: true, ...about, plan } })),
    staleTime: 20_000,
  });
}

/** Everything that is known of a source is looked at again. */
export function useRefresh(name: string) {
  const client = useQueryClient();
  return async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: ["source", name] }),
      client.invalidateQueries({ queryKey: ["source-watch"] }),
    ]);
  };
}

export function readNow(name: string, how: { full?: boolean; confirm_empty?: boolean } = {}) {
  const body = { full: false, confirm_empty: false, ...how };
  return reply(api.POST("/v1/sources/{name}/sync", { ...of(name), body }));
}

export function stopRun(name: string) {
  return reply(api.POST("/v1/sources/{name}/runs/stop", of(name)));
}

export function retry(name: string, keys?: string[]) {
  return reply(api.POST("/v1/sources/{name}/failures/retry", { ...of(name), body: keys ? { keys } : null }));
}

export function change(name: string, body: { config?: Config; plan?: Plan; state?: "active" | "paused" }) {
  return reply(api.PATCH("/v1/sources/{name}", { ...of(name), body: { check: true, ...body } }));
}

export function removeSource(name: string) {
  return reply(api.DELETE("/v1/sources/{name}", of(name)));
}

export function setOwners(name: string, owners: string[]) {
  return reply(api.PUT("/v1/sources/{name}/owners", { ...of(name), body: { owners } }));
}

export interface NewSource {
  name: string;
  kind: string;
  config: Config;
  plan: Plan | null;
}

/** Whether a source of this name is there already: adding it would change that one. */
export async function isTaken(name: string): Promise<boolean> {
  const query = { text: name, limit: 200 };
  const { sources } = await reply(api.GET("/v1/source-watch", { params: { query } }));
  return sources.some((source) => source.name === name);
}

export function addSource(source: NewSource) {
  // It was tried step by step just before.
  return reply(api.POST("/v1/sources", { body: { ...source, check: false } }));
}

export interface Tried {
  ok: boolean;
  lists_everything: boolean;
  plan: Plan;
}

type TryEvent = { type: "step"; step: Step } | { type: "tried"; tried: Partial<Tried> & { ok: boolean } };

const CUT_OFF: Problem = {
  title: "The check was cut off",
  detail: "The connection ended before the check did.",
  hint: "Try it again.",
  status: 0,
  code: "interrupted",
};

/** Tries a source step by step, and tells each as it comes; throws `ProblemError`. */
async function tried(path: string, body: unknown, onStep: (step: Step) => void, signal: AbortSignal) {
  const response = await send(path, {
    method: "POST",
    json: body,
    headers: { Accept: "text/event-stream" },
    signal,
  });
  if (!response.ok || !response.body) throw new ProblemError(await readProblem(response));
  const came: { last?: TryEvent; problem?: Problem } = {};
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const value: unknown = JSON.parse(data);
      if (event === "step") onStep(value as Step);
      else if (event === "error") came.problem = value as Problem;
      else came.last = { type: "tried", tried: value as Tried };
    },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) parser.feed(piece.value);
  if (came.problem) throw new ProblemError(came.problem);
  if (came.last?.type !== "tried") throw new ProblemError(CUT_OFF);
  return came.last.tried;
}

export function tryNew(source: Omit<NewSource, "plan">, onStep: (step: Step) => void, signal: AbortSignal) {
  return tried("/v1/source-checks", source, onStep, signal);
}

export function tryStored(name: string, onStep: (step: Step) => void, signal: AbortSignal) {
  return tried(`/v1/sources/${encodeURIComponent(name)}/check`, {}, onStep, signal);
}
