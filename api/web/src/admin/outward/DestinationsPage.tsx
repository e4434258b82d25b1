import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { type Column, ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import type { Destination } from "../types";
import { Counts } from "./Counts";
import { DESTINATIONS } from "./data";
import { DestinationDialog } from "./DestinationDialog";
import { KindName } from "./KindName";

const said = words.destinations;

const COLUMNS: Column<Destination>[] = [
  {
    name: said.name,
    heading: true,
    cell: (each) => (
      <Link to="/admin/destinations/$name" params={{ name: each.name }}>
        {each.name}
      </Link>
    ),
  },
  { name: said.kind, cell: (each) => <KindName of={each.kind} />, hide: "narrow" },
  { name: said.audience, cell: (each) => each.audience.join(", ") || words.none, hide: "medium" },
  { name: said.fallback, cell: (each) => said.fallbackName(each.fallback), hide: "medium" },
  { name: words.pages.deliveries, cell: (each) => <Counts destination={each.name} of={each.deliveries} /> },
  { name: said.changedAt, cell: (each) => <Moment at={each.changed_at} />, hide: "medium" },
];

export function DestinationsPage() {
  const [adding, setAdding] = useState(false);
  const list = useList([...DESTINATIONS, "list"], async (cursor) => {
    const page = await reply(api.GET("/v1/operator/destinations", { params: { query: { cursor } } }));
    return { rows: page.destinations, next: page.next ?? null };
  });
  return (
    <Page
      title={words.pages.destinations}
      about={said.about}
      actions={
        <Button leftSection={<Plus aria-hidden size={16} />} onClick={() => setAdding(true)}>
          {said.add}
        </Button>
      }
    >
      <ListTable
        name={words.pages.destinations}
        list={list}
        columns={COLUMNS}
        keyOf={(each) => each.name}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
      <DestinationDialog opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}
