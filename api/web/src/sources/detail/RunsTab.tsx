import { Link } from "@tanstack/react-router";
import { api, reply } from "../../api/client";
import { ListTable, type Column } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { Status, type Tone } from "../../parts/Status";
import { useList } from "../../parts/useList";
import forms from "../../parts/form.module.css";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/sources";
import { spanText } from "../durations";
import type { Run } from "../types";
import type { TabProps } from "./DetailPage";
import classes from "./RunsTab.module.css";

const TONE: Record<string, Tone> = { running: "busy", stopping: "busy", done: "good", failed: "bad", stopped: "paused" };
const TEXT: Record<string, string> = words.runs.state;

/** A slice of time that ended is no stop: somebody's stop says why. */
function Outcome({ of: { state, error } }: { of: Run }) {
  const slice = state === "stopped" && !error;
  return (
    <span className={classes.outcome}>
      <Status tone={slice ? "idle" : (TONE[state] ?? "idle")}>
        {slice ? words.runs.state.slice : (TEXT[state] ?? state)}
      </Status>
      {error && <small>{error}</small>}
    </span>
  );
}

function took({ started_at, finished_at }: Run): string {
  if (!finished_at) return "";
  return spanText((new Date(finished_at).getTime() - new Date(started_at).getTime()) / 1000);
}

const counted = (name: string) => (run: Run) => (run.counts[name] ?? 0).toLocaleString("en");

function columns(name: string): readonly Column<Run>[] {
  return [
    {
      name: words.runs.columns.started,
      heading: true,
      cell: ({ started_at, task }) => (
        <>
          <Moment at={started_at} />
          <div className={forms.inNarrow}>{words.task(task)}</div>
        </>
      ),
    },
    { name: words.runs.columns.task, cell: ({ task }) => words.task(task), hide: "narrow" },
    { name: words.runs.columns.state, cell: (run) => <Outcome of={run} /> },
    { name: words.runs.columns.took, numeric: true, cell: took, hide: "narrow" },
    { name: words.runs.columns.new, numeric: true, cell: counted("new") },
    { name: words.runs.columns.changed, numeric: true, cell: counted("changed"), hide: "narrow" },
    { name: words.runs.columns.deleted, numeric: true, cell: counted("deleted"), hide: "narrow" },
    {
      name: words.runs.columns.failed,
      numeric: true,
      cell: (run) =>
        run.counts.failed ? (
          <Link to="/sources/s/$name" params={{ name }} search={{ tab: "failures" }}>
            {run.counts.failed.toLocaleString("en")}
          </Link>
        ) : (
          0
        ),
    },
  ];
}

/** What it did before. What it does now stands above. */
export function RunsTab({ watched }: TabProps) {
  const { name, run } = watched;
  const list = useList<Run>(
    ["source", name, "runs", run?.id ?? watched.succeeded_at ?? ""],
    async (cursor) => {
      const query = { limit: 50, cursor: cursor || undefined };
      const page = await reply(api.GET("/v1/sources/{name}/runs", { params: { path: { name }, query } }));
      return { rows: page.runs, next: page.next ?? null };
    },
    { every: 5000 },
  );
  return (
    <Section title={words.runs.title}>
      <ListTable
        name={words.runs.table}
        list={list}
        columns={columns(name)}
        keyOf={({ id }) => id}
        empty={<Empty title={words.runs.emptyTitle}>{words.runs.empty}</Empty>}
      />
    </Section>
  );
}
