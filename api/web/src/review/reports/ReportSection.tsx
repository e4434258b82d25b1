import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Column, DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Status } from "../../parts/Status";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import type { Figure, ReportTable, Weekly } from "../types";
import { leadOf } from "./leads";
import classes from "./reports.module.css";
import { valueIn } from "./values";

const said = words.weekly;
type Days = { since: string; until: string } | null;

function Lead({ section, figure, days, children }: { section: string; figure: string; days: Days; children: ReactNode }) {
  const lead = leadOf(section, figure);
  if (!lead) return children;
  if (lead.to === "holds") return <Link to="/review/holds">{children}</Link>;
  if (lead.to === "answers") {
    return (
      <Link to="/review/answers" search={{ ...lead.search, ...days }}>
        {children}
      </Link>
    );
  }
  return (
    <Link to="/review/records" search={{ ...lead.search, ...days }}>
      {children}
    </Link>
  );
}

function columns(section: string, days: Days): Column<Figure>[] {
  return [
    { name: said.figure, heading: true, cell: ({ title }) => title },
    {
      name: said.now,
      numeric: true,
      cell: ({ name, now, unit, few_now }) =>
        few_now ? (
          said.few
        ) : now ? (
          <Lead section={section} figure={name} days={days}>
            {valueIn(now, unit)}
          </Lead>
        ) : (
          valueIn(now, unit)
        ),
    },
    {
      name: said.share,
      numeric: true,
      cell: ({ share_now }) => (share_now === null ? "" : words.percent(share_now)),
      hide: "narrow",
    },
    {
      name: said.before,
      numeric: true,
      cell: ({ before, unit, few_before }) => (few_before ? said.few : valueIn(before, unit)),
      hide: "narrow",
    },
  ];
}

function Table({ table }: { table: ReportTable }) {
  const [first] = table.columns;
  return (
    <div>
      <h3>{table.title}</h3>
      {table.note && <p className={classes.soft}>{table.note}</p>}
      {table.alarm && table.rows.length > 0 && <Status tone="bad">{said.alarm}</Status>}
      <DataTable
        name={table.title}
        columns={table.columns.map((column) => ({
          name: column.title,
          heading: column === first,
          numeric: column.unit !== "text" && column.unit !== "moment",
          cell: (row: Record<string, string | number | null>) => {
            const currency = typeof row.currency === "string" ? row.currency : "";
            const value = row[column.name];
            if (column.unit === "moment" && typeof value === "string") {
              return <time dateTime={value}>{calendarTime(value)}</time>;
            }
            return valueIn(value, column.unit, currency);
          },
        }))}
        rows={table.rows}
        keyOf={(row) => Object.values(row).join("\u0000")}
      />
    </div>
  );
}

/** A section of the weekly report: its figures beside those of the week before, and its tables. */
export function ReportSection({ section, days }: { section: Weekly["sections"][number]; days: Days }) {
  const tables = section.tables.filter(({ rows }) => rows.length > 0);
  return (
    <div id={section.name}>
      <Section title={section.title}>
        {section.notes.map((note) => (
          <p key={note} className={classes.soft}>
            {note}
          </p>
        ))}
        <DataTable
          name={section.title}
          columns={columns(section.name, days)}
          rows={section.figures}
          keyOf={({ name }) => name}
        />
        {tables.length > 0 && (
          <div className={classes.tables}>
            {tables.map((table) => (
              <Table key={table.name} table={table} />
            ))}
          </div>
        )}
      </Section>
    </div>
  );
}
