import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, reply } from "../../api/client";
import { Code } from "../../parts/Code";
import { type Column, ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Ahead } from "../../shell/Ahead";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import { DELIVERED } from "../routes";
import { useAct } from "../../parts/useAct";
import { Filters } from "../../parts/Filters";
import classes from "../../parts/form.module.css";
import type { Delivery } from "../types";
import { DELIVERIES, DESTINATIONS } from "./data";
import { DeliveryState, Tries } from "./DeliveryState";

const route = getRouteApi("/in/admin/deliveries");
const said = words.deliveries;

function isStuck({ state }: Delivery): boolean {
  return state === "dead" || state === "review";
}

function Again({ delivery }: { delivery: Delivery }) {
  const act = useAct();
  if (!isStuck(delivery)) return null;
  const params = { path: { delivery_id: delivery.id } };
  const replay = () => reply(api.POST("/v1/operator/deliveries/{delivery_id}/replay", { params })) as Promise<unknown>;
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        loading={act.running}
        onClick={() => void act.run(replay, said.replayed, DELIVERIES, DESTINATIONS)}
      >
        {words.destinations.sendAgain}
      </Button>
      {act.problem && <div className={classes.soft}>{act.problem}</div>}
    </>
  );
}

function Place({ of }: { of: Delivery }) {
  return (
    <Link to="/admin/destinations/$name" params={{ name: of.destination }}>
      {of.destination}
    </Link>
  );
}

const COLUMNS: Column<Delivery>[] = [
  {
    name: said.id,
    heading: true,
    cell: (each) => (
      <>
        <Code value={each.id} characters={10} name={said.id} />
        <div className={classes.inNarrow}>
          <Place of={each} />
        </div>
        <div className={classes.inNarrow}>
          <DeliveryState of={each} />
        </div>
        <Tries of={each} />
        {each.error && <div className={`${classes.soft} ${classes.inMedium}`}>{each.error}</div>}
      </>
    ),
  },
  { name: said.destination, cell: (each) => <Place of={each} />, hide: "narrow" },
  { name: words.state, cell: (each) => <DeliveryState of={each} />, hide: "narrow" },
  { name: said.attempts, numeric: true, cell: (each) => each.attempts, hide: "narrow" },
  { name: said.error, cell: (each) => <span className={classes.long}>{each.error ?? "–"}</span>, hide: "medium" },
  { name: said.receipt, cell: (each) => each.receipt?.reference ?? "–", hide: "medium" },
  { name: said.created, cell: (each) => <Moment at={each.created_at} />, hide: "narrow" },
  { name: said.next, cell: (each) => (each.next_at ? <Ahead at={each.next_at} /> : "–"), hide: "medium" },
];
const AGAIN: Column<Delivery> = { name: words.action, cell: (each) => <Again delivery={each} /> };

export function DeliveriesPage() {
  const { destination, state } = route.useSearch();
  const navigate = route.useNavigate();
  const places = useQuery({
    queryKey: [...DESTINATIONS, "names"],
    queryFn: async () => (await reply(api.GET("/v1/operator/destinations"))).destinations.map((each) => each.name),
  });
  const list = useList(
    [...DELIVERIES, { destination, state }],
    async (cursor) => {
      const page = await reply(api.GET("/v1/operator/deliveries", { params: { query: { destination, state, cursor } } }));
      return { rows: page.deliveries, next: page.next ?? null };
    },
    { every: 20_000 },
  );
  return (
    <Page title={words.pages.deliveries} about={said.about}>
      <Filters name={said.narrow}>
        <NativeSelect
          label={said.destination}
          value={destination ?? ""}
          data={[
            { value: "", label: said.anyDestination },
            ...new Set([...(places.data ?? []), ...(destination ? [destination] : [])]),
          ]}
          onChange={(event) => {
            const wanted = event.currentTarget.value || undefined;
            void navigate({ search: (before) => ({ ...before, destination: wanted }), replace: true });
          }}
        />
        <NativeSelect
          label={words.state}
          value={state ?? ""}
          data={[{ value: "", label: said.anyState }, ...DELIVERED.map((value) => ({ value, label: said.states[value] }))]}
          onChange={(event) => {
            const wanted = DELIVERED.find((each) => each === event.currentTarget.value);
            void navigate({ search: (before) => ({ ...before, state: wanted }), replace: true });
          }}
        />
      </Filters>
      <ListTable
        name={words.pages.deliveries}
        list={list}
        columns={list.rows.some(isStuck) ? [...COLUMNS, AGAIN] : COLUMNS}
        keyOf={(each) => each.id}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
    </Page>
  );
}
