import {
  Bot,
  Boxes,
  CalendarClock,
  ChartColumn,
  Gauge,
  History,
  House,
  Receipt,
  Send,
  ShieldCheck,
  UserCheck,
  UserRoundX,
  Users,
  Waypoints,
  Webhook,
} from "lucide-react";
import type { AreaPage } from "../shell/AreaFrame";
import { words } from "../words/admin";

const names = words.pages;

/** The pages of the area, and what whoever opens one needs. */
export const PAGES: readonly AreaPage[] = [
  { to: "/admin", name: names.overview, icon: House, needs: [] },
  { to: "/admin/people", name: names.people, icon: Users, needs: ["people.read"] },
  { to: "/admin/role-requests", name: names.requests, icon: UserCheck, needs: ["people.read"] },
  { to: "/admin/services", name: names.services, icon: Bot, needs: ["service.manage"] },
  { to: "/admin/policy", name: names.policy, icon: ShieldCheck, needs: ["policy.read"] },
  { to: "/admin/models", name: names.models, icon: Boxes, needs: ["model.change"] },
  { to: "/admin/budgets", name: names.budgets, icon: Gauge, needs: ["budget.read"] },
  { to: "/admin/chargeback", name: names.chargeback, icon: ChartColumn, needs: ["budget.read"] },
  { to: "/admin/calls", name: names.calls, icon: Receipt, needs: ["budget.read"] },
  { to: "/admin/destinations", name: names.destinations, icon: Waypoints, needs: ["destination.manage"] },
  { to: "/admin/deliveries", name: names.deliveries, icon: Send, needs: ["destination.manage"] },
  { to: "/admin/webhooks", name: names.webhooks, icon: Webhook, needs: ["webhook.manage"] },
  { to: "/admin/subjects", name: names.subjects, icon: UserRoundX, needs: ["subject.export", "subject.erase"] },
  { to: "/admin/retention", name: names.retention, icon: CalendarClock, needs: ["operate"] },
  { to: "/admin/changes", name: names.changes, icon: History, needs: ["policy.read"] },
];
