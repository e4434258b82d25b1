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
const WIDTH = 900;
const LEFT = 130;
const ROW = 26;
const TOP = 26;

/** The time line: a line a model, from today until the day on which it is not asked any more. */
function TimeLine({ models, now }: { models: Model[]; now: Date }) {
  const months = Array.from({ length: MONTHS_AHEAD + 1 }, (_, at) => new Date(now.getFullYear(), now.getMonth() + at, 1));
  const whole = (months.at(-1)?.getTime() ?? 0) - now.getTime();
  const across = (at: number): number =>
    LEFT + Math.max(0, Math.min(1, (at - now.getTime()) / whole)) * (WIDTH - LEFT - 12);
  const height = TOP + models.length * ROW + 6;
  return (
    <div className={classes.scroll} role="group" aria-label={said.timeLine} tabIndex={0}>
      <svg className={classes.line} viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={said.timeLine}>
        {months
          .filter((_, at) => at > 0 && at % 3 === 0)
          .map((month) => (
            <g key={month.getTime()}>
              <line className={classes.month} x1={across(month.getTime())} x2={across(month.getTime())} y1={18} y2={height} />
              <text className={classes.label} x={across(month.getTime())} y={12} textAnchor={month === months.at(-1) ? "end" : "middle"}>
                {said.month(month)}
              </text>
            </g>
          ))}
        <text className={classes.label} x={LEFT} y={12}>
          {said.today}
        </text>
        {models.map((model, at) => {
          const on = entryOf(model).retires_on;
          const end = on ? across(Date.parse(on)) : WIDTH - 12;
          const y = TOP + at * ROW + ROW / 2;
          return (
            <g key={model.name}>
              <text className={classes.name} x={0} y={y + 4}>
                {model.name.length > 16 ? `${model.name.slice(0, 15)}…` : model.name}
              </text>
              <line className={classes.use} data-open={!on || undefined} x1={LEFT} x2={end} y1={y} y2={y} />
              {on && <rect className={classes.end} x={end - 5} y={y - 5} width={10} height={10} />}
            </g>
          );
        })}
      </svg>
    </div>
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
          { name: said.retiresOn, cell: (model) => entryOf(model).retires_on ?? said.noDay },
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
