import { type Column, DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Status } from "../../parts/Status";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import type { Figure, ReportTable, Weekly } from "../types";
import { Leading } from "./Leading";
import { cellLead, leadOf } from "./leads";
import classes from "./reports.module.css";
import { valueIn } from "./values";
import { weekBefore } from "./weeks";

const said = words.weekly;

function columns(section: string, week: string): Column<Figure>[] {
  const lead = (figure: Figure, of: string, value: number | null) => (
    <Leading lead={value ? leadOf(section, figure, of) : null}>{valueIn(value, figure.unit)}</Leading>
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
      cell: ({ share_now }) => (share_now === null ? "–" : words.percent(share_now)),
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
  const counts = typeof value === "number" && value > 0 && (unit === "count" || unit === "micros");
  const lead = counts ? cellLead(section, table, row, name, week) : null;
  return <Leading lead={lead}>{valueIn(value, unit, currency)}</Leading>;
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
