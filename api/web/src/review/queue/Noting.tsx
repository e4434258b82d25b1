import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useAct } from "../../parts/useAct";
import { words } from "../../words/review";
import type { Review } from "../types";
import { note } from "./data";
import classes from "./queue.module.css";

const said = words.review;

/** A note, as often as one is needed. */
export function Noting({ review }: { review: Review }) {
  const { run, running, problem } = useAct();
  const [text, setText] = useState("");
  if (review.state === "withdrawn") return null;
  return (
    <section className={classes.panel} aria-label={said.note}>
      <h2>{said.note}</h2>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void run(() => note(review, text.trim()), said.noted, ["review", "queue"]).then((made) => {
            if (made) setText("");
          });
        }}
      >
        <Textarea
          label={said.note}
          description={said.noteHint}
          autosize
          minRows={2}
          required
          error={problem}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div className={classes.row}>
          <Button type="submit" variant="default" loading={running}>
            {said.addNote}
          </Button>
        </div>
      </form>
    </section>
  );
}
