import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../../api/client";
import type { Tone } from "../../parts/Status";

export const DESTINATIONS = ["admin", "destinations"] as const;
export const DELIVERIES = ["admin", "deliveries"] as const;
export const WEBHOOKS = ["admin", "webhooks"] as const;
export const TONES: Record<"waiting" | "sent" | "dead" | "review", Tone> = {
  waiting: "paused",
  sent: "good",
  dead: "bad",
  review: "warn",
};

export const kindsQuery = queryOptions({
  queryKey: [...DESTINATIONS, "kinds"],
  queryFn: async () => (await reply(api.GET("/v1/operator/destination-kinds"))).kinds,
  staleTime: Infinity,
});

export function destinationQuery(name: string) {
  return queryOptions({
    queryKey: [...DESTINATIONS, "one", name],
    queryFn: () => reply(api.GET("/v1/operator/destinations/{name}", { params: { path: { name } } })),
  });
}

/** All that can be subscribed to comes with the list. */
export const eventsQuery = queryOptions({
  queryKey: [...WEBHOOKS, "events"],
  queryFn: async () => (await reply(api.GET("/v1/webhooks", { params: { query: { limit: 1 } } }))).events,
  staleTime: Infinity,
});

export function webhookQuery(name: string) {
  return queryOptions({
    queryKey: [...WEBHOOKS, "one", name],
    queryFn: () => reply(api.GET("/v1/webhooks/{name}", { params: { path: { name } } })),
  });
}

/** A JSON object that somebody typed. Throws `SyntaxError` for anything else. */
export function objectFrom(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text || "{}");
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("no object");
  return value as Record<string, unknown>;
}
