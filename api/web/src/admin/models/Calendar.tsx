import { useElementSize } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { DataTable } from "../../parts/DataTable";
import { useNow } from "../../shell/now";
import { words } from "../../words/admin";
import classes from "./Calendar.module.css";
import type { Model } from "../types";
import { daysUntil, entryOf } from "./data";
import { ModelState } from "./ModelState";

const said = words.models;
const MONTHS_AHEAD = 18;
// In pixels.
const NARROW = 480;
const CHARACTER = 7.5;
const LABEL = 60;
const END = 8;
const ROW = 26;
const TOP = 26;

interface TimeLineProps {
  models: Model[];
  now: Date;
}

/** The time line: a line a model, from today until the day on which it is not asked any more. */
function TimeLine(props: TimeLineProps) {
  const { ref, width } = useElementSize();
  return (
    <div ref={ref} className={classes.frame}>
      {width > 0 && <Drawing {...props} width={width} />}
    </div>
  );
}

/** As wide as its place, so that its letters have the size of others. */
function Drawing({ models, now, width }: TimeLineProps & { width: number }) {
  const months = Array.from({ length: MONTHS_AHEAD + 1 }, (_, at) => new Date(now.getFullYear(), now.getMonth() + at, 1));
  const whole = (months.at(-1)?.getTime() ?? 0) - now.getTime();
  const characters = width < NARROW ? 13 : 16;
  const left = characters * CHARACTER;
  const right = width - END;
  const across = (at: number): number => left + Math.max(0, Math.min(1, (at - now.getTime()) / whole)) * (right - left);
  const month = (right - left) / MONTHS_AHEAD;
  // The first of them may be nearly a month nearer to today.
  const step = [3, 6, 9].find((each) => (each - 1) * month >= LABEL) ?? MONTHS_AHEAD;
  const height = TOP + models.length * ROW + 6;
  return (
    <svg className={classes.line} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={said.timeLine}>
      {months
        .filter((_, at) => at > 0 && at % step === 0)
        .map((each) => (
          <g key={each.getTime()}>
            <line className={classes.month} x1={across(each.getTime())} x2={across(each.getTime())} y1={18} y2={height} />
            <text className={classes.label} x={across(each.getTime())} y={12} textAnchor={each === months.at(-1) ? "end" : "middle"}>
              {said.month(each)}
            </text>
          </g>
        ))}
      <text className={classes.label} x={left} y={12}>
        {said.today}
      </text>
      {models.map((model, at) => {
        const on = entryOf(model).retires_on;
        const end = on ? across(Date.parse(on)) : right;
        const y = TOP + at * ROW + ROW / 2;
        return (
          <g key={model.name}>
            <text className={classes.name} x={0} y={y + 4}>
              {model.name.length > characters ? `${model.name.slice(0, characters - 1)}…` : model.name}
            </text>
            <line className={classes.use} data-open={!on || undefined} x1={left} x2={end} y1={y} y2={y} />
            {on && <rect className={classes.end} x={end - 5} y={y - 5} width={10} height={10} />}
          </g>
        );
      })}
    </svg>
  );
}

/** When which model is retired: as a time line, and as a table beside it. */
export function Calendar({ models }: { models: Model[] }) {
  const now = useNow();
  const rows = models.toSorted((a, b) =>
    (entryOf(a).retires_on ?? "9999").localeCompare(entryOf(b).retires_on ?? "9999"),
  );
  return (
    <div className={classes.both}>
      <TimeLine models={rows} now={now} />
      <DataTable
        name={said.calendar}
        rows={rows}
        keyOf={(model) => model.name}
        columns={[
          {
            name: said.name,
            heading: true,
            cell: (model) => (
              <Link to="/admin/models/$name" params={{ name: model.name }}>
                {model.name}
              </Link>
            ),
          },
          {
            name: said.retiresOn,
            cell: (model) => {
              const on = entryOf(model).retires_on;
              return on ? <time dateTime={on}>{said.day(on)}</time> : said.noDay;
            },
          },
          {
            name: said.daysLeft,
            numeric: true,
            cell: (model) => {
              const on = entryOf(model).retires_on;
              return on ? daysUntil(on, now) : "–";
            },
          },
          { name: words.state, cell: (model) => <ModelState model={model} />, hide: "narrow" },
          { name: said.warning, cell: (model) => model.warning || "–", hide: "medium" },
        ]}
      />
    </div>
  );
}
