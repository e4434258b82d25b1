import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { callsSearch } from "../calls/search";
import { signedInRoute } from "../routes";
import { oneOf, textOf } from "../parts/searching";

const area = createRoute({
  getParentRoute: () => signedInRoute,
  path: "admin",
  component: lazyRouteComponent(() => import("./AdminArea"), "AdminArea"),
});
const start = createRoute({
  getParentRoute: () => area,
  path: "/",
  component: lazyRouteComponent(() => import("./StartPage"), "StartPage"),
});

// People

export const HERE = ["disabled", "all"] as const;
const people = createRoute({
  getParentRoute: () => area,
  path: "people",
  validateSearch: (given): { text?: string; role?: string; state?: (typeof HERE)[number] } => ({
    text: textOf(given.text),
    role: textOf(given.role),
    state: oneOf(given.state, HERE),
  }),
  component: lazyRouteComponent(() => import("./people/PeoplePage"), "PeoplePage"),
});
const person = createRoute({
  getParentRoute: () => area,
  path: "people/$email",
  component: lazyRouteComponent(() => import("./people/PersonPage"), "PersonPage"),
});
const requests = createRoute({
  getParentRoute: () => area,
  path: "role-requests",
  validateSearch: (given): { show?: "all"; ask?: string } => ({
    show: oneOf(given.show, ["all"] as const),
    ask: textOf(given.ask),
  }),
  component: lazyRouteComponent(() => import("./people/RequestsPage"), "RequestsPage"),
});
const services = createRoute({
  getParentRoute: () => area,
  path: "services",
  component: lazyRouteComponent(() => import("./services/ServicesPage"), "ServicesPage"),
});
const service = createRoute({
  getParentRoute: () => area,
  path: "services/$name",
  component: lazyRouteComponent(() => import("./services/ServicePage"), "ServicePage"),
});

// Models and the data policy

const models = createRoute({
  getParentRoute: () => area,
  path: "models",
  validateSearch: (given): { show?: "retired" } => ({ show: oneOf(given.show, ["retired"] as const) }),
  component: lazyRouteComponent(() => import("./models/ModelsPage"), "ModelsPage"),
});
const newModel = createRoute({
  getParentRoute: () => area,
  path: "models/new",
  component: lazyRouteComponent(() => import("./models/ModelFormPage"), "NewModelPage"),
});
const model = createRoute({
  getParentRoute: () => area,
  path: "models/$name",
  component: lazyRouteComponent(() => import("./models/ModelPage"), "ModelPage"),
});
const changeModel = createRoute({
  getParentRoute: () => area,
  path: "models/$name/change",
  component: lazyRouteComponent(() => import("./models/ModelFormPage"), "ChangeModelPage"),
});
const policy = createRoute({
  getParentRoute: () => area,
  path: "policy",
  component: lazyRouteComponent(() => import("./policy/PolicyPage"), "PolicyPage"),
});
const versions = createRoute({
  getParentRoute: () => area,
  path: "policy/versions",
  component: lazyRouteComponent(() => import("./policy/VersionsPage"), "VersionsPage"),
});
const version = createRoute({
  getParentRoute: () => area,
  path: "policy/versions/$version",
  component: lazyRouteComponent(() => import("./policy/VersionPage"), "VersionPage"),
});

// Money

const budgets = createRoute({
  getParentRoute: () => area,
  path: "budgets",
  component: lazyRouteComponent(() => import("./money/BudgetsPage"), "BudgetsPage"),
});
export const CHARGED_BY = ["department", "person", "source", "model"] as const;
const chargeback = createRoute({
  getParentRoute: () => area,
  path: "chargeback",
  validateSearch: (given): { by?: (typeof CHARGED_BY)[number]; month?: string } => ({
    by: oneOf(given.by, CHARGED_BY),
    month: textOf(given.month),
  }),
  component: lazyRouteComponent(() => import("./money/ChargebackPage"), "ChargebackPage"),
});

const calls = createRoute({
  getParentRoute: () => area,
  path: "calls",
  validateSearch: callsSearch,
  component: lazyRouteComponent(() => import("../calls/CallsPage"), "AdminCalls"),
});

// What leaves

const destinations = createRoute({
  getParentRoute: () => area,
  path: "destinations",
  component: lazyRouteComponent(() => import("./outward/DestinationsPage"), "DestinationsPage"),
});
const destination = createRoute({
  getParentRoute: () => area,
  path: "destinations/$name",
  component: lazyRouteComponent(() => import("./outward/DestinationPage"), "DestinationPage"),
});
export const DELIVERED = ["waiting", "sent", "dead", "review"] as const;
const deliveries = createRoute({
  getParentRoute: () => area,
  path: "deliveries",
  validateSearch: (given): { destination?: string; state?: (typeof DELIVERED)[number] } => ({
    destination: textOf(given.destination),
    state: oneOf(given.state, DELIVERED),
  }),
  component: lazyRouteComponent(() => import("./outward/DeliveriesPage"), "DeliveriesPage"),
});
const webhooks = createRoute({
  getParentRoute: () => area,
  path: "webhooks",
  component: lazyRouteComponent(() => import("./outward/WebhooksPage"), "WebhooksPage"),
});
const webhook = createRoute({
  getParentRoute: () => area,
  path: "webhooks/$name",
  validateSearch: (given): { state?: "waiting" | "sent" | "dead" } => ({
    state: oneOf(given.state, ["waiting", "sent", "dead"] as const),
  }),
  component: lazyRouteComponent(() => import("./outward/WebhookPage"), "WebhookPage"),
});

// Requests of persons, and what was changed

const subjects = createRoute({
  getParentRoute: () => area,
  path: "subjects",
  validateSearch: (given): { email?: string } => ({ email: textOf(given.email) }),
  component: lazyRouteComponent(() => import("./subjects/SubjectsPage"), "SubjectsPage"),
});
const retention = createRoute({
  getParentRoute: () => area,
  path: "retention",
  component: lazyRouteComponent(() => import("./subjects/RetentionPage"), "RetentionPage"),
});
export const CHANGED = [
  "policy",
  "model",
  "budget",
  "person",
  "role",
  "service",
  "acting",
  "source",
  "sensitivity",
  "destination",
] as const;
const changes = createRoute({
  getParentRoute: () => area,
  path: "changes",
  validateSearch: (given): { kind?: (typeof CHANGED)[number]; person?: string } => ({
    kind: oneOf(given.kind, CHANGED),
    person: textOf(given.person),
  }),
  component: lazyRouteComponent(() => import("./changes/ChangesPage"), "ChangesPage"),
});

export const adminRoutes = area.addChildren([
  start,
  people,
  person,
  requests,
  services,
  service,
  models,
  newModel,
  model,
  changeModel,
  policy,
  versions,
  version,
  budgets,
  chargeback,
  calls,
  destinations,
  destination,
  deliveries,
  webhooks,
  webhook,
  subjects,
  retention,
  changes,
]);
