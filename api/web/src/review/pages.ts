import {
  ChartColumn,
  Dices,
  FileClock,
  FileDown,
  FileText,
  Flag,
  House,
  ListChecks,
  Lock,
  MessagesSquare,
  Receipt,
  Repeat,
  ScrollText,
  Waypoints,
} from "lucide-react";
import type { AreaPage } from "../shell/AreaFrame";
import { words } from "../words/review";

const names = words.pages;

/** The pages of the area, and what whoever opens one needs. */
export const PAGES: readonly AreaPage[] = [
  { to: "/review", name: names.overview, icon: House, needs: [] },
  { to: "/review/answers", name: names.answers, icon: MessagesSquare, needs: ["review"] },
  { to: "/review/queue", name: names.queue, icon: ListChecks, needs: ["review"] },
  { to: "/review/samples", name: names.samples, icon: Dices, needs: ["review"] },
  { to: "/review/rules", name: names.rules, icon: Repeat, needs: ["review"] },
  { to: "/review/records", name: names.records, icon: ScrollText, needs: ["audit.read"] },
  { to: "/review/log", name: names.log, icon: FileClock, needs: ["audit.verify"] },
  { to: "/review/export", name: names.export, icon: FileDown, needs: ["audit.export"] },
  { to: "/review/flagged", name: names.flagged, icon: Flag, needs: ["audit.read"] },
  { to: "/review/holds", name: names.holds, icon: Lock, needs: ["review.hold"] },
  { to: "/review/dashboards", name: names.dashboards, icon: ChartColumn, needs: ["report.read"] },
  { to: "/review/weekly", name: names.weekly, icon: FileText, needs: ["report.read"] },
  { to: "/review/calls", name: names.calls, icon: Receipt, needs: ["budget.read"] },
  { to: "/review/data-map", name: names.dataMap, icon: Waypoints, needs: ["report.read"] },
];
