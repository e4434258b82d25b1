/** The pages of Ask beside the chat. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { signedInRoute } from "../routes";

export interface IndexedSearch {
  source?: string;
  text?: string;
  only?: "late";
}

function textOf(value: unknown): string | undefined {
  // A search of digits only comes out of the address as a number.
  const text = typeof value === "string" || typeof value === "number" ? String(value).slice(0, 200) : "";
  return text || undefined;
}

const shared = createRoute({
  getParentRoute: () => signedInRoute,
  path: "shared",
  component: lazyRouteComponent(() => import("../shared/SharedListPage"), "SharedListPage"),
});
const sharedOne = createRoute({
  getParentRoute: () => signedInRoute,
  path: "shared/$shareId",
  component: lazyRouteComponent(() => import("../shared/SharedPage"), "SharedPage"),
});
const indexed = createRoute({
  getParentRoute: () => signedInRoute,
  path: "indexed",
  validateSearch: (search: Record<string, unknown>): IndexedSearch => ({
    source: textOf(search.source),
    text: textOf(search.text),
    only: search.only === "late" ? "late" : undefined,
  }),
  component: lazyRouteComponent(() => import("../indexed/IndexedPage"), "IndexedPage"),
});

export const askRoutes = [shared, sharedOne, indexed] as const;
