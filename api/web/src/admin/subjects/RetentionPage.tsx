import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { DataTable } from "../../parts/DataTable";
import { Page, Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { Note } from "../../parts/Note";
import type { Retention } from "../types";

const said = words.retention;
const RETENTION = ["admin", "retention"] as const;

function LastRun({ last }: { last: Retention["last"] }) {
  if (!last) return <p className={classes.text}>{said.never}</p>;
  const classesOf = [...new Set([...Object.keys(last.removed), ...Object.keys(last.held)])].sort();
  return (
    <>
      <p className={classes.text}>{said.ranAt(calendarTime(last.at))}</p>
      {classesOf.length === 0 ? (
        <p className={classes.text}>{said.nothing}</p>
      ) : (
        <DataTable
          name={said.last}
          rows={classesOf}
          keyOf={(name) => name}
          columns={[
            { name: said.what, heading: true, cell: (name: string) => said.classes[name] ?? name },
            { name: words.subjects.removed, numeric: true, cell: (name: string) => words.number(last.removed[name] ?? 0) },
            { name: words.subjects.held, numeric: true, cell: (name: string) => words.number(last.held[name] ?? 0) },
          ]}
        />
      )}
    </>
  );
}

export function RetentionPage() {
  const change = useChange();
  const [running, setRunning] = useState(false);
  const retention = useQuery({ queryKey: RETENTION, queryFn: () => reply(api.GET("/v1/retention")) });
  const run = () => change(reply(api.POST("/v1/retention/run")), said.ran, RETENTION);
  const levels = Object.entries(retention.data?.by_sensitivity ?? {});
  return (
    <Page
      title={words.pages.retention}
      about={said.about}
      actions={retention.data && <Button onClick={() => setRunning(true)}>{said.run}</Button>}
    >
      {retention.isPending && <Loading />}
      {retention.error && <Failed error={retention.error} onRetry={() => void retention.refetch()} />}
      {retention.data && (
        <>
          <Note>{said.hint}</Note>
          <DataTable
            name={said.classesKept}
            rows={Object.entries(retention.data.days)}
            keyOf={([name]) => name}
            columns={[
              { name: said.what, heading: true, cell: ([name]) => said.classes[name] ?? name },
              { name: said.kept, numeric: true, cell: ([, days]) => words.models.days(days) },
            ]}
          />
          {levels.length > 0 && (
            <Section title={said.byLevel}>
              <DataTable
                name={said.byLevel}
                rows={levels}
                keyOf={([name]) => name}
                columns={[
                  {
                    name: said.level,
                    heading: true,
                    cell: ([name]) => words.levelName(name),
                  },
                  { name: said.kept, numeric: true, cell: ([, days]) => words.models.days(days) },
                ]}
              />
            </Section>
          )}
          <Section title={said.last}>
            <LastRun last={retention.data.last} />
          </Section>
        </>
      )}
      <Confirm opened={running} title={said.run} action={said.run} danger onClose={() => setRunning(false)} onConfirm={run}>
        {said.runHint}
      </Confirm>
    </Page>
  );
}
