import { Link } from "@tanstack/react-router";
import { Code } from "../../parts/Code";
import type { Column } from "../../parts/DataTable";
import forms from "../../parts/form.module.css";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/review";
import { Outcome } from "../shared/Outcome";
import { SubjectLink } from "../shared/Subject";
import type { FoundRecord } from "../types";

const said = words.record;

/** What a record names. That of a hold has what is held as its target. */
function namedIn({ kind, event }: FoundRecord): Record<string, unknown> {
  const details = (event.details ?? {}) as Record<string, unknown>;
  return kind === "hold.changed" ? { [String(details.kind)]: details.target } : details;
}

/** What a record is about, where that is an answer or a document, or something that is held. */
function About({ record }: { record: FoundRecord }) {
  const { answer, document, person, source } = namedIn(record);
  if (typeof answer === "string" && answer) {
    return (
      <Link to="/review/answers/$answerId" params={{ answerId: answer }}>
        {said.answer} {answer.slice(0, 8)}
      </Link>
    );
  }
  if (typeof document === "string" && document) {
    return (
      <Link to="/review/records" search={{ document }}>
        {said.document} {document.slice(0, 8)}
      </Link>
    );
  }
  if (record.kind !== "hold.changed") return null;
  if (typeof person === "string") return <SubjectLink subject={person} />;
  return typeof source === "string" ? `${words.filters.source} ${source.slice(0, 8)}` : null;
}

export const COLUMNS: readonly Column<FoundRecord>[] = [
  {
    name: said.seq,
    heading: true,
    cell: ({ seq }) => (
      <Link to="/review/records/$seq" params={{ seq: String(seq) }}>
        {words.number(seq)}
      </Link>
    ),
  },
  {
    name: said.kind,
    cell: (record) => (
      <>
        {record.kind}
        <div className={forms.inNarrow}>
          <Outcome of={record.outcome} /> <Moment at={record.at} /> <SubjectLink subject={record.subject} />{" "}
          <About record={record} />
        </div>
      </>
    ),
  },
  { name: said.action, cell: ({ action }) => action, hide: "medium" },
  { name: said.outcome, cell: ({ outcome }) => <Outcome of={outcome} />, hide: "narrow" },
  { name: said.person, cell: ({ subject }) => <SubjectLink subject={subject} />, hide: "narrow" },
  { name: said.at, cell: ({ at }) => <Moment at={at} />, hide: "narrow" },
  { name: words.holds.what, cell: (record) => <About record={record} />, hide: "narrow" },
  { name: said.hash, cell: ({ hash }) => <Code value={hash} characters={8} name={said.hash} />, hide: "medium" },
];
