import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { type Column, ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { Status } from "../../parts/Status";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import narrow from "../shared/narrow.module.css";
import { OnceShown } from "../shared/OnceShown";
import type { Webhook } from "../types";
import { TONES, WEBHOOKS } from "./data";
import { WebhookDialog } from "./WebhookDialog";

const said = words.webhooks;

export function WebhookCounts({ webhook }: { webhook: Webhook }) {
  const states = (["waiting", "sent", "dead"] as const).filter((state) => (webhook.deliveries[state] ?? 0) > 0);
  if (states.length === 0) return words.deliveries.nothing;
  return (
    <span className={classes.tags}>
      {states.map((state) => (
        <Status key={state} tone={TONES[state]}>
          <Link
            to="/admin/webhooks/$name"
            params={{ name: webhook.name }}
            search={{ state }}
            className={narrow.counted}
          >
            {words.deliveries.counted[state](webhook.deliveries[state] ?? 0)}
          </Link>
        </Status>
      ))}
    </span>
  );
}

const COLUMNS: Column<Webhook>[] = [
  {
    name: said.name,
    heading: true,
    cell: (each) => (
      <Link to="/admin/webhooks/$name" params={{ name: each.name }}>
        {each.name}
      </Link>
    ),
  },
  { name: said.url, cell: (each) => <span className={classes.long}>{each.url}</span>, hide: "narrow" },
  { name: said.events, cell: (each) => each.events.join(", "), hide: "medium" },
  { name: said.sources, cell: (each) => each.sources?.join(", ") ?? said.allSources, hide: "medium" },
  { name: said.told, cell: (each) => <WebhookCounts webhook={each} /> },
  { name: said.made, cell: (each) => <Moment at={each.made_at} />, hide: "medium" },
];

export function WebhooksPage() {
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const list = useList([...WEBHOOKS, "list"], async (cursor) => {
    const page = await reply(api.GET("/v1/webhooks", { params: { query: { cursor } } }));
    return { rows: page.webhooks, next: page.next ?? null };
  });
  return (
    <Page
      title={words.pages.webhooks}
      about={said.about}
      actions={
        <Button leftSection={<Plus aria-hidden size={16} />} onClick={() => setAdding(true)}>
          {said.add}
        </Button>
      }
    >
      {secret !== null && <OnceShown title={said.secret} value={secret} onDone={() => setSecret(null)} />}
      <ListTable
        name={words.pages.webhooks}
        list={list}
        columns={COLUMNS}
        keyOf={(each) => each.name}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
      <WebhookDialog opened={adding} onClose={() => setAdding(false)} onMade={setSecret} />
    </Page>
  );
}
