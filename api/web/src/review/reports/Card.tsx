import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Column, DataTable } from "../../parts/DataTable";
import { words } from "../../words/review";
import { Chart, Shade } from "./Chart";
import classes from "./Card.module.css";
import type { Part, Point } from "./figures";

const said = words.dashboards;

function Frame({ title, about, now, children }: { title: string; about: string; now?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.card} aria-label={title}>
      <div className={classes.head}>
        <h2>{title}</h2>
        {now}
      </div>
      <p className={classes.about}>{about}</p>
      {children}
    </section>
  );
}

/** The report that the figures of a week are out of. */
function Week({ week }: { week: string }) {
  return (
    <Link to="/review/weekly" search={{ week }}>
      {week}
    </Link>
  );
}

interface ShareCardProps {
  title: string;
  about: string;
  points: readonly Point[];
  /** What a count of a week leads to. */
  to: (point: Point, children: ReactNode) => ReactNode;
}

/** A share of each week, drawn and in numbers. */
export function ShareCard({ title, about, points, to }: ShareCardProps) {
  const last = points.at(-1);
  const columns: Column<Point>[] = [
    { name: said.week, heading: true, cell: ({ week }) => <Week week={week} /> },
    {
      name: said.share,
      numeric: true,
      cell: ({ value }) => (value === null ? said.nothing : words.percent(value)),
    },
    {
      name: said.part,
      numeric: true,
      cell: (point) => (point.whole ? to(point, said.of(point.part, point.whole)) : said.nothing),
    },
  ];
  return (
    <Frame
      title={title}
      about={about}
      now={<strong>{last?.value === null || !last ? said.nothing : words.percent(last.value)}</strong>}
    >
      {points.some(({ value }) => value !== null) ? (
        <Chart name={said.chart(title)} parts={[{ name: title, points: [...points] }]} top={1} />
      ) : (
        <p className={classes.none}>{said.none}</p>
      )}
      <DataTable name={title} columns={columns} rows={points.toReversed()} keyOf={({ week }) => week} />
    </Frame>
  );
}

interface PartsCardProps {
  title: string;
  about: string;
  parts: readonly Part[];
  nameOf: (name: string) => string;
  valueOf: (value: number, name: string) => string;
  to: (part: Part, point: Point, children: ReactNode) => ReactNode;
  weeks: readonly string[];
}

/** Counts of each week by what they are of, drawn and in numbers. */
export function PartsCard({ title, about, parts, nameOf, valueOf, to, weeks }: PartsCardProps) {
  const latest = weeks.toReversed();
  const columns: Column<Part & { index: number }>[] = [
    {
      name: said.name,
      heading: true,
      cell: ({ name, index }) => (
        <span className={classes.part}>
          <Shade index={index} />
          {nameOf(name)}
        </span>
      ),
    },
    ...latest.map((week) => ({
      name: week.slice(5),
      numeric: true,
      cell: (part: Part) => {
        const point = part.points.find((each) => each.week === week);
        return point && point.part > 0 ? to(part, point, valueOf(point.part, part.name)) : said.nothing;
      },
    })),
  ];
  return (
    <Frame title={title} about={about}>
      {parts.length === 0 ? (
        <p className={classes.none}>{said.none}</p>
      ) : (
        <>
          <Chart name={said.chart(title)} parts={parts} />
          <DataTable
            name={title}
            columns={columns}
            rows={parts.map((part, index) => ({ ...part, index }))}
            keyOf={({ name }) => name}
          />
        </>
      )}
    </Frame>
  );
}
