import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Column, DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Status } from "../../parts/Status";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import type { Figure, ReportTable, Weekly } from "../types";
import { Counted } from "./Counted";
import { countedIn, leadOf } from "./leads";
import classes from "./reports.module.css";
import { valueIn } from "./values";
import { daysOf, weekBefore } from "./weeks";

const said = words.weekly;

interface LeadProps {
  section: string;
  figure: Figure;
  week: string;
  children: ReactNode;
}

/** A figure of the week leads to what it counts. */
function Lead({ section, figure, week, children }: LeadProps) {
  const lead = leadOf(section, figure.name);
  if (lead?.to === "holds") return <Link to="/review/holds">{children}</Link>;
  if (lead?.to === "answers") {
    return (
      <Link to="/review/answers" search={{ ...lead.search, ...daysOf(week) }}>
        {children}
      </Link>
    );
  }
  return (
    <Counted week={week} counted={figure.counted}>
      {children}
    </Counted>
  );
}

function columns(section: string, week: string): Column<Figure>[] {
  const lead = (figure: Figure, of: string, value: number | null) =>
    value ? (
      <Lead section={section} figure={figure} week={of}>
        {valueIn(value, figure.unit)}
      </Lead>
    ) : (
      valueIn(value, figure.unit)
    );
  return [
    { name: said.figure, heading: true, cell: ({ title }) => title },
    {
      name: said.now,
      numeric: true,
      cell: (figure) => (figure.few_now ? said.few : lead(figure, week, figure.now)),
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
      cell: (figure) => (figure.few_before ? said.few : lead(figure, weekBefore(week), figure.before)),
      hide: "narrow",
    },
  ];
}

interface CellProps {
  section: string;
  table: ReportTable;
  row: ReportTable["rows"][number];
  column: ReportTable["columns"][number];
  week: string;
}

/** A value in a table. A number leads to what it counts, in the week or, where its column says so, in the one before. */
function Cell({ section, table, row, column: { name, unit }, week }: CellProps) {
  const value = row[name];
  if (unit === "moment" && typeof value === "string") return <time dateTime={value}>{calendarTime(value)}</time>;
  const currency = typeof row.currency === "string" ? row.currency : "";
  const shown = valueIn(value, unit, currency);
  if (!value || typeof value === "string") return shown;
  const of = /(^|_)before$/.test(name) ? weekBefore(week) : week;
  if (section === "departments") {
    return typeof row.of === "string" ? (
      <Link to="/review/calls" search={{ department: row.of, currency, ...daysOf(of) }}>
        {shown}
      </Link>
    ) : (
      shown
    );
  }
  const counted = countedIn(table, row, name);
  return (
    <Counted week={of} counted={counted ? [counted] : []}>
      {shown}
    </Counted>
  );
}

function Table({ section, table, week }: Pick<CellProps, "section" | "table" | "week">) {
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
          cell: (row: CellProps["row"]) => <Cell section={section} table={table} row={row} column={column} week={week} />,
        }))}
        rows={table.rows}
        keyOf={(row) => Object.values(row).join("\u0000")}
      />
    </div>
  );
}

/** A section of the weekly report: its figures beside those of the week before, and its tables. */
export function ReportSection({ section, week }: { section: Weekly["sections"][number]; week: string }) {
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
          columns={columns(section.name, week)}
          rows={section.figures}
          keyOf={({ name }) => name}
        />
        {tables.length > 0 && (
          <div className={classes.tables}>
            {tables.map((table) => (
              <Table key={table.name} section={section.name} table={table} week={week} />
            ))}
          </div>
        )}
      </Section>
    </div>
  );
}
