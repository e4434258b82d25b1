import { Button } from "@mantine/core";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Failed } from "../../parts/States";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import { StopButton } from "../shared/StopButton";
import { useStoppable } from "../../parts/useStoppable";
import type { TrialRow } from "../types";
import { type Document, TREATMENTS } from "./document";
import { columnName } from "./Matrix";

const said = words.policy.stored;

interface Counted {
  of: Document;
  rows: TrialRow[];
  passages: number;
  waiting: number;
}

function Counts({ of, row }: { of: "now" | "then"; row: TrialRow }) {
  return (
    <>
      {TREATMENTS.map((each) => {
        const count = row[of][each];
        if (!count?.values) return null;
        return <div key={each}>{said.counted(words.policy.treatments[each], count.values, count.documents)}</div>;
      })}
    </>
  );
}

/** What a changed policy would do to everything that is stored: how many values, in how many documents. */
export function StoredTrial({ document }: { document: Document }) {
  const [counted, setCounted] = useState<Counted | null>(null);
  const trial = useStoppable();
  const attempt = () =>
    trial.run(async (signal) => {
      const body = { ...document, texts: [], stored: true };
      const { rows, passages, waiting } = await reply(api.POST("/v1/policy/try", { body, signal }));
      setCounted({ of: document, rows: rows.filter((row) => row.changes), passages, waiting });
    });
  const shown = counted?.of === document ? counted : null;
  return (
    <Section
      title={said.heading}
      actions={
        <div className={classes.buttons}>
          <Button size="compact-sm" variant="default" loading={trial.running} onClick={() => void attempt()}>
            {said.try}
          </Button>
          <StopButton of={trial} />
        </div>
      }
    >
      <p className={classes.soft}>{said.hint}</p>
      <div role="status">
        {trial.running && <Status tone="busy">{said.running}</Status>}
        {shown && <p>{said.looked(shown.passages, shown.waiting)}</p>}
      </div>
      {trial.failure !== null && <Failed error={trial.failure} onRetry={() => void attempt()} />}
      {shown && shown.rows.length === 0 && <p className={classes.text}>{said.same}</p>}
      {shown && shown.rows.length > 0 && (
        <DataTable
          name={said.heading}
          rows={shown.rows}
          keyOf={(row) => `${row.destination} ${row.name}`}
          columns={[
            { name: words.policy.destination, heading: true, cell: (row) => columnName(row.destination) },
            { name: words.policy.data, cell: (row) => words.policy.classes[row.name] ?? said.passages },
            { name: words.policy.before, cell: (row) => <Counts of="now" row={row} /> },
            { name: words.policy.after, cell: (row) => <Counts of="then" row={row} /> },
          ]}
        />
      )}
    </Section>
  );
}
