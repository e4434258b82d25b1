import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../api/client";
import type { Column } from "../parts/DataTable";
import { ListTable } from "../parts/DataTable";
import { Page } from "../parts/Page";
import { Empty } from "../parts/States";
import { useList } from "../parts/useList";
import { words } from "../words/sources";
import { kindsQuery } from "./calls";
import { Choices } from "../parts/Choices";
import { spanText } from "./durations";
import classes from "./ListPage.module.css";
import { STATES, type ListSearch } from "./search";
import { SourceState } from "./SourceState";
import { Spark } from "./Spark";
import type { Watched } from "./types";
import { When } from "./When";

const EVERY_MS = 5000;
const TYPING_MS = 250;
const route = getRouteApi("/in/sources/");

function Age({ of }: { of: Watched }) {
  const content = of.bounds.find(({ kind }) => kind === "content");
  const staleness = content?.staleness ?? null;
  const age = staleness === null ? words.neverRead : spanText(staleness);
  const bound = content?.bound ?? null;
  return (
    <span className={classes.fresh}>
      <Spark points={of.course} bound={bound} hours={of.course_hours} />
      <span>
        {bound === null
          ? words.withoutBound(age)
          : staleness === null
            ? words.neverWithin(spanText(bound))
            : words.ofBound(age, spanText(bound))}
      </span>
    </span>
  );
}

const COLUMNS: readonly Column<Watched>[] = [
  {
    name: words.list.columns.source,
    heading: true,
    cell: ({ name, title }) => (
      <span className={classes.name}>
        <Link to="/sources/s/$name" params={{ name }}>
          {name}
        </Link>
        <span>{title}</span>
      </span>
    ),
  },
  { name: words.list.columns.state, cell: (source) => <SourceState of={source} /> },
  { name: words.list.columns.freshness, cell: (source) => <Age of={source} />, hide: "narrow" },
  { name: words.list.columns.success, cell: ({ succeeded_at }) => <When at={succeeded_at} />, hide: "medium" },
  {
    name: words.list.columns.next,
    cell: ({ next_at, next_task, activity }) =>
      activity === "paused" ? (
        words.state.paused
      ) : activity === "running" ? (
        words.now
      ) : (
        <span className={classes.next}>
          <When at={next_at} none={words.onRequest} />
          {next_at && <small>{words.task(next_task)}</small>}
        </span>
      ),
    hide: "medium",
  },
  {
    name: words.list.columns.documents,
    numeric: true,
    hide: "narrow",
    cell: ({ documents, name }) => (
      <Link to="/sources/s/$name" params={{ name }} search={{ tab: "overview" }}>
        {documents.toLocaleString("en")}
      </Link>
    ),
  },
  {
    name: words.list.columns.errors,
    numeric: true,
    cell: ({ errors, name }) =>
      errors === 0 ? (
        0
      ) : (
        <Link to="/sources/s/$name" params={{ name }} search={{ tab: "failures" }}>
          {errors.toLocaleString("en")}
        </Link>
      ),
  },
];

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

function Nothing({ narrowed }: { narrowed: boolean }) {
  if (narrowed) {
    return (
      <Empty
        title={words.list.noneTitle}
        action={
          <Button component={Link} to="/sources" variant="default" mt={8}>
            {words.list.clear}
          </Button>
        }
      >
        {words.list.none}
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
      about={words.list.about}
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
        empty={<Nothing narrowed={Boolean(search.state ?? search.kind ?? search.text)} />}
      />
    </Page>
  );
}
