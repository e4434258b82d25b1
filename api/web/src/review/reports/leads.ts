/** Where the numbers of the weekly report lead: to the pages that show what they count, to the rows of tables that they
 * count, or to the records of the log. */

import type { CallsSearch } from "../../calls/search";
import { type AnswersSearch, LABELS, type Pattern, type QueueSearch, REVIEW_STATES } from "../search";
import type { Figure, ReportTable } from "../types";
import { oneOf } from "../../parts/searching";
import { daysOf, weekBefore } from "./weeks";

export type Lead =
  | { to: "/review/answers"; search: AnswersSearch }
  | { to: "/review/calls"; search: CallsSearch }
  | { to: "/review/queue"; search: QueueSearch }
  | { to: "/review/records" }
  | { to: "/review/log" }
  | { to: "/review/weekly/rows"; search: { week: string; listed: string[] } }
  | { to: "/review/weekly/records"; search: { week: string; counted: Pattern[] } };
type Row = ReportTable["rows"][number];

const ANSWERS: Record<string, AnswersSearch> = {
  "questions questions": {},
  "questions answered": { outcome: "answered" },
  "questions abstained": { outcome: "abstained" },
  "questions refused": { outcome: "refused" },
  "questions failed": { outcome: "failed" },
  "questions unknown": { outcome: "unknown" },
  "latency timed": { outcome: "answered" },
};

/** Where a figure leads in a week, or nowhere. */
export function leadOf(section: string, { name, counted, listed }: Figure, week: string): Lead | null {
  const answers = ANSWERS[`${section} ${name}`];
  if (answers) return { to: "/review/answers", search: { ...answers, ...daysOf(week) } };
  if (section === "log" && name === "size") return { to: "/review/records" };
  if (listed.length > 0) return { to: "/review/weekly/rows", search: { week, listed } };
  return counted.length > 0 ? { to: "/review/weekly/records", search: { week, counted } } : null;
}

const NAMED = /^\{(.+)\}$/;

function filled(words: readonly (string | null)[] | undefined, row: Row): Pattern | null {
  if (!words) return null;
  return words.map((word) => {
    const [, name] = NAMED.exec(word ?? "") ?? [];
    return name ? String(row[name] ?? "") : word;
  });
}

/** What of the log a cell counts; null where that is not told. */
export function countedIn(table: ReportTable, row: Row, column: string): Pattern | null {
  return filled(table.counted[column], row);
}

/** Where a number in a table leads: in the week or, where its column says so, in the one before. */
export function cellLead(section: string, table: ReportTable, row: Row, column: string, week: string): Lead | null {
  const of = /(^|_)before$/.test(column) ? weekBefore(week) : week;
  if (section === "departments") {
    if (typeof row.of !== "string") return null;
    const currency = typeof row.currency === "string" ? row.currency : "";
    return { to: "/review/calls", search: { department: row.of, currency, ...daysOf(of) } };
  }
  if (table.name === "queue") {
    const search = { state: oneOf(row.state, REVIEW_STATES), label: oneOf(row.label, LABELS) };
    return { to: "/review/queue", search };
  }
  if (table.name === "witnesses" || table.name === "last_verified") return { to: "/review/log" };
  const listed = filled(table.listed[column], row);
  if (listed) return { to: "/review/weekly/rows", search: { week: of, listed: listed.map(String) } };
  const counted = countedIn(table, row, column);
  return counted && { to: "/review/weekly/records", search: { week: of, counted: [counted] } };
}
