import { getRouteApi, Link } from "@tanstack/react-router";
import { api, reply } from "../../api/client";
import { type Column, ListTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import forms from "../../parts/form.module.css";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { words } from "../../words/review";
import { COLUMNS } from "../records/columns";
import type { Pattern } from "../search";
import type { CountedRecord } from "../types";
import classes from "./reports.module.css";
import { rangeOf } from "./weeks";
import { useWeek } from "./WeekSelect";

const route = getRouteApi("/in/review/weekly/records");
const said = words.counted;
const ALL = COLUMNS.filter(({ hide }) => hide !== "medium");

/** "cost · cloud · USD". */
function spoken(counted: readonly Pattern[]): string {
  return counted.map((words) => words.map((word) => (word ?? said.any).replaceAll("_", " ")).join(" · ")).join("; ");
}

function valueOf(amount: number, [first]: readonly Pattern[]): string {
  const [what, , currency] = first ?? [];
  return what === "cost" && currency ? words.money(amount, currency) : words.number(amount);
}

/** The records that a number of the weekly report counts. */
export function CountedPage() {
  const { week: given, counted = [] } = route.useSearch();
  const week = useWeek(given);
  const columns: Column<CountedRecord>[] = [
    ...ALL,
    { name: said.amount, numeric: true, cell: ({ amount }) => valueOf(amount, counted) },
  ];
  const list = useList<CountedRecord, { amount: number }>(["review", "counted", week, counted], async (cursor) => {
    const query = { week, counted: counted.map((words) => JSON.stringify(words)), cursor, limit: 50 };
    const page = await reply(api.GET("/v1/reports/weekly/records", { params: { query } }));
    return { rows: page.events, next: page.next, total: page.total, amount: page.amount };
  });
  return (
    <Page
      title={said.title}
      about={`${said.about} ${said.searched}`}
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
            [said.as, spoken(counted)],
            [said.sum, list.first ? valueOf(list.first.amount, counted) : "–"],
          ]}
        />
      </div>
      <ListTable
        name={said.title}
        list={list}
        columns={columns}
        keyOf={({ seq }) => String(seq)}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
    </Page>
  );
}
