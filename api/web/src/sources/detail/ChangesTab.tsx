import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, reply } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/States";
import { useList } from "../../parts/useList";
import forms from "../../parts/form.module.css";
import { Moment } from "../../shell/Moment";
import { words as shell } from "../../words/shell";
import { words } from "../../words/sources";
import { kindsQuery } from "../calls";
import type { Schema } from "../form/schema";
import type { SettingChange, SourceChange } from "../types";
import classes from "./ChangesTab.module.css";
import type { TabProps } from "./DetailPage";
import { settingName, settingText, written } from "./written";

const columns = (settings?: Schema): readonly Column<SettingChange>[] => [
  { name: words.changes.columns.setting, heading: true, cell: ({ setting }) => settingName(setting, settings) },
  {
    name: words.changes.columns.before,
    cell: ({ setting, before }) => <Value of={setting} is={before} />,
    hide: "narrow",
  },
  {
    name: words.changes.columns.after,
    cell: ({ setting, before, after }) => (
      <>
        <div className={forms.inNarrow}>
          <span className={classes.was}>
            {words.changes.was} <Value of={setting} is={before} />
          </span>
        </div>
        <Value of={setting} is={after} />
      </>
    ),
  },
];

function Value({ of, is }: { of: string; is: unknown }) {
  return <span className={classes.value}>{settingText(of, is) ?? words.changes.unset}</span>;
}

function Version({ of, settings, open }: { of: SourceChange; settings?: Schema; open: boolean }) {
  const first = of.changes.every(({ before }) => before === null);
  // Of a new source also what stays empty is told.
  const told = of.changes.filter(({ before, after }) => written(before) !== written(after));
  return (
    <details className={classes.version} open={open}>
      <summary>
        <strong>{words.changes.version(of.version)}</strong>
        <span>
          <Moment at={of.changed_at} /> {words.changes.by(of.changed_by)}
        </span>
        <span>{first ? words.changes.first : words.changes.count(told.length)}</span>
      </summary>
      {told.length > 0 ? (
        <DataTable
          name={words.changes.table(of.version)}
          columns={columns(settings)}
          rows={told}
          keyOf={({ setting }) => setting}
        />
      ) : (
        <p>{words.changes.none}</p>
      )}
    </details>
  );
}

/** Who changed which setting, and when; the latest first. */
export function ChangesTab({ watched: { name, kind }, source: { version } }: TabProps) {
  const kinds = useQuery(kindsQuery);
  const settings = kinds.data?.find((each) => each.name === kind)?.settings as Schema | undefined;
  const list = useList<SourceChange>(["source", name, "changes", version], async (cursor) => {
    const query = { limit: 20, cursor: cursor || undefined };
    const page = await reply(api.GET("/v1/sources/{name}/changes", { params: { path: { name }, query } }));
    return { rows: page.changes, next: page.next };
  });
  if (list.pending) return <Loading />;
  if (list.error) return <Failed error={list.error} onRetry={list.again} />;
  return (
    <Section title={words.changes.title}>
      <p className={classes.about}>{words.changes.about}</p>
      {list.rows.length === 0 && <Empty title={words.changes.emptyTitle} />}
      {list.rows.map((each, place) => (
        <Version key={each.version} of={each} settings={settings} open={place === 0} />
      ))}
      {list.hasMore && (
        <Button size="compact-sm" variant="default" loading={list.loadingMore} onClick={list.more}>
          {shell.more}
        </Button>
      )}
    </Section>
  );
}
