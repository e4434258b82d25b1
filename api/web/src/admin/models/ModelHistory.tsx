import { api, reply } from "../../api/client";
import { ListTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import { PersonLink } from "../people/PersonLink";
import type { ModelChange } from "../types";
import { MODELS } from "./data";

const said = words.models;

/** What changed between an entry and the one before it, in words. */
export function differences(before: ModelChange["entry"] | undefined, after: ModelChange["entry"]): string[] {
  if (!before) return [];
  const was = before as Record<string, unknown>;
  const is = after as Record<string, unknown>;
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names
    .filter((name) => JSON.stringify(was[name] ?? null) !== JSON.stringify(is[name] ?? null))
    .map((name) => said.became(name, told(was[name]), told(is[name])));
}

function Different({ before, after }: { before: ModelChange["entry"] | undefined; after: ModelChange["entry"] }) {
  const found = differences(before, after);
  return found.length === 0 ? "–" : found.map((each) => <div key={each}>{each}</div>);
}

function told(value: unknown): string {
  if (value === null || value === undefined) return said.nothing;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Who changed a model how, and why. */
export function ModelHistory({ name }: { name: string }) {
  const list = useList([...MODELS, "changes", name], async () => {
    const page = await reply(api.GET("/v1/register/changes", { params: { query: { name } } }));
    return { rows: page.changes, next: null };
  });
  const before = (change: ModelChange) => list.rows[list.rows.indexOf(change) + 1]?.entry;
  return (
    <Section title={words.history}>
      <ListTable
        name={words.history}
        list={list}
        keyOf={(change) => String(change.revision)}
        empty={null}
        columns={[
          { name: said.changeOf, heading: true, cell: (change) => said.changes[change.change] },
          {
            name: said.what,
            cell: (change) => (
              <div className={classes.long}>
                <Different before={before(change)} after={change.entry} />
              </div>
            ),
            hide: "medium",
          },
          { name: words.why, cell: (change) => <span className={classes.long}>{change.why}</span> },
          { name: words.changedBy, cell: (change) => <PersonLink email={change.changed_by} />, hide: "narrow" },
          { name: words.when, cell: (change) => <Moment at={change.changed_at} />, hide: "narrow" },
        ]}
      />
    </Section>
  );
}
