import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../../api/client";
import type { DataMap, Weekly } from "../types";
import { daysOf } from "./weeks";
import { sinceOf, untilOf } from "../search";

/** Each report that is made is a record, so one that was made is kept for a while. */
const MADE_MS = 10 * 60_000;

export function weeklyQuery(week: string) {
  return queryOptions({
    queryKey: ["review", "weekly", week],
    queryFn: async (): Promise<Weekly> =>
      reply(api.GET("/v1/reports/weekly", { params: { query: { week, form: "json" } } })) as Promise<Weekly>,
    staleTime: MADE_MS,
  });
}

export function spanOf(week: string): { since?: string; until?: string } {
  const days = daysOf(week);
  return days ? { since: sinceOf(days.since), until: untilOf(days.until) } : {};
}

export function dataMapQuery(week: string) {
  return queryOptions({
    queryKey: ["review", "data-map", week],
    queryFn: async (): Promise<DataMap> =>
      reply(
        api.GET("/v1/reports/data-map", { params: { query: { ...spanOf(week), form: "json" } } }),
      ) as Promise<DataMap>,
    staleTime: MADE_MS,
  });
}
