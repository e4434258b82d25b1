import { Button, TagsInput, TextInput } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { type Column, ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import narrow from "../shared/narrow.module.css";
import { useFields } from "../../parts/useFields";
import type { Service } from "../types";
import { SERVICES } from "./data";
import { Ends } from "./Ends";

const said = words.services;

function NextEnd({ service }: { service: Service }) {
  const [first] = service.keys.map((key) => key.expires_at).toSorted();
  return first ? <Ends at={first} /> : said.noKey;
}

const COLUMNS: Column<Service>[] = [
  {
    name: said.name,
    heading: true,
    cell: (each) => (
      <>
        <Link to="/admin/services/$name" params={{ name: each.name }}>
          {each.name}
        </Link>
        <div className={`${classes.soft} ${classes.inNarrow}`}>
          <span className={narrow.ends}>
            {each.keys.length > 0 && said.nextEnd} <NextEnd service={each} />
          </span>
        </div>
      </>
    ),
  },
  { name: said.for, cell: (each) => each.about || "–", hide: "medium" },
  { name: said.keys, numeric: true, cell: (each) => each.keys.length },
  { name: said.nextEnd, cell: (each) => <NextEnd service={each} />, hide: "narrow" },
  { name: said.actsFor, numeric: true, cell: (each) => each.acts_for.length, hide: "narrow" },
  { name: words.people.groups, cell: (each) => each.groups.join(", ") || "–", hide: "medium" },
];

function AddDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const change = useChange();
  const navigate = useNavigate();
  const fields = useFields({ name: "", about: "", groups: [] as string[] }, { name: /service account/, groups: /group/ });
  const { values, errors, set } = fields;
  const add = async () => {
    const call = () => reply(api.POST("/v1/service-accounts", { body: values }));
    const made = await fields.attempt(() => change(call(), said.added(values.name), SERVICES));
    void navigate({ to: "/admin/services/$name", params: { name: made.name } });
  };
  return (
    <Confirm opened={opened} title={said.add} action={said.add} onClose={onClose} onConfirm={add}>
      <div className={classes.form}>
        <TextInput
          label={said.name}
          description={said.nameHint}
          required
          pattern="[a-z0-9][a-z0-9\-]*"
          maxLength={63}
          {...fields.text("name")}
        />
        <TextInput label={said.for} maxLength={200} {...fields.text("about")} />
        <TagsInput
          label={words.people.groups}
          description={said.groupsHint}
          name="groups"
          value={values.groups}
          error={errors.groups}
          onChange={(groups) => set("groups", groups)}
        />
      </div>
    </Confirm>
  );
}

export function ServicesPage() {
  const [adding, setAdding] = useState(false);
  const list = useList([...SERVICES, "list"], async (cursor) => {
    const page = await reply(api.GET("/v1/service-accounts", { params: { query: { cursor } } }));
    return { rows: page.accounts, next: page.next ?? null };
  });
  const add = (
    <Button leftSection={<Plus aria-hidden size={16} />} onClick={() => setAdding(true)}>
      {said.add}
    </Button>
  );
  return (
    <Page title={words.pages.services} about={said.about} actions={add}>
      <ListTable
        name={words.pages.services}
        list={list}
        columns={COLUMNS}
        keyOf={(each) => each.name}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
      <AddDialog opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}
