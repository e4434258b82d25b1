import { Button, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { ListTable, type Column } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/sources";
import { retry, useRefresh } from "../calls";
import { Choices } from "../../parts/Choices";
import forms from "../../parts/form.module.css";
import { FailureState } from "../FailureState";
import { runFailed } from "../progress";
import type { Failing } from "../types";
import type { TabProps } from "./DetailPage";
import classes from "./FailuresTab.module.css";

const TYPING_MS = 250;
const route = getRouteApi("/in/sources/s/$name");

function wrong(code: string): string {
  return words.failures.code[code] ?? code.replaceAll("_", " ");
}

/** The address of a page without its site, which is that of all. */
function placeOf(key: string): string {
  return key.replace(/^https?:\/\/[^/]+(?=\/.)/, "");
}

function columns(again: (keys: string[]) => void, paused: boolean): readonly Column<Failing>[] {
  const action = ({ key, state }: Failing) => (
    <Button
      size="compact-xs"
      variant="default"
      disabled={paused || state === "retrying"}
      aria-label={words.failures.retryNamed(key)}
      onClick={() => again([key])}
    >
      {words.failures.retry}
    </Button>
  );
  return [
    {
      name: words.failures.columns.name,
      heading: true,
      cell: ({ key }) => (
        <span className={classes.key} title={key}>
          {placeOf(key)}
        </span>
      ),
    },
    {
      name: words.failures.columns.wrong,
      cell: (failing) => (
        <span className={classes.wrong}>
          <strong>{wrong(failing.code)}</strong>
          {failing.reason}
          <div className={forms.inNarrow}>
            <FailureState of={failing} />
          </div>
          <div className={forms.inNarrow}>{action(failing)}</div>
        </span>
      ),
    },
    { name: words.failures.columns.state, cell: (failing) => <FailureState of={failing} />, hide: "narrow" },
    { name: words.failures.columns.attempts, numeric: true, cell: ({ attempts }) => attempts ?? words.failures.unknown, hide: "medium" },
    { name: words.failures.columns.last, cell: ({ last_at }) => last_at && <Moment at={last_at} />, hide: "medium" },
    { name: words.failures.columns.action, cell: action, hide: "narrow" },
  ];
}

/** What could not be read or parsed: what is wrong with each, and whether it is tried again. */
export function FailuresTab({ watched, say }: TabProps) {
  const { name, activity } = watched;
  const { code, text } = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(text ?? "");
  const [codes, setCodes] = useState<Record<string, number>>({});
  const refresh = useRefresh(name);
  const paused = activity === "paused";
  const list = useList<Failing>(
    ["source", name, "failing", code, text],
    async (cursor) => {
      const query = { limit: 50, cursor: cursor || undefined, code, text };
      const page = await reply(api.GET("/v1/sources/{name}/failing", { params: { path: { name }, query } }));
      setCodes(page.codes);
      return { rows: page.failing, next: page.next, total: page.total };
    },
    { every: activity === "running" || activity === "queued" ? 1500 : 8000 },
  );
  const again = useMutation({
    mutationFn: (keys?: string[]) => retry(name, keys),
    onSuccess: async () => {
      say(words.detail.retried);
      await refresh();
    },
  });
  const find = useDebouncedCallback(
    (value: string) => void navigate({ search: { tab: "failures", code, text: value || undefined }, replace: true }),
    TYPING_MS,
  );
  const narrowed = Boolean(code ?? text);
  const shown = [...new Set([...Object.keys(codes), ...(code ? [code] : [])])];
  return (
    <Section
      title={words.failures.title}
      actions={
        list.rows.length > 0 && (
          <Button
            size="xs"
            leftSection={<RotateCcw aria-hidden size={15} />}
            loading={again.isPending}
            disabled={paused}
            onClick={() => again.mutate(narrowed ? list.rows.map(({ key }) => key) : undefined)}
          >
            {narrowed ? words.failures.retryShown(list.rows.length) : words.failures.retryAll}
          </Button>
        )
      }
    >
      {again.error && <ProblemNotice problem={problemOf(again.error)} />}
      {(narrowed || shown.length > 0) && (
        <>
          <TextInput
            className={classes.find}
            label={words.failures.find}
            value={typed}
            maxLength={100}
            onChange={({ currentTarget: { value } }) => {
              setTyped(value);
              find(value);
            }}
          />
          <Choices
            name={words.failures.filters}
            current={code}
            of={[
              { value: undefined, name: words.failures.all },
              ...shown.map((value) => ({ value, name: wrong(value), count: codes[value] ?? 0 })),
            ]}
            to="/sources/s/$name"
            params={{ name }}
            search={(value) => ({ tab: "failures", code: value, text })}
          />
        </>
      )}
      <ListTable
        name={words.failures.table}
        list={list}
        columns={columns((keys) => again.mutate(keys), paused)}
        keyOf={({ key, what }) => what + key}
        empty={
          narrowed ? (
            <Empty
              title={words.failures.noneTitle}
              action={
                <Link to="/sources/s/$name" params={{ name }} search={{ tab: "failures" }}>
                  {words.failures.clear}
                </Link>
              }
            >
              {words.failures.none}
            </Empty>
          ) : (
            <Empty title={runFailed(watched) ? words.failures.runTitle : words.failures.emptyTitle}>
              {runFailed(watched) ? words.failures.run(watched.error) : words.failures.empty}
            </Empty>
          )
        }
      />
    </Section>
  );
}
