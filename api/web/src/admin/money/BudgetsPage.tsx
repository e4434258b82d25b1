import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { type Column, ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { Status } from "../../parts/Status";
import { useList } from "../../parts/useList";
import { may } from "../../shell/areas";
import { Moment } from "../../shell/Moment";
import { useNow } from "../../shell/now";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import { PersonLink } from "../people/PersonLink";
import { Bar } from "../shared/Bar";
import narrow from "../shared/narrow.module.css";
import classes from "../../parts/form.module.css";
import type { Budget } from "../types";
import { BudgetDialog } from "./BudgetDialog";
import { burnOf, spanOf, stateOf } from "./burning";
import { amount, BUDGETS, TONES, whose } from "./data";

const said = words.budgets;

function Used({ budget }: { budget: Budget }) {
  const now = useNow();
  const burn = burnOf(budget, now);
  if (!burn) return said.eachAlone;
  const since = new Date(spanOf(budget.per, now).begins).toISOString();
  const state = stateOf(burn);
  const tone = state === "over" ? "bad" : state === "within" ? "good" : "warn";
  return (
    <>
      <Link to="/admin/calls" search={{ [budget.scope]: budget.name, since }}>
        {said.usedOf(amount(budget.used ?? 0, budget), words.percent(burn.used))}
      </Link>
      <Bar share={burn.used} tone={tone} name={said.usedBar(words.percent(burn.used))} />
      <div className={classes.inMedium}>
        <Pace budget={budget} />
      </div>
    </>
  );
}

function Pace({ budget }: { budget: Budget }) {
  const burn = burnOf(budget, useNow());
  if (!burn) return "–";
  const state = stateOf(burn);
  return (
    <>
      <Status tone={TONES[state]}>{said.states[state]}</Status>
      {burn.projected !== null && <div className={classes.soft}>{said.projected(words.percent(burn.projected), budget.per)}</div>}
    </>
  );
}

export function BudgetsPage() {
  const session = useSignedIn();
  const change = useChange();
  const [setting, setSetting] = useState<{ budget?: Budget } | null>(null);
  const [removing, setRemoving] = useState<Budget | null>(null);
  const changes = may(session, ["budget.change"]);
  const list = useList([...BUDGETS, "list"], async (cursor) => {
    const page = await reply(api.GET("/v1/budgets", { params: { query: { cursor } } }));
    return { rows: page.budgets, next: page.next ?? null };
  });
  const remove = async (why: string) => {
    if (!removing) return;
    const { scope, name, per, unit } = removing;
    const call = reply(api.POST("/v1/budgets/remove", { body: { scope, name, per, unit, why } }));
    await change(call, said.removed(whose(removing)), BUDGETS);
  };
  const columns: Column<Budget>[] = [
    {
      name: said.whose,
      heading: true,
      cell: (each) => (
        <>
          {whose(each)}
          <div className={classes.soft}>{said.scopes[each.scope]}</div>
          <div className={classes.inNarrow}>{said.limitOf(amount(each.most, each), each.per)}</div>
        </>
      ),
    },
    { name: said.limit, cell: (each) => said.limitOf(amount(each.most, each), each.per), hide: "narrow" },
    { name: said.used, cell: (each) => <Used budget={each} /> },
    { name: said.pace, cell: (each) => <Pace budget={each} />, hide: "medium" },
    { name: words.why, cell: (each) => <span className={classes.long}>{each.why}</span>, hide: "medium" },
    {
      name: words.changedBy,
      cell: (each) => (
        <>
          <PersonLink email={each.changed_by} />
          <div className={classes.soft}>
            <Moment at={each.changed_at} />
          </div>
        </>
      ),
      hide: "medium",
    },
  ];
  if (changes) {
    columns.push({
      name: words.action,
      cell: (each) => (
        <div className={narrow.oneLine}>
          <Button size="compact-sm" variant="default" onClick={() => setSetting({ budget: each })}>
            {words.change}
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => setRemoving(each)}>
            {words.remove}
          </Button>
        </div>
      ),
    });
  }
  return (
    <Page
      title={words.pages.budgets}
      about={said.about}
      actions={
        changes && (
          <Button leftSection={<Plus aria-hidden size={16} />} onClick={() => setSetting({})}>
            {said.set}
          </Button>
        )
      }
    >
      <ListTable
        name={words.pages.budgets}
        list={list}
        columns={columns}
        keyOf={(each) => [each.scope, each.name, each.per, each.unit].join(" ")}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
      <BudgetDialog budget={setting?.budget} opened={setting !== null} onClose={() => setSetting(null)} />
      <Confirm
        opened={removing !== null}
        title={said.removeTitle(removing ? whose(removing) : "")}
        action={words.remove}
        danger
        reason
        onClose={() => setRemoving(null)}
        onConfirm={remove}
      >
        {said.removeHint}
      </Confirm>
    </Page>
  );
}
