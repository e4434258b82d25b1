import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../../parts/announcing";
import { useFields } from "../../parts/useFields";
import { api, reply } from "../../api/client";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { words } from "../../words/review";
import { sinceOf, untilOf } from "../search";
import { FRAME, FrameFields, frameIn, type Frame } from "./FrameFields";
import classes from "./queue.module.css";

const said = words.samples;
interface Values extends Frame {
  size: string;
  since: string;
  until: string;
}
const EMPTY: Values = { ...FRAME, size: "20", since: "", until: "" };

function bodyOf(values: Values, dry_run: boolean) {
  return {
    ...frameIn(values),
    size: Number(values.size),
    least: 0,
    most: 2000,
    since: sinceOf(values.since || undefined) ?? null,
    until: untilOf(values.until || undefined) ?? null,
    dry_run,
  };
}

/** Draws answers into the queue, after saying how many may be drawn. */
export function DrawDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const change = useChange();
  const fields = useFields<Values>(EMPTY, { size: /size|how many/i, since: /period|since|before/i, below: /support/i });
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [counted, setCounted] = useState("");
  const attempt = async (work: () => Promise<void>) => {
    setRunning(true);
    setFailure(null);
    try {
      await fields.attempt(work);
    } catch (error) {
      setFailure(error);
    } finally {
      setRunning(false);
    }
  };
  const draw = (dry: boolean) => reply(api.POST("/v1/reviews/samples", { body: bodyOf(fields.values, dry) }));
  const count = () =>
    attempt(async () => {
      const { population, drawn } = await draw(true);
      setCounted(said.counted(population, drawn));
    });
  const close = () => {
    setCounted("");
    setFailure(null);
    fields.reset(EMPTY);
    onClose();
  };
  const submit = () =>
    attempt(async () => {
      const made = await draw(false);
      await change(Promise.resolve(made), said.drawn(made.drawn), ["review", "samples"], ["review", "queue"]);
      close();
    });
  return (
    <Modal opened={opened} onClose={close} title={said.draw} centered closeButtonProps={{ "aria-label": words.close }}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p className={classes.counted}>{said.drawAbout}</p>
        <FrameFields frame={fields.values} errors={fields.errors} set={<Name extends keyof Frame>(name: Name, value: Frame[Name]) => fields.set(name, value as Values[Name])} />
        <TextInput label={said.size} type="number" min={1} max={2000} required {...fields.text("size")} />
        <div className={classes.pair}>
          <TextInput label={said.since} type="date" {...fields.text("since")} />
          <TextInput label={said.until} type="date" {...fields.text("until")} />
        </div>
        <p className={classes.counted} role="status">
          {counted}
        </p>
        {failure !== null && <ProblemNotice problem={problemOf(failure)} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => void count()} loading={running}>
            {said.count}
          </Button>
          <Button type="submit" loading={running}>
            {said.submit}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
