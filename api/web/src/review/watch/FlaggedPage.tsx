import { Link } from "@tanstack/react-router";
import { api, reply } from "../../api/client";
import { type Column, ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/review";
import type { Flagged } from "../types";

const said = words.flagged;

const COLUMNS: Column<Flagged>[] = [
  {
    name: said.passage,
    heading: true,
    cell: ({ title, document }) => (
      <Link to="/review/answers" search={{ document }}>
        {title ?? said.gone}
      </Link>
    ),
  },
  { name: said.signs, cell: ({ signs }) => signs.map(words.trail.spoken).join(", ") },
  { name: said.source, cell: ({ source }) => source, hide: "narrow" },
  {
    name: said.destination,
    cell: ({ destination }) => (destination === "extractive" ? said.extractive : destination),
    hide: "medium",
  },
  {
    name: said.times,
    numeric: true,
    cell: ({ times, document }) => (
      <Link to="/review/records" search={{ document, kind: "passage.flagged" }} title={said.records}>
        {words.number(times)}
      </Link>
    ),
  },
  { name: said.first, cell: ({ first_at }) => <Moment at={first_at} />, hide: "medium" },
  { name: said.last, cell: ({ last_at }) => <Moment at={last_at} />, hide: "narrow" },
];

export function FlaggedPage() {
  const list = useList<Flagged>(["review", "flagged"], async (cursor) => {
    const page = await reply(api.GET("/v1/flagged", { params: { query: { cursor, limit: 50 } } }));
    return { rows: page.passages, next: page.next };
  });
  return (
    <Page title={words.pages.flagged} about={said.about}>
      <ListTable
        name={words.pages.flagged}
        list={list}
        columns={COLUMNS}
        keyOf={({ chunk, version, destination }) => `${chunk} ${version} ${destination}`}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
    </Page>
  );
}
