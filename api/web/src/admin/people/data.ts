import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../../api/client";

export const PEOPLE = ["admin", "people"] as const;
export const REQUESTS = ["admin", "role-requests"] as const;
export const ROLES = ["employee", "connector_owner", "reviewer", "admin", "operator"] as const;

export function personQuery(email: string) {
  return queryOptions({
    queryKey: [...PEOPLE, "one", email],
    queryFn: () => reply(api.GET("/v1/operator/people/{email}", { params: { path: { email } } })),
  });
}

export function sessionsQuery(email: string) {
  return queryOptions({
    queryKey: [...PEOPLE, "sessions", email],
    queryFn: () => reply(api.GET("/v1/operator/people/{email}/sessions", { params: { path: { email } } })),
  });
}
