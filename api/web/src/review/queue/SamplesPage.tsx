import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Dices } from "lucide-react";
import { useState } from "react";
import { useAct } from "../../parts/useAct";
import { api, reply } from "../../api/client";
import { Address } from "../../parts/Address";
import { Code } from "../../parts/Code";
import { type Column, ListTable } from "../../parts/DataTable";
import forms from "../../parts/form.module.css";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/review";
import type { Sample } from "../types";
import { DrawDialog } from "./DrawDialog";
import classes from "./queue.module.css";

const said = words.samples;

/** Whether the same answers come with the seed. It changes nothing. */
function Repeat({ sample }: { sample: Sample }) {
  const { run, running, problem } = useAct();
  const [told, setTold] = useState("");
  if (sample.id === null) return null;
  const path = { sample_id: sample.id };
  const repeat = async () => {
    const made = await run(() => reply(api.POST("/v1/reviews/samples/{sample_id}/repeat", { params: { path } })), "");
    if (made) setTold(said.repeated(made.repeated, made.drawn, made.same_population));
  };
  return (
    <>
      <Button size="compact-xs" variant="default" loading={running} onClick={() => void repeat()}>
        {said.repeat}
      </Button>
      <div role="status">{problem ?? told}</div>
    </>
  );
}

const DAYS = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** From the first day to the last one: what begins at midnight is the day behind it. */
function days({ since, until }: Sample): string {
  return DAYS.formatRange(new Date(since), new Date(Date.parse(until) - 1));
}

function By({ sample: { standing, drawn_by } }: { sample: Sample }) {
  return <span className={classes.by}>{standing ? said.byRule(standing) : drawn_by ? <Address of={drawn_by} /> : words.unknown}</span>;
}

const COLUMNS: Column<Sample>[] = [
  {
    name: said.rule,
    heading: true,
    cell: (sample) => (
      <>
        {said.spoken(sample.rule, sample.of)}
        <div className={forms.inMedium}>
          {days(sample)}
          <div className={forms.soft}>
            <By sample={sample} />
            {sample.drawn_at && (
              <>
                , <Moment at={sample.drawn_at} />
              </>
            )}
          </div>
        </div>
        <div className={forms.inNarrow}>
          <Repeat sample={sample} />
        </div>
      </>
    ),
  },
  {
    name: said.number,
    numeric: true,
    cell: ({ id, drawn }) =>
      id && drawn > 0 ? (
        <Link to="/review/queue" search={{ sample: id }}>
          {words.number(drawn)}
        </Link>
      ) : (
        words.number(drawn)
      ),
  },
  { name: said.population, numeric: true, cell: ({ population }) => words.number(population), hide: "narrow" },
  { name: said.period, cell: days, hide: "medium" },
  {
    name: said.seed,
    cell: ({ seed }) => (seed ? <Code value={seed} characters={8} name={said.seed} /> : "–"),
    hide: "narrow",
  },
  {
    name: said.frame,
    cell: ({ frame }) => (frame ? <Code value={frame} characters={8} name={said.frame} /> : "–"),
    hide: "medium",
  },
  {
    name: said.by,
    cell: (sample) => (
      <>
        <By sample={sample} />
        {sample.drawn_at && (
          <div className={forms.soft}>
            <Moment at={sample.drawn_at} />
          </div>
        )}
      </>
    ),
    hide: "medium",
  },
  { name: said.repeat, cell: (sample) => <Repeat sample={sample} />, hide: "narrow" },
];

export function SamplesPage() {
  const [drawing, setDrawing] = useState(false);
  const list = useList<Sample>(["review", "samples"], async (cursor) => {
    const page = await reply(api.GET("/v1/reviews/samples", { params: { query: { cursor, limit: 50 } } }));
    return { rows: page.samples, next: page.next };
  });
  return (
    <Page
      title={words.pages.samples}
      about={said.about}
      actions={
        <Button leftSection={<Dices aria-hidden size={15} />} onClick={() => setDrawing(true)}>
          {said.draw}
        </Button>
      }
    >
      <ListTable
        name={words.pages.samples}
        list={list}
        columns={COLUMNS}
        keyOf={({ id, drawn_at }) => id ?? drawn_at ?? ""}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
      <DrawDialog opened={drawing} onClose={() => setDrawing(false)} />
    </Page>
  );
}
