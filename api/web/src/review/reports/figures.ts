/** What dashboards take out of weekly reports. */

import type { Pattern } from "../search";
import type { Figure, ReportTable, Weekly } from "../types";
import { countedIn } from "./leads";

export interface Point {
  week: string;
  /** A share from 0 to 1, or a number; null where there was nothing to count. */
  value: number | null;
  part: number;
  whole: number | null;
  /** Under which words the log's records of `part` are counted. */
  counted: Pattern[];
}

/** A series that is one of several, as one tier of those. */
export interface Part {
  name: string;
  /** Whose calls these are; null where several departments stand together. */
  department?: string | null;
  points: Point[];
}

export function figureOf(report: Weekly, section: string, name: string): Figure | undefined {
  return report.sections.find((each) => each.name === section)?.figures.find((each) => each.name === name);
}

export function tableOf(report: Weekly, section: string, name: string): ReportTable | undefined {
  return report.sections.find((each) => each.name === section)?.tables.find((each) => each.name === name);
}

function numberOf(value: string | number | null | undefined): number {
  return typeof value === "number" ? value : 0;
}

function textOf(value: string | number | null | undefined): string {
  return typeof value === "string" ? value : "";
}

function shared(week: string, part: number, whole: number, counted: Pattern[] = []): Point {
  return { week, value: whole > 0 ? part / whole : null, part, whole, counted };
}

function weekOf(report: Weekly): string {
  return report.period.week ?? report.period.since.slice(0, 10);
}

function counted(report: Weekly, section: string, name: string): number {
  return figureOf(report, section, name)?.now ?? 0;
}

/** Of all that was written, what was shown with a verified citation. */
export function verified(report: Weekly): Point {
  const shown = figureOf(report, "verification", "shown");
  return shared(weekOf(report), shown?.now ?? 0, counted(report, "verification", "checked"), shown?.counted);
}

/** Of all questions, those that ended like this. */
export function ended(report: Weekly, outcome: "abstained" | "refused"): Point {
  return shared(weekOf(report), counted(report, "questions", outcome), counted(report, "questions", "questions"));
}

/** Of all that was observed of sources that have a bound, what was in time. */
export function inTime(report: Weekly): Point {
  const rows = tableOf(report, "sources", "freshness")?.rows ?? [];
  const bound = rows.filter((row) => typeof row.bound === "number");
  const observed = bound.reduce((sum, row) => sum + numberOf(row.observed), 0);
  const late = bound.reduce((sum, row) => sum + numberOf(row.late), 0);
  return shared(weekOf(report), observed - late, observed);
}

/** What a row adds to the part of a name, and what the log counts for it. */
type Row = [name: string, value: number, counted: Pattern | null];

/** Counts of each week by a name, those that are most first. */
function parts(reports: readonly Weekly[], rows: (report: Weekly) => Row[]): Part[] {
  const weeks = reports.map((report) => ({ week: weekOf(report), rows: rows(report) }));
  const names = new Set(weeks.flatMap((each) => each.rows.map(([name]) => name)));
  const made = [...names].map((name) => ({
    name,
    points: weeks.map(({ week, rows: all }) => {
      const own = all.filter(([of]) => of === name);
      const value = own.reduce((sum, [, each]) => sum + each, 0);
      return { week, value, part: value, whole: null, counted: own.flatMap(([, , each]) => (each ? [each] : [])) };
    }),
  }));
  const sum = (part: Part) => part.points.reduce((all, { part: value }) => all + value, 0);
  return made.toSorted((a, b) => sum(b) - sum(a));
}

/** The rows of a table, each under the name that `named` gives it. */
function rowsOf(table: ReportTable | undefined, named: (row: ReportTable["rows"][number]) => string): Row[] {
  if (!table) return [];
  return table.rows.map((row) => [named(row), numberOf(row.now), countedIn(table, row, "now")]);
}

/** `value`: the seconds within which 95 of 100 answers stood whole; `half`: within which half of them did. */
export interface Took {
  week: string;
  value: number | null;
  half: number | null;
  answers: number;
}

export function took(report: Weekly): Took {
  return {
    week: weekOf(report),
    value: figureOf(report, "latency", "total_p95")?.now ?? null,
    half: figureOf(report, "latency", "total_p50")?.now ?? null,
    answers: counted(report, "latency", "timed"),
  };
}

/** Millionths by tier and currency ("large USD"). */
export function costs(reports: readonly Weekly[]): Part[] {
  return parts(reports, (report) => {
    const tiers = new Map<string, string>();
    for (const row of tableOf(report, "models", "by_model")?.rows ?? []) tiers.set(textOf(row.model), textOf(row.tier));
    const named = tableOf(report, "models", "cost");
    return rowsOf(named, (row) => `${tiers.get(textOf(row.model)) ?? ""} ${textOf(row.currency)}`.trim());
  });
}

/** Millionths by department and currency, the currency last ("sales USD"). */
export function departments(reports: readonly Weekly[]): Part[] {
  const of = new Map<string, string | null>();
  const made = parts(reports, (report) =>
    rowsOf(tableOf(report, "departments", "cost"), (row) => {
      const name = `${textOf(row.department)} ${textOf(row.currency)}`;
      of.set(name, typeof row.of === "string" ? row.of : null);
      return name;
    }),
  );
  return made.map((part) => ({ ...part, department: of.get(part.name) }));
}

/** The name and the currency of a part that costs. */
export function priced(name: string): { of: string; currency: string } {
  const at = name.lastIndexOf(" ");
  return { of: name.slice(0, Math.max(0, at)), currency: name.slice(at + 1) };
}

export function redacted(reports: readonly Weekly[]): Part[] {
  return parts(reports, (report) => {
    const table = tableOf(report, "redaction", "treated");
    const rows = table?.rows.filter((row) => row.treatment === "redact") ?? [];
    return rowsOf(table && { ...table, rows }, (row) => textOf(row.data_class));
  });
}

export function labelled(reports: readonly Weekly[]): Part[] {
  return parts(reports, (report) => rowsOf(tableOf(report, "reviewing", "labels"), (row) => textOf(row.label)));
}
