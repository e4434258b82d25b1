import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../../api/client";

export const POLICY = ["admin", "policy"] as const;

/** The policy that holds, or an earlier version of it. */
export function policyQuery(version?: number) {
  return queryOptions({
    queryKey: [...POLICY, version ?? "holds"],
    queryFn: () => reply(api.GET("/v1/policy", { params: { query: version === undefined ? {} : { version } } })),
  });
}
