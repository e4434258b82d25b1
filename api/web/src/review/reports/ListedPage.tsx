import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, reply } from "../../api/client";
import { type Column, ListTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import forms from "../../parts/form.module.css";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import { HeldTarget } from "../shared/HeldTarget";
import { SubjectLink } from "../shared/Subject";
import type { Listed } from "../types";
import classes from "./reports.module.css";
import { valueIn } from "./values";
import { rangeOf } from "./weeks";
import { useWeek } from "./WeekSelect";

const route = getRouteApi("/in/review/weekly/rows");
const said = words.listed;

type Row = Listed["rows"][number];

function textOf(row: Row, name: string): string {
  const value = row[name];
  return typeof value === "string" ? value : "";
}

/** What stands in a column, leading on where there is more of it. */
function cell(row: Row, { name, unit }: Listed["columns"][number]): ReactNode {
  const text = textOf(row, name);
  const [document, person, source] = [textOf(row, "document"), textOf(row, "person"), textOf(row, "source_id")];
  switch (name) {
    case "title":
      return (
        <Link to="/review/answers" search={{ document }}>
          {text || said.untitled}
        </Link>
      );
    case "target":
      return person ? <SubjectLink subject={person} /> : <HeldTarget kind={textOf(row, "kind")} target={text} />;
    case "person":
      return <SubjectLink subject={person} />;
    case "trace":
      return text ? (
        <Link to="/review/records" search={{ trace: text }}>
          <code>{text}</code>
        </Link>
      ) : (
        said.nothing
      );
    case "source":
      return source ? (
        <Link to="/review/answers" search={{ source }}>
          {text}
        </Link>
      ) : (
        text
      );
  }
  if (unit === "moment" && text) return <time dateTime={text}>{calendarTime(text)}</time>;
  return unit === "text" ? (said.spoken[text] ?? text) : valueIn(row[name], unit);
}

/** The first column is what a row is called by; where there is no room, it has the others below it, but for numbers. */
function columnsOf([first, ...others]: Listed["columns"]): Column<Row>[] {
  if (!first) return [];
  const below = others.filter(({ unit }) => unit === "text" || unit === "moment");
  return [
    {
      name: first.title,
      heading: true,
      cell: (row) => (
        <>
          {cell(row, first)}
          {below.map((column) => (
            <div key={column.name} className={forms.inNarrow}>
              {column.title}: {cell(row, column)}
            </div>
          ))}
        </>
      ),
    },
    ...others.map(
      (column): Column<Row> => ({
        name: column.title,
        numeric: !below.includes(column),
        cell: (row) => cell(row, column),
        hide: below.includes(column) ? "narrow" : undefined,
      }),
    ),
  ];
}

/** What a number of the weekly report counts that is of tables and not of the log. */
export function ListedPage() {
  const { week: given, listed = [] } = route.useSearch();
  const week = useWeek(given);
  const list = useList<Row, Omit<Listed, "rows">>(["review", "listed", week, listed], async (cursor) =>
    reply(api.GET("/v1/reports/weekly/rows", { params: { query: { week, listed, cursor, limit: 50 } } })),
  );
  return (
    <Page
      title={list.first?.title ?? said.title}
      about={`${said.about} ${words.counted.searched}`}
      up={{ to: "/review/weekly", name: words.pages.weekly }}
    >
      <div className={`${forms.panel} ${classes.apart}`}>
        <Facts
          of={[
            [
              words.weekly.week,
              <Link key="week" to="/review/weekly" search={{ week }}>
                {words.weekly.weekName(week, rangeOf(week))}
              </Link>,
            ],
            [words.counted.sum, list.first ? words.number(list.first.amount) : "–"],
          ]}
        />
      </div>
      <ListTable
        name={list.first?.title ?? said.title}
        list={list}
        columns={columnsOf(list.first?.columns ?? [])}
        keyOf={(row) => Object.values(row).join("\u0000")}
        empty={<Empty title={said.none}>{words.counted.noneHint}</Empty>}
      />
    </Page>
  );
}
