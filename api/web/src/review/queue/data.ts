import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../../api/client";
import type { Label, Review, Severity } from "../types";

export function reviewQuery(id: string) {
  return queryOptions({
    queryKey: ["review", "queue", "one", id],
    queryFn: () => reply(api.GET("/v1/reviews/{review_id}", of(id))),
  });
}

function of(id: string) {
  return { params: { path: { review_id: id } } };
}

export function assign({ id, revision }: Review, assignee: string) {
  return reply(api.POST("/v1/reviews/{review_id}/assign", { ...of(id), body: { revision, assignee } }));
}

export function label({ id, revision }: Review, given: Label, severity: Severity | null) {
  return reply(api.POST("/v1/reviews/{review_id}/label", { ...of(id), body: { revision, label: given, severity } }));
}

export function note({ id, revision }: Review, text: string) {
  return reply(api.POST("/v1/reviews/{review_id}/notes", { ...of(id), body: { revision, text } }));
}

export function signOff({ id, revision }: Review) {
  return reply(api.POST("/v1/reviews/{review_id}/sign-off", { ...of(id), body: { revision } }));
}

export function reopen({ id, revision }: Review, why: string) {
  return reply(api.POST("/v1/reviews/{review_id}/reopen", { ...of(id), body: { revision, why } }));
}

/** Labels that say of no fault, and have no severity. */
export const HARMLESS: readonly Label[] = ["correct", "cannot_tell"];
const ONLY: Partial<Record<Label, string>> = { should_have_abstained: "answered", should_have_answered: "abstained" };

/** The labels that fit what became of a question. */
export function fitting(labels: readonly Label[], status: string | undefined): Label[] {
  return labels.filter((each) => !ONLY[each] || !status || ONLY[each] === status);
}
