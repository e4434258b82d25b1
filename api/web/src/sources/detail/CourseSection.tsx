import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { Moment } from "../../shell/Moment";
import { useNow } from "../../shell/now";
import { words } from "../../words/sources";
import { courseQuery } from "../calls";
import { CourseChart } from "../CourseChart";
import { rowsOf, timesOf } from "../course";
import { spanText } from "../durations";
import { SPANS, type Span } from "../search";
import { FRESHNESS_KINDS, type Breach, type FreshnessKind } from "../types";
import classes from "./CourseSection.module.css";

const route = getRouteApi("/in/sources/s/$name");

function Lasted({ of: { began_at, ended_at } }: { of: Breach }) {
  const now = useNow();
  const time = spanText(((ended_at ? new Date(ended_at) : now).getTime() - new Date(began_at).getTime()) / 1000);
  return ended_at ? time : words.overview.soFar(time);
}

/** How stale it was over time, drawn and as a table, and when it was outside its bounds. */
export function CourseSection({ name }: { name: string }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { of = "content", hours = 24 } = search;
  const course = useQuery(courseQuery(name, hours));
  const drawn = course.data?.kinds.find(({ kind }) => kind === of);
  const timeOf = timesOf(drawn?.points ?? []);
  const show = (change: { of?: FreshnessKind; hours?: Span }) =>
    void navigate({ search: { ...search, ...change }, replace: true });
  return (
    <Section
      title={words.overview.course}
      actions={
        <div className={classes.choose}>
          <NativeSelect
            aria-label={words.overview.courseOf}
            size="xs"
            value={of}
            data={FRESHNESS_KINDS.map((value) => ({ value, label: words.freshness[value] }))}
            onChange={({ currentTarget: { value } }) => show({ of: FRESHNESS_KINDS.find((each) => each === value) })}
          />
          <NativeSelect
            aria-label={words.overview.courseSpan}
            size="xs"
            value={String(hours)}
            data={SPANS.map((value) => ({ value: String(value), label: words.overview.span[value] ?? "" }))}
            onChange={({ currentTarget: { value } }) => show({ hours: SPANS.find((each) => String(each) === value) })}
          />
        </div>
      }
    >
      {course.error ? <Failed error={course.error} onRetry={() => void course.refetch()} /> : null}
      {!drawn && !course.error && <Loading rows={4} />}
      {drawn && (
        <>
          <CourseChart
            name={words.overview.chart(words.freshness[of].toLowerCase(), words.overview.span[hours] ?? "")}
            points={drawn.points}
            bound={drawn.bound}
          />
          <details className={classes.table}>
            <summary>{words.overview.asTable}</summary>
            <DataTable
              name={words.overview.asTable}
              columns={[
                { name: words.overview.time, heading: true, cell: ({ at }) => timeOf(at) },
                {
                  name: words.overview.worst,
                  numeric: true,
                  cell: ({ staleness }) => (staleness === null ? words.neverRead : spanText(staleness)),
                },
                {
                  name: words.overview.columns.bound,
                  numeric: true,
                  cell: () => (drawn.bound === null ? words.noBound : spanText(drawn.bound)),
                },
              ]}
              rows={rowsOf(drawn.points, timeOf)}
              keyOf={({ at }) => at}
            />
          </details>
        </>
      )}
      {course.data && (
        <div className={classes.breaches}>
          <h3>{words.overview.breaches}</h3>
          {course.data.breaches.length === 0 ? (
            <p>{words.overview.noBreaches}</p>
          ) : (
            <DataTable
              name={words.overview.breaches}
              columns={[
                { name: words.overview.breachColumns.kind, heading: true, cell: ({ kind }) => words.freshness[kind] },
                {
                  name: words.overview.breachColumns.state,
                  cell: ({ state }) => (
                    <Status tone={state === "breach" ? "bad" : "warn"}>{words.overview.breachState[state]}</Status>
                  ),
                },
                { name: words.overview.breachColumns.began, cell: ({ began_at }) => <Moment at={began_at} /> },
                {
                  name: words.overview.breachColumns.ended,
                  cell: ({ ended_at }) => (ended_at ? <Moment at={ended_at} /> : words.overview.notYet),
                },
                { name: words.overview.breachColumns.lasted, numeric: true, cell: (breach) => <Lasted of={breach} />, hide: "narrow" },
              ]}
              rows={course.data.breaches}
              keyOf={({ kind, began_at }) => kind + began_at}
            />
          )}
        </div>
      )}
    </Section>
  );
}
