import { Button, NativeSelect } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { api, reply } from "../../api/client";
import { Code } from "../../parts/Code";
import { type Column, ListTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Ahead } from "../../shell/Ahead";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import { Filters } from "../../parts/Filters";
import classes from "../../parts/form.module.css";
import { useAct } from "../../parts/useAct";
import type { WebhookDelivery } from "../types";
import { WEBHOOKS } from "./data";
import { DeliveryState, Tries } from "./DeliveryState";

const route = getRouteApi("/in/admin/webhooks/$name");
const said = words.deliveries;
const STATES = ["waiting", "sent", "dead"] as const;

function Again({ delivery }: { delivery: WebhookDelivery }) {
  const act = useAct();
  if (delivery.state !== "dead") return null;
  const params = { path: { name: delivery.webhook } };
  const replay = () => reply(api.POST("/v1/webhooks/{name}/replay", { params, body: { delivery: delivery.id } }));
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        loading={act.running}
        onClick={() => void act.run(replay, said.replayed, WEBHOOKS)}
      >
        {words.destinations.sendAgain}
      </Button>
      {act.problem && <div className={classes.soft}>{act.problem}</div>}
    </>
  );
}

const COLUMNS: Column<WebhookDelivery>[] = [
  {
    name: said.id,
    heading: true,
    cell: (each) => (
      <>
        <Code value={each.id} characters={10} name={said.id} />
        <div className={classes.inNarrow}>{each.event}</div>
        <div className={classes.inNarrow}>
          <DeliveryState of={each} />
        </div>
        <Tries of={each} />
        {each.error && <div className={`${classes.soft} ${classes.inMedium}`}>{each.error}</div>}
      </>
    ),
  },
  { name: said.event, cell: (each) => each.event, hide: "narrow" },
  { name: words.state, cell: (each) => <DeliveryState of={each} />, hide: "narrow" },
  { name: said.attempts, numeric: true, cell: (each) => each.attempts, hide: "narrow" },
  { name: said.error, cell: (each) => <span className={classes.long}>{each.error ?? "–"}</span>, hide: "medium" },
  { name: said.created, cell: (each) => <Moment at={each.created_at} />, hide: "narrow" },
  { name: said.next, cell: (each) => (each.next_at ? <Ahead at={each.next_at} /> : "–"), hide: "medium" },
];
const AGAIN: Column<WebhookDelivery> = { name: words.action, cell: (each) => <Again delivery={each} /> };

/** What a webhook was told, and what of it did not arrive. */
export function WebhookDeliveries({ name }: { name: string }) {
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useList([...WEBHOOKS, "deliveries", name, state], async (cursor) => {
    const query = { webhook: name, state, cursor };
    const page = await reply(api.GET("/v1/webhooks/deliveries", { params: { query } }));
    return { rows: page.deliveries, next: page.next ?? null };
  });
  return (
    <Section title={words.webhooks.told}>
      <Filters name={said.narrow}>
        <NativeSelect
          label={words.state}
          value={state ?? ""}
          data={[{ value: "", label: said.anyState }, ...STATES.map((value) => ({ value, label: said.states[value] }))]}
          onChange={(event) => {
            const wanted = STATES.find((each) => each === event.currentTarget.value);
            void navigate({ search: { state: wanted }, replace: true });
          }}
        />
      </Filters>
      <ListTable
        name={words.webhooks.told}
        list={list}
        columns={list.rows.some(({ state: each }) => each === "dead") ? [...COLUMNS, AGAIN] : COLUMNS}
        keyOf={(each) => each.id}
        empty={<Empty title={said.none}>{words.webhooks.noneTold}</Empty>}
      />
    </Section>
  );
}
