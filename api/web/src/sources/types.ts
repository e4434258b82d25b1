import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Watched = Schemas["WatchedSourceOut"];
export type Activity = Watched["activity"];
export type Health = Watched["health"];
export type CoursePoint = Schemas["CoursePointOut"];
export type SourceDetail = Schemas["SourceDetailOut"];
export type SourceTask = Schemas["SourceTaskOut"];
export type SourceKind = Schemas["SourceKindOut"];
export type Run = Schemas["SourceRunOut"];
export type Failing = Schemas["FailingOut"];
export type Freshness = Schemas["SourceFreshnessOut"];
export type KindFreshness = Schemas["KindFreshnessOut"];
export type Course = Schemas["SourceCourseOut"];
export type Breach = Schemas["BreachOut"];
export type Credential = Schemas["CredentialOut"];
export type SourceChange = Schemas["SourceChangeOut"];
export type SettingChange = Schemas["SettingChangeOut"];
export type PlanLook = Schemas["PlanOut"];
export type Upcoming = Schemas["UpcomingOut"];
export type Estimate = Schemas["EstimateOut"];
export type Step = Schemas["StepOut"];

export const FRESHNESS_KINDS = ["content", "deletions", "permissions"] as const;
export type FreshnessKind = (typeof FRESHNESS_KINDS)[number];
export const TASKS = ["poll", "sweep", "access", "principals"] as const;
export type Task = (typeof TASKS)[number];

export interface Schedule {
  every?: string | null;
  cron?: string | null;
  timezone?: string;
  jitter?: string | null;
}

export interface Blackout {
  start: string;
  end: string;
  timezone: string;
  weekdays: string[];
}

/** A plan as the server writes it. What is not edited here is sent back as it came. */
export type Plan = Record<string, unknown> &
  Partial<Record<Task, Schedule | null>> & {
    bounds: Record<FreshnessKind, string | null>;
    blackout: Blackout[];
    objective: number;
    stale: "warn" | "refuse";
    sensitivity: string;
  };

/** Settings of a source by their names; what is not set has its default. */
export type Config = Record<string, unknown>;
