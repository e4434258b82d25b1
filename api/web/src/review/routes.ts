import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { callsSearch } from "../calls/search";
import { oneOf, textOf } from "../parts/searching";
import { signedInRoute } from "../routes";
import { answersSearch, answerSearch, countedSearch, listedSearch, queueSearch, recordsSearch, weeksSearch } from "./search";

const area = createRoute({
  getParentRoute: () => signedInRoute,
  path: "review",
  component: lazyRouteComponent(() => import("./ReviewArea"), "ReviewArea"),
});
const start = createRoute({
  getParentRoute: () => area,
  path: "/",
  component: lazyRouteComponent(() => import("./StartPage"), "StartPage"),
});

// Answers

const answers = createRoute({
  getParentRoute: () => area,
  path: "answers",
  validateSearch: answersSearch,
  component: lazyRouteComponent(() => import("./answers/AnswersPage"), "AnswersPage"),
});
const answer = createRoute({
  getParentRoute: () => area,
  path: "answers/$answerId",
  validateSearch: answerSearch,
  component: lazyRouteComponent(() => import("./answer/AnswerPage"), "AnswerPage"),
});

// The log

const records = createRoute({
  getParentRoute: () => area,
  path: "records",
  validateSearch: recordsSearch,
  component: lazyRouteComponent(() => import("./records/RecordsPage"), "RecordsPage"),
});
const record = createRoute({
  getParentRoute: () => area,
  path: "records/$seq",
  component: lazyRouteComponent(() => import("./records/RecordPage"), "RecordPage"),
});
const log = createRoute({
  getParentRoute: () => area,
  path: "log",
  component: lazyRouteComponent(() => import("./log/LogPage"), "LogPage"),
});
const taking = createRoute({
  getParentRoute: () => area,
  path: "export",
  validateSearch: recordsSearch,
  component: lazyRouteComponent(() => import("./log/ExportPage"), "ExportPage"),
});

// The queue

const queue = createRoute({
  getParentRoute: () => area,
  path: "queue",
  validateSearch: queueSearch,
  component: lazyRouteComponent(() => import("./queue/QueuePage"), "QueuePage"),
});
const review = createRoute({
  getParentRoute: () => area,
  path: "queue/$reviewId",
  component: lazyRouteComponent(() => import("./queue/ReviewPage"), "ReviewPage"),
});
const samples = createRoute({
  getParentRoute: () => area,
  path: "samples",
  component: lazyRouteComponent(() => import("./queue/SamplesPage"), "SamplesPage"),
});
const rules = createRoute({
  getParentRoute: () => area,
  path: "rules",
  component: lazyRouteComponent(() => import("./queue/RulesPage"), "RulesPage"),
});

// What is watched and held

const flagged = createRoute({
  getParentRoute: () => area,
  path: "flagged",
  component: lazyRouteComponent(() => import("./watch/FlaggedPage"), "FlaggedPage"),
});
const holds = createRoute({
  getParentRoute: () => area,
  path: "holds",
  validateSearch: (given): { show?: "lifted" } => ({ show: oneOf(given.show, ["lifted"] as const) }),
  component: lazyRouteComponent(() => import("./watch/HoldsPage"), "HoldsPage"),
});

// Reports

const dashboards = createRoute({
  getParentRoute: () => area,
  path: "dashboards",
  validateSearch: weeksSearch,
  component: lazyRouteComponent(() => import("./reports/DashboardsPage"), "DashboardsPage"),
});
const weekly = createRoute({
  getParentRoute: () => area,
  path: "weekly",
  validateSearch: (given): { week?: string } => ({ week: textOf(given.week) }),
  component: lazyRouteComponent(() => import("./reports/WeeklyPage"), "WeeklyPage"),
});
const counted = createRoute({
  getParentRoute: () => area,
  path: "weekly/records",
  validateSearch: countedSearch,
  component: lazyRouteComponent(() => import("./reports/CountedPage"), "CountedPage"),
});
const rows = createRoute({
  getParentRoute: () => area,
  path: "weekly/rows",
  validateSearch: listedSearch,
  component: lazyRouteComponent(() => import("./reports/ListedPage"), "ListedPage"),
});
const calls = createRoute({
  getParentRoute: () => area,
  path: "calls",
  validateSearch: callsSearch,
  component: lazyRouteComponent(() => import("../calls/CallsPage"), "ReviewCalls"),
});
const dataMap = createRoute({
  getParentRoute: () => area,
  path: "data-map",
  validateSearch: (given): { week?: string; source?: string; destination?: string } => ({
    week: textOf(given.week),
    source: textOf(given.source),
    destination: textOf(given.destination),
  }),
  component: lazyRouteComponent(() => import("./reports/DataMapPage"), "DataMapPage"),
});

export const reviewRoutes = area.addChildren([
  start,
  answers,
  answer,
  records,
  record,
  log,
  taking,
  queue,
  review,
  samples,
  rules,
  flagged,
  holds,
  dashboards,
  weekly,
  counted,
  rows,
  calls,
  dataMap,
]);
