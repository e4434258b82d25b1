import { Button, NativeSelect, TextInput } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Search, UserPlus } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { type Column, ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { Status } from "../../parts/Status";
import { useList } from "../../parts/useList";
import { may } from "../../shell/areas";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/admin";
import { Filters } from "../../parts/Filters";
import { useTyped } from "../../parts/searching";
import type { Person } from "../types";
import { HERE } from "../routes";
import classes from "../../parts/form.module.css";
import { PEOPLE, ROLES } from "./data";
import { Here } from "./Here";
import { Address } from "../../parts/Address";
import narrow from "../shared/narrow.module.css";
import { PersonDialog } from "./PersonDialog";
import { Roles } from "./Roles";

const route = getRouteApi("/in/admin/people");
const said = words.people;

const COLUMNS: Column<Person>[] = [
  {
    name: said.person,
    heading: true,
    cell: (person) => (
      <>
        <Link to="/admin/people/$email" params={{ email: person.email }}>
          {person.name}
        </Link>
        <div className={`${classes.soft} ${narrow.address}`}>
          <Address of={person.email} />
        </div>
        {person.disabled_at && (
          <div className={classes.inNarrow}>
            <Here person={person} />
          </div>
        )}
      </>
    ),
  },
  { name: words.state, cell: (person) => <Here person={person} />, hide: "narrow" },
  { name: said.title, cell: (person) => person.title || "–", hide: "medium" },
  { name: said.roles, cell: (person) => <Roles of={person.roles} /> },
  { name: said.groups, cell: (person) => person.groups.join(", ") || "–", hide: "medium" },
  {
    name: said.managed,
    cell: (person) => (person.directory ? <Status tone="idle">{said.byDirectory}</Status> : said.here),
    hide: "medium",
  },
];

export function PeoplePage() {
  const { text, role, state } = route.useSearch();
  const navigate = route.useNavigate();
  const session = useSignedIn();
  const [adding, setAdding] = useState(false);
  const typed = useTyped(text ?? "", (wanted) => {
    void navigate({ search: (before) => ({ ...before, text: wanted || undefined }), replace: true });
  });
  const list = useList([...PEOPLE, { text, role, state }], async (cursor) => {
    const query = { cursor, limit: 100, text: text ?? "", role: role ?? "", state: state ?? ("active" as const) };
    const page = await reply(api.GET("/v1/operator/people", { params: { query } }));
    return { rows: page.people, next: page.next ?? null };
  });
  const narrowed = Boolean(text ?? role ?? state);
  return (
    <Page
      title={words.pages.people}
      about={said.about}
      actions={
        may(session, ["people.change"]) && (
          <Button leftSection={<UserPlus aria-hidden size={16} />} onClick={() => setAdding(true)}>
            {said.add}
          </Button>
        )
      }
    >
      <Filters name={said.find}>
        <TextInput
          type="search"
          label={said.search}
          placeholder={said.searchFor}
          leftSection={<Search aria-hidden size={15} />}
          {...typed}
        />
        <NativeSelect
          label={said.role}
          value={role ?? ""}
          data={[{ value: "", label: said.anyRole }, ...ROLES.map((each) => ({ value: each, label: said.roleNames[each] }))]}
          onChange={(event) => {
            const wanted = event.currentTarget.value || undefined;
            void navigate({ search: (before) => ({ ...before, role: wanted }), replace: true });
          }}
        />
        <NativeSelect
          label={words.state}
          value={state ?? ""}
          data={[{ value: "", label: said.states.active }, ...HERE.map((each) => ({ value: each, label: said.states[each] }))]}
          onChange={(event) => {
            const wanted = HERE.find((each) => each === event.currentTarget.value);
            void navigate({ search: (before) => ({ ...before, state: wanted }), replace: true });
          }}
        />
      </Filters>
      <ListTable
        name={words.pages.people}
        list={list}
        columns={COLUMNS}
        keyOf={(person) => person.email}
        empty={<Empty title={narrowed ? said.noneFound : said.none}>{narrowed ? said.noneFoundHint : said.noneHint}</Empty>}
      />
      <PersonDialog opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}
