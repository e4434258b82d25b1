import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { signedInRoute } from "../routes";
import { addSearch, detailSearch, listSearch } from "./search";

const area = createRoute({
  getParentRoute: () => signedInRoute,
  path: "sources",
  component: lazyRouteComponent(() => import("./SourcesArea"), "SourcesArea"),
});
const list = createRoute({
  getParentRoute: () => area,
  path: "/",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./ListPage"), "ListPage"),
});
const add = createRoute({
  getParentRoute: () => area,
  path: "add",
  validateSearch: addSearch,
  component: lazyRouteComponent(() => import("./add/AddPage"), "AddPage"),
});
const detail = createRoute({
  getParentRoute: () => area,
  path: "s/$name",
  validateSearch: detailSearch,
  component: lazyRouteComponent(() => import("./detail/DetailPage"), "DetailPage"),
});

export const sourcesRoutes = area.addChildren([list, add, detail]);
