import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../api/client";
import { ListTable } from "../parts/DataTable";
import { Page } from "../parts/Page";
import { Empty } from "../parts/States";
import { useList } from "../parts/useList";
import { words } from "../words/sources";
import { kindsQuery } from "./calls";
import { Choices } from "../parts/Choices";
import { COLUMNS } from "./listColumns";
import classes from "./ListPage.module.css";
import { STATES, type ListSearch } from "./search";
import type { Watched } from "./types";

const EVERY_MS = 5000;
const TYPING_MS = 250;
const route = getRouteApi("/in/sources/");

function useSources(search: ListSearch) {
  const [counts, setCounts] = useState<Record<string, number>>({});
  const list = useList<Watched>(
    ["source-watch", search],
    async (cursor) => {
      const query = { ...search, cursor: cursor || undefined, limit: 50 };
      const page = await reply(api.GET("/v1/source-watch", { params: { query } }));
      setCounts(page.counts);
      return { rows: page.sources, next: page.next, total: page.total };
    },
    { every: EVERY_MS },
  );
  return { list, counts };
}

function Nothing({ search: { state, kind, text } }: { search: ListSearch }) {
  const chosen = Boolean(state ?? kind);
  if (chosen || text) {
    return (
      <Empty
        title={words.list.noneTitle}
        action={
          <Button component={Link} to="/sources" variant="default" mt={8}>
            {words.list.clear}
          </Button>
        }
      >
        {chosen ? words.list.none : words.list.noneTyped}
      </Empty>
    );
  }
  return (
    <Empty
      title={words.list.emptyTitle}
      action={
        <Button component={Link} to="/sources/add" mt={8}>
          {words.list.add}
        </Button>
      }
    >
      {words.list.empty}
    </Empty>
  );
}

export function ListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const kinds = useQuery(kindsQuery);
  const { list, counts } = useSources(search);
  const [typed, setTyped] = useState(search.text ?? "");
  const narrow = (change: ListSearch) => void navigate({ search: { ...search, ...change }, replace: true });
  const find = useDebouncedCallback((text: string) => narrow({ text: text || undefined }), TYPING_MS);
  const choices = STATES.filter((state) => counts[state] || state === search.state);
  return (
    <Page
      title={words.list.title}
      about={counts.paused ? `${words.list.about} ${words.list.pausedApart}` : words.list.about}
      actions={
        <Button component={Link} to="/sources/add" leftSection={<Plus aria-hidden size={16} />}>
          {words.list.add}
        </Button>
      }
    >
      <div className={classes.filters}>
        <TextInput
          label={words.list.find}
          value={typed}
          maxLength={100}
          onChange={({ currentTarget: { value } }) => {
            setTyped(value);
            find(value);
          }}
        />
        <NativeSelect
          label={words.list.kind}
          value={search.kind ?? ""}
          data={[
            { value: "", label: words.list.anyKind },
            ...(kinds.data ?? []).map(({ name, title }) => ({ value: name, label: title })),
          ]}
          onChange={({ currentTarget: { value } }) => narrow({ kind: value || undefined })}
        />
      </div>
      <Choices
        name={words.list.filters}
        current={search.state}
        of={[
          { value: undefined, name: words.list.all },
          ...choices.map((value) => ({ value, name: words.state[value], count: counts[value] ?? 0 })),
        ]}
        to="/sources"
        search={(state) => ({ ...search, state })}
      />
      <ListTable
        name={words.list.title}
        list={list}
        columns={COLUMNS}
        keyOf={({ name }) => name}
        empty={<Nothing search={search} />}
      />
    </Page>
  );
}
