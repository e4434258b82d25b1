import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Repeat } from "lucide-react";
import { useState } from "react";
import { Address } from "../../parts/Address";
import { useChange } from "../../parts/announcing";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { type Column, ListTable } from "../../parts/DataTable";
import forms from "../../parts/form.module.css";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/review";
import type { Rule } from "../types";
import classes from "./queue.module.css";
import { RuleDialog } from "./RuleDialog";

const said = words.rules;

interface Act {
  what: "change" | "end";
  rule: Rule;
}

function columns(act: (what: Act["what"], rule: Rule) => void): Column<Rule>[] {
  return [
    {
      name: said.name,
      heading: true,
      cell: ({ name, every, rate, least, most, why, set_by, set_at }) => (
        <>
          {name}
          <div className={forms.inNarrow}>
            {words.period(every)}: {said.draws(words.percent(rate), least, most)}
          </div>
          <div className={forms.inMedium}>
            {why} <span className={classes.by}>{set_by ? <Address of={set_by} /> : words.unknown}</span>, <Moment at={set_at} />
          </div>
        </>
      ),
    },
    { name: words.samples.rule, cell: ({ rule, of }) => words.samples.spoken(rule, of) },
    { name: said.every, cell: ({ every }) => words.period(every), hide: "narrow" },
    {
      name: said.share,
      cell: ({ rate, least, most }) => said.draws(words.percent(rate), least, most),
      hide: "narrow",
    },
    { name: said.why, cell: ({ why }) => why, hide: "medium" },
    { name: said.setBy, cell: ({ set_by }) => (set_by ? <Address of={set_by} /> : words.unknown), hide: "medium" },
    { name: said.setAt, cell: ({ set_at }) => <Moment at={set_at} />, hide: "medium" },
    {
      name: said.change,
      cell: (rule) => (
        <span className={classes.row}>
          <Button size="compact-xs" variant="default" onClick={() => act("change", rule)}>
            {said.change}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => act("end", rule)}>
            {said.end}
          </Button>
        </span>
      ),
    },
  ];
}

export function RulesPage() {
  const change = useChange();
  const [setting, setSetting] = useState<{ rule: Rule | null } | null>(null);
  const [ending, setEnding] = useState<Rule | null>(null);
  const list = useList<Rule>(["review", "rules"], async (cursor) => {
    const page = await reply(api.GET("/v1/reviews/rules", { params: { query: { cursor, limit: 50 } } }));
    return { rows: page.rules, next: page.next };
  });
  const act = (what: Act["what"], rule: Rule) => (what === "change" ? setSetting({ rule }) : setEnding(rule));
  return (
    <Page
      title={words.pages.rules}
      about={said.about}
      actions={
        <Button leftSection={<Repeat aria-hidden size={15} />} onClick={() => setSetting({ rule: null })}>
          {said.set}
        </Button>
      }
    >
      <ListTable
        name={words.pages.rules}
        list={list}
        columns={columns(act)}
        keyOf={({ id }) => id}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
      {list.rows.length > 0 && (
        <p className={classes.soft}>
          <Link to="/review/samples" className={classes.link}>
            {said.samples}
          </Link>
        </p>
      )}
      {setting && (
        <RuleDialog key={setting.rule?.id ?? "new"} rule={setting.rule} onClose={() => setSetting(null)} />
      )}
      <Confirm
        reason
        opened={ending !== null}
        title={said.endTitle(ending?.name ?? "")}
        action={said.end}
        onClose={() => setEnding(null)}
        onConfirm={async (why) => {
          if (!ending) return;
          const { name, revision } = ending;
          const call = api.POST("/v1/reviews/rules/{name}/end", { params: { path: { name } }, body: { revision, why } });
          await change(reply(call), said.ended(name), ["review", "rules"]);
        }}
      >
        {said.endText}
      </Confirm>
    </Page>
  );
}
