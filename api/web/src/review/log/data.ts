import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../../api/client";

export const checkpointQuery = queryOptions({
  queryKey: ["review", "checkpoint"],
  queryFn: () => reply(api.GET("/v1/audit/checkpoint")),
  staleTime: 0,
});
