/** Where the numbers of the weekly report lead: to the answers or holds that they count, else to the records of the log. */

import type { AnswersSearch, Pattern } from "../search";
import type { ReportTable } from "../types";

type Lead = { to: "answers"; search: AnswersSearch } | { to: "holds" };
type Row = ReportTable["rows"][number];

const answer = (search: AnswersSearch): Lead => ({ to: "answers", search });

const LEADS: Record<string, Lead> = {
  "questions questions": answer({}),
  "questions answered": answer({ outcome: "answered" }),
  "questions abstained": answer({ outcome: "abstained" }),
  "questions refused": answer({ outcome: "refused" }),
  "questions failed": answer({ outcome: "failed" }),
  "questions unknown": answer({ outcome: "unknown" }),
  "latency timed": answer({ outcome: "answered" }),
  "keeping held": { to: "holds" },
};

export function leadOf(section: string, figure: string): Lead | null {
  return LEADS[`${section} ${figure}`] ?? null;
}

const NAMED = /^\{(.+)\}$/;

/** What a cell counts; null where that is not told. */
export function countedIn(table: ReportTable, row: Row, column: string): Pattern | null {
  const words = table.counted[column];
  if (!words) return null;
  return words.map((word) => {
    const [, name] = NAMED.exec(word ?? "") ?? [];
    return name ? String(row[name] ?? "") : word;
  });
}
