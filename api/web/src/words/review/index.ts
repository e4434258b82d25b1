/** English of the area for those who review answers and check the log. A page finds its texts in the file of its part. */

import { words as asking } from "../ask";
import { money, number } from "../money";
import { words as shared } from "../shell";
import { answer, compare, evidence, replay } from "./answer";
import { exporting, log, record, records } from "./log";
import { queue, review, rules, samples } from "./queue";
import { counted, dashboards, dataMap, listed, weekly } from "./reports";
import { answers, filters, overview, subject } from "./searching";
import { trail } from "./trail";
import { flagged, holds } from "./watch";
import { LABELS, OUTCOMES, PERCENT, PERIODS, REVIEW_STATES, RULES, SEVERITIES, STRATA, named, seconds, size } from "./saying";

export const words = {
  ...shared,
  number,
  percent: (share: number) => PERCENT.format(share),
  money,
  seconds,
  size,
  outcome: (name: string) => named(OUTCOMES, name),
  outcomes: OUTCOMES,
  label: (name: string) => named(LABELS, name),
  severity: (name: string) => named(SEVERITIES, name),
  reviewState: (name: string) => named(REVIEW_STATES, name),
  rule: (name: string) => named(RULES, name),
  strata: STRATA,
  period: (name: string) => named(PERIODS, name),
  tier: asking.trail.tier,
  against: asking.trail.against,
  any: "Any",
  clear: "Clear the search",
  download: "Download",
  again: "Load again",

  pages: {
    overview: "Overview",
    answers: "Answers",
    queue: "Queue",
    samples: "Samples",
    rules: "Standing rules",
    records: "Records",
    log: "Log",
    export: "Export",
    flagged: "Flagged passages",
    holds: "Holds",
    dashboards: "Dashboards",
    weekly: "Weekly report",
    calls: "Model calls",
    dataMap: "Data map",
  },

  overview,
  subject,
  filters,
  answers,
  answer,
  evidence,
  replay,
  compare,
  trail,
  record,
  records,
  log,
  export: exporting,
  queue,
  review,
  samples,
  rules,
  flagged,
  holds,
  counted,
  listed,
  dashboards,
  weekly,
  dataMap,
};
