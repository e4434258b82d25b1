import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../../api/client";
import type { Snapshot, TrailRecord, Trail } from "../types";

/** Each look is a record of the log, so what was looked at stays as long as its page does, and is not asked for again. */
const looked = { staleTime: Infinity, gcTime: 60_000 } as const;

function of(answerId: string) {
  return { params: { path: { answer_id: answerId } } };
}

export function trailQuery(answerId: string) {
  return queryOptions({
    queryKey: ["review", "answer", answerId, "trail"],
    queryFn: () => reply(api.GET("/v1/review/answers/{answer_id}", of(answerId))),
    ...looked,
  });
}

export function replayQuery(answerId: string) {
  return queryOptions({
    queryKey: ["review", "answer", answerId, "replay"],
    queryFn: () => reply(api.GET("/v1/review/answers/{answer_id}/replay", of(answerId))),
    ...looked,
  });
}

export function compareQuery(answerId: string) {
  return queryOptions({
    queryKey: ["review", "answer", answerId, "compare"],
    queryFn: () => reply(api.GET("/v1/review/answers/{answer_id}/compare", of(answerId))),
    ...looked,
  });
}

/** The documents too as their sources have them at this moment. */
export function compareLive(answerId: string, signal: AbortSignal) {
  const params = { path: { answer_id: answerId }, query: { live: true } };
  return reply(api.GET("/v1/review/answers/{answer_id}/compare", { params, signal }));
}

export function snapshotQuery(answerId: string, number: number) {
  return queryOptions({
    queryKey: ["review", "answer", answerId, "snapshot", number],
    queryFn: (): Promise<Snapshot> =>
      reply(
        api.GET("/v1/answers/{answer_id}/evidence-snapshot/{number}", {
          params: { path: { answer_id: answerId, number } },
        }),
      ),
    ...looked,
  });
}

/** A passage as the log names it. */
export interface LoggedPassage {
  chunk: string;
  document: string;
  version: string;
  content: string;
  score: number | null;
}

export interface Access {
  key: string | null;
  grants: number | null;
  roles: string[];
  policy: string | null;
  candidates: number | null;
  denied: number | null;
  passages: LoggedPassage[];
}

function numberIn(details: Record<string, unknown>, name: string): number | null {
  const value = details[name];
  return typeof value === "number" ? value : null;
}

export function textIn(details: Record<string, unknown>, name: string): string | null {
  const value = details[name];
  return typeof value === "string" && value ? value : null;
}

function textsIn(details: Record<string, unknown>, name: string): string[] {
  const value = details[name];
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

function passageOf(value: unknown): LoggedPassage | null {
  if (typeof value !== "object" || value === null) return null;
  const details = value as Record<string, unknown>;
  const chunk = textIn(details, "chunk");
  if (!chunk) return null;
  return {
    chunk,
    document: textIn(details, "document") ?? "",
    version: textIn(details, "version") ?? "",
    content: textIn(details, "content") ?? "",
    score: numberIn(details, "score"),
  };
}

/** What the person was allowed and what was found, as it was logged before anything was made of it. */
export function accessOf(records: readonly TrailRecord[]): Access | null {
  const details = records.find(({ kind }) => kind === "ask.intent")?.details;
  if (!details) return null;
  const passages = Array.isArray(details.passages) ? details.passages : [];
  return {
    key: textIn(details, "access"),
    grants: numberIn(details, "grants"),
    roles: textsIn(details, "roles"),
    policy: textIn(details, "policy"),
    candidates: numberIn(details, "candidates"),
    denied: numberIn(details, "denied"),
    passages: passages.map(passageOf).filter((each) => each !== null),
  };
}

/** Commitments to the prompt and the reply of each call, in the order of the calls. */
export function commitmentsOf(records: readonly TrailRecord[]): { prompt: string | null; reply: string | null }[] {
  const prompts = records.filter(({ kind }) => kind === "model.intent");
  const replies = records.filter(({ kind }) => kind === "model.outcome");
  return prompts.map((intent, index) => ({
    prompt: textIn(intent.details, "prompt"),
    reply: textIn(replies[index]?.details ?? {}, "reply"),
  }));
}

/** Titles of the documents that the answer cites, by their ids. */
export function titlesOf(trail: Trail): Map<string, string> {
  const titles = new Map<string, string>();
  for (const { citations } of trail.sentences) {
    for (const { document, title } of citations) if (document && title) titles.set(document, title);
  }
  return titles;
}
