import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../../api/client";

export const SERVICES = ["admin", "services"] as const;

/** The scopes that a key may have come with the list. */
export const scopesQuery = queryOptions({
  queryKey: [...SERVICES, "scopes"],
  queryFn: async () =>
    (await reply(api.GET("/v1/service-accounts", { params: { query: { limit: 1 } } }))).scopes,
  staleTime: Infinity,
});

export function serviceQuery(name: string) {
  return queryOptions({
    queryKey: [...SERVICES, "one", name],
    queryFn: () => reply(api.GET("/v1/service-accounts/{name}", { params: { path: { name } } })),
  });
}

const SOON_DAYS = 14;

/** Whether it ends within two weeks. */
export function endsSoon(at: string, now: Date): boolean {
  return new Date(at).getTime() - now.getTime() < SOON_DAYS * 86_400_000;
}
