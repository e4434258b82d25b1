import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, reply } from "../../api/client";
import { type Column, ListTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import forms from "../../parts/form.module.css";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
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
  const shown = valueIn(row[name], unit);
  const [person, source, document] = [textOf(row, "person"), textOf(row, "source_id"), textOf(row, "document")];
  if (name === "person" && person) return <SubjectLink subject={person} />;
  if (name === "target" && row.target) return <HeldTarget kind={textOf(row, "kind")} target={textOf(row, "target")} />;
  if (name === "title") {
    return (
      <Link to="/review/answers" search={{ document }}>
        {row.title || said.untitled}
      </Link>
    );
  }
  if (name === "source" && source) {
    return (
      <Link to="/review/answers" search={{ source }}>
        {row.source}
      </Link>
    );
  }
  if (name === "trace" && row.trace) {
    return (
      <Link to="/review/records" search={{ trace: textOf(row, "trace") }}>
        <code>{shown}</code>
      </Link>
    );
  }
  return name === "group" ? row.group : shown;
}

/** What a number of the weekly report counts that is of tables and not of the log. */
export function ListedPage() {
  const { week: given, listed = [] } = route.useSearch();
  const week = useWeek(given);
  const list = useList<Row, Omit<Listed, "rows">>(["review", "listed", week, listed], async (cursor) =>
    reply(api.GET("/v1/reports/weekly/rows", { params: { query: { week, listed, cursor, limit: 50 } } })),
  );
  const columns = list.first?.columns.map(
    (column, index): Column<Row> => ({
      name: column.title,
      heading: index === 0,
      numeric: column.unit === "count" || column.unit === "seconds",
      cell: (row) => cell(row, column),
    }),
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
        columns={columns ?? []}
        keyOf={(row) => Object.values(row).join("\u0000")}
        empty={<Empty title={said.none}>{words.counted.noneHint}</Empty>}
      />
    </Page>
  );
}
