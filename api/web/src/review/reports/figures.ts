/** What dashboards take out of weekly reports. */

import type { Figure, ReportTable, Weekly } from "../types";

export interface Point {
  week: string;
  /** A share from 0 to 1, or a number; null where there was nothing to count. */
  value: number | null;
  part: number;
  whole: number | null;
}

/** A series that is one of several, as one tier of those. */
export interface Part {
  name: string;
  /** Of what costs, the only model that did; null where there are several. */
  model?: string | null;
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

function shared(week: string, part: number, whole: number): Point {
  return { week, value: whole > 0 ? part / whole : null, part, whole };
}

function weekOf(report: Weekly): string {
  return report.period.week ?? report.period.since.slice(0, 10);
}

function counted(report: Weekly, section: string, name: string): number {
  return figureOf(report, section, name)?.now ?? 0;
}

/** Of all that was written, what was shown with a verified citation. */
export function verified(report: Weekly): Point {
  return shared(weekOf(report), counted(report, "verification", "shown"), counted(report, "verification", "checked"));
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

/** Counts of each week by a name, those that are most first. */
function parts(reports: readonly Weekly[], counts: (report: Weekly) => Map<string, number>): Part[] {
  const weeks = reports.map((report) => ({ week: weekOf(report), counts: counts(report) }));
  const names = new Set(weeks.flatMap((each) => [...each.counts.keys()]));
  const made = [...names].map((name) => ({
    name,
    points: weeks.map((each) => {
      const value = each.counts.get(name) ?? 0;
      return { week: each.week, value, part: value, whole: null };
    }),
  }));
  const sum = (part: Part) => part.points.reduce((all, { part: value }) => all + value, 0);
  return made.toSorted((a, b) => sum(b) - sum(a));
}

function added(counts: Map<string, number>, name: string, value: number): Map<string, number> {
  return counts.set(name, (counts.get(name) ?? 0) + value);
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

/** Millionths by tier and currency ("large USD"), with the model where a tier has but one. */
export function costs(reports: readonly Weekly[]): Part[] {
  const models = new Map<string, Set<string>>();
  const made = parts(reports, (report) => {
    const tiers = new Map<string, string>();
    for (const row of tableOf(report, "models", "by_model")?.rows ?? []) tiers.set(textOf(row.model), textOf(row.tier));
    const counts = new Map<string, number>();
    for (const row of tableOf(report, "models", "cost")?.rows ?? []) {
      const model = textOf(row.model);
      const name = `${tiers.get(model) ?? ""} ${textOf(row.currency)}`.trim();
      models.set(name, (models.get(name) ?? new Set()).add(model));
      added(counts, name, numberOf(row.now));
    }
    return counts;
  });
  return made.map((part) => {
    const [model, ...others] = models.get(part.name) ?? [];
    return { ...part, model: model && others.length === 0 ? model : null };
  });
}

/** Millionths by department and currency, the currency last ("sales USD"). */
export function departments(reports: readonly Weekly[]): Part[] {
  return parts(reports, (report) => {
    const rows = tableOf(report, "departments", "cost")?.rows ?? [];
    return rows.reduce(
      (counts, row) => added(counts, `${textOf(row.department)} ${textOf(row.currency)}`, numberOf(row.now)),
      new Map<string, number>(),
    );
  });
}

/** The name and the currency of a part that costs. */
export function priced(name: string): { of: string; currency: string } {
  const at = name.lastIndexOf(" ");
  return { of: name.slice(0, Math.max(0, at)), currency: name.slice(at + 1) };
}

export function redacted(reports: readonly Weekly[]): Part[] {
  return parts(reports, (report) => {
    const rows = tableOf(report, "redaction", "treated")?.rows ?? [];
    return rows
      .filter((row) => row.treatment === "redact")
      .reduce((counts, row) => added(counts, textOf(row.data_class), numberOf(row.now)), new Map<string, number>());
  });
}

export function labelled(reports: readonly Weekly[]): Part[] {
  return parts(reports, (report) => {
    const rows = tableOf(report, "reviewing", "labels")?.rows ?? [];
    return rows.reduce((counts, row) => added(counts, textOf(row.label), numberOf(row.now)), new Map<string, number>());
  });
}
