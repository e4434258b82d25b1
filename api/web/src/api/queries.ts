import { QueryClient, queryOptions, type QueryCache } from "@tanstack/react-query";
import { ProblemError, request } from "./http";
import type { Conversation, DocumentView, Evidence, Session, SourceSummary, Trail } from "./types";

const part = encodeURIComponent;

export function createQueryClient(queryCache?: QueryCache): QueryClient {
  return new QueryClient({
    queryCache,
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        // What the server decided stays decided; only a lost connection is worth another try.
        retry: (failures, error) => !(error instanceof ProblemError) && failures < 2,
      },
    },
  });
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => request<Session>("/v1/session"),
  staleTime: 60_000,
});

export const sourcesQuery = queryOptions({
  queryKey: ["sources"],
  queryFn: async () => {
    const found: SourceSummary[] = [];
    for (let address: string | null = "/v1/sources"; address !== null; ) {
      const page: { sources: SourceSummary[]; next?: string | null } = await request(address);
      found.push(...page.sources);
      address = page.next ? `/v1/sources?cursor=${part(page.next)}` : null;
    }
    return found;
  },
});

/** Rights may change between two looks at the same thing, so what is read here is never taken from an old copy. */
export function conversationQuery(id: string) {
  return queryOptions({
    queryKey: ["conversation", id],
    queryFn: () => request<Conversation>(`/v1/conversations/${part(id)}`),
    staleTime: 0,
    gcTime: 0,
  });
}

export function evidenceQuery(answerId: string, evidence: number) {
  return queryOptions({
    queryKey: ["evidence", answerId, evidence],
    queryFn: () => request<Evidence>(`/v1/answers/${part(answerId)}/evidence/${evidence}`),
    staleTime: 0,
    gcTime: 0,
  });
}

export function trailQuery(answerId: string) {
  return queryOptions({
    queryKey: ["trail", answerId],
    queryFn: () => request<Trail>(`/v1/answers/${part(answerId)}/trail`),
    staleTime: 0,
    gcTime: 0,
  });
}

export function documentQuery(id: string) {
  return queryOptions({
    queryKey: ["document", id],
    queryFn: () => request<DocumentView>(`/v1/documents/${part(id)}`),
    staleTime: 0,
    gcTime: 0,
  });
}

export type SignInBody = { email: string; password?: string } | { link: string };

export function signIn(body: SignInBody): Promise<Session> {
  return request<Session>("/v1/session", { method: "POST", json: body });
}

/** Sets a password with the link that an operator made, and signs in. */
export function setPassword(body: { link: string; password: string }): Promise<Session> {
  return request<Session>("/v1/session/password", { method: "POST", json: body });
}

/** Where the organisation's own sign-in is to be left too, if it vouched for the session. */
export async function signOut(): Promise<string | null> {
  const left = await request<{ continue_at: string } | undefined>("/v1/session", { method: "DELETE" });
  return left?.continue_at ?? null;
}

/** Nothing that one person read stays in memory for the next one at this desk. */
export function forgetReadings(queryClient: QueryClient): void {
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
}
