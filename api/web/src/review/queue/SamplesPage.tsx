import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Dices } from "lucide-react";
import { useState } from "react";
import { useAct } from "../../parts/useAct";
import { api, reply } from "../../api/client";
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

/** From the first day to the last one, each in one piece. */
function Days({ since, until }: { since: string; until: string }) {
  const [first, last] = [since, until].map((iso) => iso.slice(0, 10));
  return (
    <>
      <time dateTime={since}>{first}</time> – <time dateTime={until}>{last}</time>
    </>
  );
}

const COLUMNS: Column<Sample>[] = [
  { name: said.rule, heading: true, cell: ({ rule, of }) => said.spoken(rule, of) },
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
  { name: said.period, cell: ({ since, until }) => <Days since={since} until={until} />, hide: "medium" },
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
    cell: ({ standing, drawn_by, drawn_at }) => (
      <>
        {standing ? said.byRule(standing) : (drawn_by ?? words.unknown)}
        {drawn_at && (
          <div className={forms.soft}>
            <Moment at={drawn_at} />
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
      <div className={classes.form}>
        <ListTable
          name={words.pages.samples}
          list={list}
          columns={COLUMNS}
          keyOf={({ id, drawn_at }) => id ?? drawn_at ?? ""}
          empty={<Empty title={said.none}>{said.noneHint}</Empty>}
        />
      </div>
      <DrawDialog opened={drawing} onClose={() => setDrawing(false)} />
    </Page>
  );
}
