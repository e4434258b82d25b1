import { Button } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { useState } from "react";
import { useChange } from "../../parts/announcing";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { type Column, ListTable } from "../../parts/DataTable";
import forms from "../../parts/form.module.css";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { Status } from "../../parts/Status";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { Choices } from "../../parts/Choices";
import { words } from "../../words/review";
import { HeldTarget } from "../shared/HeldTarget";
import type { Hold } from "../types";
import { HoldDialog } from "./HoldDialog";
import classes from "./watch.module.css";

const route = getRouteApi("/in/review/holds");
const said = words.holds;

function isKind(kind: string): kind is keyof typeof said.kinds {
  return kind in said.kinds;
}

function columns(lift: (hold: Hold) => void): Column<Hold>[] {
  return [
    {
      name: said.what,
      heading: true,
      cell: (hold) => (
        <div className={classes.what}>
          {isKind(hold.kind) ? said.kinds[hold.kind] : hold.kind} <HeldTarget {...hold} />
          <div className={forms.inNarrow}>
            {hold.why} <Moment at={hold.placed_at} />
          </div>
        </div>
      ),
    },
    { name: said.why, cell: ({ why }) => why, hide: "narrow" },
    { name: said.since, cell: ({ placed_at }) => <Moment at={placed_at} />, hide: "narrow" },
    { name: said.spares, cell: ({ kind, lifted_at }) => (isKind(kind) && !lifted_at ? said.spared[kind] : "–"), hide: "medium" },
    {
      name: said.state,
      cell: (hold) =>
        hold.lifted_at ? (
          <>
            <Status tone="idle">{said.liftedState}</Status> <Moment at={hold.lifted_at} />
            {hold.lifted_why && <p className={classes.soft}>{hold.lifted_why}</p>}
          </>
        ) : (
          <Status tone="paused">{said.holds}</Status>
        ),
    },
    {
      name: said.action,
      cell: (hold) =>
        hold.lifted_at ? (
          "–"
        ) : (
          <Button size="compact-xs" variant="default" onClick={() => lift(hold)}>
            {said.lift}
          </Button>
        ),
    },
  ];
}

export function HoldsPage() {
  const { show } = route.useSearch();
  const change = useChange();
  const [placing, setPlacing] = useState(false);
  const [lifting, setLifting] = useState<Hold | null>(null);
  const list = useList<Hold>(["review", "holds", show], async (cursor) => {
    const query = { lifted: show === "lifted", cursor, limit: 200 };
    const page = await reply(api.GET("/v1/holds", { params: { query } }));
    return { rows: page.holds, next: page.next ?? null };
  });
  // The server has them from the oldest on: as long as there are more, its order stays.
  const newest = list.hasMore ? list : { ...list, pages: list.pages.map((rows) => rows.toReversed()).toReversed() };
  return (
    <Page
      title={words.pages.holds}
      about={said.about}
      actions={
        <Button leftSection={<Lock aria-hidden size={15} />} onClick={() => setPlacing(true)}>
          {said.place}
        </Button>
      }
    >
      <Choices
        name={said.show}
        current={show}
        of={[
          { value: undefined, name: said.now },
          { value: "lifted" as const, name: said.all },
        ]}
        to="/review/holds"
        search={(value) => ({ show: value })}
      />
      <ListTable
        name={words.pages.holds}
        list={newest}
        columns={columns(setLifting)}
        keyOf={({ id }) => id}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
      <HoldDialog opened={placing} onClose={() => setPlacing(false)} />
      <Confirm
        reason
        danger
        opened={lifting !== null}
        title={said.liftTitle}
        action={said.lift}
        onClose={() => setLifting(null)}
        onConfirm={async (why) => {
          if (!lifting) return;
          const path = { hold_id: lifting.id };
          await change(reply(api.POST("/v1/holds/{hold_id}/lift", { params: { path }, body: { why } })), said.lifted, [
            "review",
            "holds",
          ]);
        }}
      >
        {said.liftText}
      </Confirm>
    </Page>
  );
}
