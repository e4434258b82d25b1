import { Link } from "@tanstack/react-router";
import type { Column } from "../parts/DataTable";
import forms from "../parts/form.module.css";
import { words } from "../words/sources";
import { againstText, spanText } from "./durations";
import classes from "./ListPage.module.css";
import { NextRun } from "./NextRun";
import { SourceState } from "./SourceState";
import { Spark } from "./Spark";
import type { Watched } from "./types";
import { When } from "./When";

function Age({ of }: { of: Watched }) {
  const content = of.bounds.find(({ kind }) => kind === "content");
  const staleness = content?.staleness ?? null;
  const bound = content?.bound ?? null;
  const never = of.documents > 0 ? words.notThrough : words.neverRead;
  const age = staleness === null ? never : words.old(againstText(staleness, bound));
  return (
    <span className={classes.fresh}>
      <Spark points={of.course} bound={bound} hours={of.course_hours} />
      <span>{words.ofBound(age, bound === null ? null : spanText(bound))}</span>
    </span>
  );
}

function Errors({ of: { name }, text }: { of: Watched; text: string }) {
  return (
    <Link to="/sources/s/$name" params={{ name }} search={{ tab: "failures" }}>
      {text}
    </Link>
  );
}

/** What the list says of each source. */
export const COLUMNS: readonly Column<Watched>[] = [
  {
    name: words.list.columns.source,
    heading: true,
    cell: ({ name, title }) => (
      <span className={classes.name}>
        <Link to="/sources/s/$name" params={{ name }}>
          {name}
        </Link>
        <span>{title}</span>
      </span>
    ),
  },
  {
    name: words.list.columns.state,
    cell: (source) => (
      <>
        <SourceState of={source} />
        {source.errors > 0 && (
          <div className={forms.inNarrow}>
            <Errors of={source} text={words.failedShort(source.errors)} />
          </div>
        )}
      </>
    ),
  },
  { name: words.list.columns.freshness, cell: (source) => <Age of={source} />, hide: "narrow" },
  { name: words.list.columns.success, cell: ({ succeeded_at }) => <When at={succeeded_at} />, hide: "medium" },
  {
    name: words.list.columns.next,
    cell: (source) => (
      <span className={classes.next}>
        <NextRun of={source} />
        {source.next_at && source.activity !== "running" && <small>{words.task(source.next_task)}</small>}
      </span>
    ),
    hide: "medium",
  },
  {
    name: words.list.columns.documents,
    numeric: true,
    hide: "narrow",
    cell: ({ documents, name }) => (
      <Link to="/sources/s/$name" params={{ name }} search={{ tab: "overview" }}>
        {documents.toLocaleString("en")}
      </Link>
    ),
  },
  {
    name: words.list.columns.errors,
    numeric: true,
    hide: "narrow",
    cell: (source) => (source.errors === 0 ? 0 : <Errors of={source} text={source.errors.toLocaleString("en")} />),
  },
];
