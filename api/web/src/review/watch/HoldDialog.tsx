import { Button, Group, Modal, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../../parts/announcing";
import { useFields } from "../../parts/useFields";
import { api, reply } from "../../api/client";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { words } from "../../words/review";
import classes from "./watch.module.css";

const said = words.holds;
const KINDS = ["person", "document", "source", "answer"] as const;
interface Values {
  kind: (typeof KINDS)[number];
  target: string;
  why: string;
}
const EMPTY: Values = { kind: "person", target: "", why: "" };

/** Places a hold, and says what it spares besides. */
export function HoldDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const change = useChange();
  const fields = useFields<Values>(EMPTY, { target: /no one|like that/ });
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const { kind, target, why } = fields.values;
  const close = () => {
    setFailure(null);
    fields.reset(EMPTY);
    onClose();
  };
  const place = async () => {
    setRunning(true);
    setFailure(null);
    try {
      const body = { kind, target: target.trim(), why: why.trim() };
      await change(fields.attempt(() => reply(api.POST("/v1/holds", { body }))), said.placed, ["review", "holds"]);
      close();
    } catch (error) {
      setFailure(error);
    } finally {
      setRunning(false);
    }
  };
  return (
    <Modal opened={opened} onClose={close} title={said.place} centered closeButtonProps={{ "aria-label": words.close }}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void place();
        }}
      >
        <NativeSelect
          label={said.kind}
          value={kind}
          data={KINDS.map((value) => ({ value, label: said.kinds[value] }))}
          onChange={(event) => fields.set("kind", KINDS.find((each) => each === event.currentTarget.value) ?? "person")}
        />
        <TextInput label={said.target[kind]} required maxLength={1000} {...fields.text("target")} />
        <p className={classes.spared}>
          <strong>{said.spares}</strong>
          {said.spared[kind]}
        </p>
        <Textarea label={said.why} description={said.placeAbout} required minLength={3} autosize {...fields.text("why")} />
        {failure !== null && <ProblemNotice problem={problemOf(failure)} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={running}>
            {said.place}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
