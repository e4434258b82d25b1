import { Link } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { Code } from "../../parts/Code";
import { type Column, DataTable } from "../../parts/DataTable";
import forms from "../../parts/form.module.css";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import { Outcome } from "../shared/Outcome";
import type { TrailRecord } from "../types";
import type { TabProps } from "./AnswerPage";
import { Step } from "./Step";
import classes from "./trail.module.css";

const said = words.trail;
const columns = words.record;

const COLUMNS: Column<TrailRecord>[] = [
  {
    name: columns.seq,
    heading: true,
    cell: ({ seq }) => (
      <Link to="/review/records/$seq" params={{ seq: String(seq) }}>
        {words.number(seq)}
      </Link>
    ),
  },
  {
    name: columns.kind,
    cell: ({ kind, outcome, at }) => (
      <>
        {kind}
        <div className={forms.inNarrow}>
          <Outcome of={outcome} />
        </div>
        <div className={forms.inMedium}>
          <time dateTime={at}>{calendarTime(at)}</time>
        </div>
      </>
    ),
  },
  { name: columns.outcome, cell: ({ outcome }) => <Outcome of={outcome} />, hide: "narrow" },
  { name: columns.at, cell: ({ at }) => <time dateTime={at}>{calendarTime(at)}</time>, hide: "medium" },
  { name: columns.hash, cell: ({ hash }) => <Code value={hash} name={columns.hash} />, hide: "narrow" },
];

/** All that stands in the log of it. Each record leads to its proof. */
export function RecordsStep({ trail }: TabProps) {
  return (
    <Step title={said.records} icon={ScrollText}>
      <p className={classes.soft}>{trail.more_records ? said.moreRecords : said.recordsAbout}</p>
      <DataTable name={said.records} columns={COLUMNS} rows={trail.records} keyOf={({ seq }) => String(seq)} />
      <Link to="/review/records" search={{ answer: trail.answer_id }} className={classes.link}>
        {said.allRecords}
      </Link>
    </Step>
  );
}
