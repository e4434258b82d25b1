/** What the pages of Ask read and change of conversations: one's own, and those that others share. */

import { queryOptions, type QueryClient } from "@tanstack/react-query";
import type { ListPage } from "../parts/useList";
import { request } from "./http";
import type { components } from "./schema";
import type { AnswerOfShare, ConversationSummary, Evidence } from "./types";

type Schemas = components["schemas"];
export type Feedback = Schemas["FeedbackOut"];
export type FeedbackIn = Required<Schemas["FeedbackIn"]>;
export type Reason = Feedback["reasons"][number];
export type Rating = Feedback["rating"];
export type Share = Schemas["ShareOut"];
export type ShareIn = Schemas["ShareIn"];
export type Received = Schemas["ReceivedOut"];
export type SharedConversation = Omit<Schemas["SharedOut"], "turns"> & { turns: AnswerOfShare[] };
export type FurtherSection = Schemas["FurtherSectionOut"];
export type ListedDocument = Schemas["ListedDocumentOut"];

const part = encodeURIComponent;
const never = { staleTime: 0, gcTime: 0 } as const;

export const conversationsKey = ["conversations"] as const;

function query(parts: Record<string, string>): string {
  const found = new URLSearchParams(Object.entries(parts).filter(([, value]) => value !== ""));
  const text = found.toString();
  return text && `?${text}`;
}

/** One's own, pinned ones first, then the latest; with a text those with it in their title or in a question. */
export async function conversationsPage(text: string, cursor: string): Promise<ListPage<ConversationSummary>> {
  const page = await request<Schemas["ConversationsOut"]>(`/v1/conversations${query({ limit: "50", text, cursor })}`);
  return { rows: page.conversations, next: page.next ?? null };
}

function nameKey(id: string) {
  return ["name of conversation", id] as const;
}

/** What a conversation is called, as far as this page was told. */
export function namedQuery(id: string) {
  return queryOptions<ConversationSummary | null>({
    queryKey: nameKey(id),
    queryFn: () => null,
    enabled: false,
    initialData: null,
    staleTime: Infinity,
  });
}

export function keepName(queryClient: QueryClient, of: ConversationSummary): void {
  const { id, title, created_at, updated_at, pinned } = of;
  queryClient.setQueryData<ConversationSummary>(nameKey(id), { id, title, created_at, updated_at, pinned });
}

export async function changeConversation(
  queryClient: QueryClient,
  id: string,
  change: { title?: string; pinned?: boolean },
): Promise<ConversationSummary> {
  const changed = await request<ConversationSummary>(`/v1/conversations/${part(id)}`, { method: "PATCH", json: change });
  keepName(queryClient, changed);
  await queryClient.invalidateQueries({ queryKey: conversationsKey });
  return changed;
}

export function deleteConversation(id: string): Promise<undefined> {
  return request<undefined>(`/v1/conversations/${part(id)}`, { method: "DELETE" });
}

export function sharesQuery(id: string) {
  return queryOptions({
    queryKey: ["shares", id],
    queryFn: async () => (await request<Schemas["SharesOut"]>(`/v1/conversations/${part(id)}/shares`)).shares,
    ...never,
  });
}

export function share(id: string, withWhom: ShareIn): Promise<Share> {
  return request<Share>(`/v1/conversations/${part(id)}/shares`, { method: "POST", json: withWhom });
}

export function endShare(id: string, shareId: string): Promise<undefined> {
  return request<undefined>(`/v1/conversations/${part(id)}/shares/${part(shareId)}`, { method: "DELETE" });
}

/** What others share with the reader, the latest first. */
export async function receivedPage(cursor: string): Promise<ListPage<Received>> {
  const page = await request<Schemas["ReceivedListOut"]>(`/v1/shared${query({ limit: "50", cursor })}`);
  return { rows: page.shared, next: page.next ?? null };
}

/** Rights may change between two looks at the same thing, so what is read here is never taken from an old copy. */
export function sharedQuery(shareId: string) {
  return queryOptions({
    queryKey: ["shared", shareId],
    queryFn: () => request<SharedConversation>(`/v1/shared/${part(shareId)}`),
    ...never,
  });
}

export function sharedEvidenceQuery(shareId: string, answerId: string, evidence: number) {
  return queryOptions({
    queryKey: ["shared evidence", shareId, answerId, evidence],
    queryFn: () => request<Evidence>(`/v1/shared/${part(shareId)}/answers/${part(answerId)}/evidence/${evidence}`),
    ...never,
  });
}

export function feedbackQuery(answerId: string) {
  return queryOptions({
    queryKey: ["feedback", answerId],
    queryFn: () => request<Feedback | null>(`/v1/answers/${part(answerId)}/feedback`),
  });
}

export function giveFeedback(answerId: string, given: FeedbackIn): Promise<Feedback> {
  return request<Feedback>(`/v1/answers/${part(answerId)}/feedback`, { method: "PUT", json: given });
}

export function withdrawFeedback(answerId: string): Promise<undefined> {
  return request<undefined>(`/v1/answers/${part(answerId)}/feedback`, { method: "DELETE" });
}

export function followUpsQuery(answerId: string) {
  return queryOptions({
    queryKey: ["follow-ups", answerId],
    queryFn: async () => (await request<Schemas["FollowUpsOut"]>(`/v1/answers/${part(answerId)}/follow-ups`)).sections,
    retry: false,
  });
}

/** The documents of a source that the reader may read, by title. */
export async function documentsPage(source: string, text: string, cursor: string): Promise<ListPage<ListedDocument>> {
  const page = await request<Schemas["ListedDocumentsOut"]>(
    `/v1/sources/${part(source)}/documents${query({ limit: "50", text, cursor })}`,
  );
  return { rows: page.documents, next: page.next ?? null };
}
