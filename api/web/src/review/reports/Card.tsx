import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Column, DataTable } from "../../parts/DataTable";
import { words } from "../../words/review";
import { Chart, Shade } from "./Chart";
import { Counted } from "./Counted";
import classes from "./Card.module.css";
import type { Part, Point, Took } from "./figures";

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

interface Weekly {
  week: string;
  value: number | null;
}

interface SeriesProps<Row extends Weekly> {
  title: string;
  about: string;
  points: readonly Row[];
  valueOf: (value: number) => string;
  columns: Column<Row>[];
  /** The value of a whole column of the chart; without it that of the highest one. */
  top?: number;
}

/** A value of each week, drawn and in numbers. */
function Series<Row extends Weekly>({ title, about, points, valueOf, columns, top }: SeriesProps<Row>) {
  const value = points.at(-1)?.value ?? null;
  const drawn = points.map((each) => ({ ...each, part: each.value ?? 0, whole: null, counted: [] }));
  return (
    <Frame title={title} about={about} now={<strong>{value === null ? said.nothing : valueOf(value)}</strong>}>
      {points.some((each) => each.value !== null) ? (
        <Chart name={said.chart(title)} parts={[{ name: title, points: drawn }]} top={top} scaleOf={valueOf} />
      ) : (
        <p className={classes.none}>{said.none}</p>
      )}
      <DataTable
        name={title}
        columns={[{ name: said.week, heading: true, cell: ({ week }) => <Week week={week} /> }, ...columns]}
        rows={points.toReversed()}
        keyOf={({ week }) => week}
      />
    </Frame>
  );
}

interface ShareCardProps {
  title: string;
  about: string;
  points: readonly Point[];
  /** What a count of a week leads to. */
  to: (point: Point, children: ReactNode) => ReactNode;
}

/** A share of each week. */
export function ShareCard({ to, ...card }: ShareCardProps) {
  const columns: Column<Point>[] = [
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
  return <Series {...card} valueOf={words.percent} columns={columns} top={1} />;
}

interface TimesCardProps {
  title: string;
  about: string;
  points: readonly Took[];
  to: (point: Took, children: ReactNode) => ReactNode;
}

/** How long something took in each week. */
export function TimesCard({ to, ...card }: TimesCardProps) {
  const within = (value: number | null) => (value === null ? said.nothing : words.seconds(value));
  const columns: Column<Took>[] = [
    { name: said.half, numeric: true, cell: ({ half }) => within(half) },
    { name: said.most, numeric: true, cell: ({ value }) => within(value) },
    {
      name: said.answers,
      numeric: true,
      cell: (point) => (point.answers > 0 ? to(point, words.number(point.answers)) : said.nothing),
    },
  ];
  return <Series {...card} valueOf={words.seconds} columns={columns} />;
}

interface PartsCardProps {
  title: string;
  about: string;
  parts: readonly Part[];
  nameOf: (name: string) => string;
  valueOf: (value: number, name: string) => string;
  /** What a figure leads to, where that is not the records that it counts. */
  to?: (part: Part, point: Point, children: ReactNode) => ReactNode;
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
        if (!point || point.part <= 0) return said.nothing;
        const value = valueOf(point.part, part.name);
        return to ? (
          to(part, point, value)
        ) : (
          <Counted week={week} counted={point.counted}>
            {value}
          </Counted>
        );
      },
    })),
  ];
  // What is of several currencies has no scale of its own.
  const [one, ...others] = new Set(parts.map(({ name }) => valueOf(1, name)));
  const scaleOf =
    one && others.length === 0 ? (value: number) => valueOf(value, parts[0]?.name ?? "") : undefined;
  return (
    <Frame title={title} about={about}>
      {parts.length === 0 ? (
        <p className={classes.none}>{said.none}</p>
      ) : (
        <>
          <Chart name={said.chart(title)} parts={parts} scaleOf={scaleOf} />
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
