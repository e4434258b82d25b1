import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, reply } from "../../api/client";
import { type Column, DataTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/States";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/review";
import type { Flagged } from "../types";
import classes from "./watch.module.css";

const said = words.flagged;
const MOST = 500;

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
  const flagged = useQuery({
    queryKey: ["review", "flagged"],
    queryFn: () => reply(api.GET("/v1/flagged", { params: { query: { limit: MOST } } })),
  });
  const passages = flagged.data?.passages ?? [];
  return (
    <Page title={words.pages.flagged} about={said.about}>
      {flagged.isPending && <Loading />}
      {flagged.error && <Failed error={flagged.error} onRetry={() => void flagged.refetch()} />}
      {flagged.data && passages.length === 0 && <Empty title={said.none}>{said.noneHint}</Empty>}
      {passages.length > 0 && (
        <DataTable
          name={words.pages.flagged}
          columns={COLUMNS}
          rows={passages}
          keyOf={({ chunk, destination }) => `${chunk} ${destination}`}
        />
      )}
      {passages.length === MOST && <p className={classes.soft}>{said.most(MOST)}</p>}
    </Page>
  );
}
