import { Button, Group, Modal, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../../parts/announcing";
import { useFields } from "../../parts/useFields";
import { api, reply } from "../../api/client";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { words } from "../../words/review";
import { PERIODS, RULES, STRATA } from "../search";
import type { Rule } from "../types";
import { FRAME, FrameFields, frameIn, type Frame } from "./FrameFields";
import classes from "./queue.module.css";

const said = words.rules;
interface Values extends Frame {
  name: string;
  every: (typeof PERIODS)[number];
  rate: string;
  least: string;
  most: string;
  why: string;
}
const EMPTY: Values = { ...FRAME, name: "", every: "week", rate: "2", least: "10", most: "500", why: "" };

function valuesOf(rule: Rule | null): Values {
  if (!rule) return EMPTY;
  return {
    name: rule.name,
    rule: RULES.find((each) => each === rule.rule) ?? "random",
    of: rule.of,
    below: rule.below === null ? "" : String(rule.below),
    strata: STRATA.find((each) => each === rule.strata) ?? "none",
    every: PERIODS.find((each) => each === rule.every) ?? "week",
    rate: String(Math.round(rule.rate * 10_000) / 100),
    least: String(rule.least),
    most: String(rule.most),
    why: "",
  };
}

/** Lets a sample be drawn of every period. */
export function RuleDialog({ rule, onClose }: { rule: Rule | null; onClose: () => void }) {
  const change = useChange();
  const fields = useFields(valuesOf(rule), { name: /name/i, rate: /rate|part/i, least: /least/i, most: /most/i });
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const save = async () => {
    const { values } = fields;
    const body = {
      ...frameIn(values),
      every: values.every,
      rate: Number(values.rate) / 100,
      least: Number(values.least),
      most: Number(values.most),
      why: values.why.trim(),
      revision: rule?.revision ?? null,
    };
    const path = { name: values.name.trim() };
    setRunning(true);
    setFailure(null);
    try {
      const call = () => reply(api.PUT("/v1/reviews/rules/{name}", { params: { path }, body }));
      await change(fields.attempt(call), said.saved(path.name), ["review", "rules"]);
      onClose();
    } catch (error) {
      setFailure(error);
    } finally {
      setRunning(false);
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={said.setTitle(rule?.name ?? "")}
      centered
      closeButtonProps={{ "aria-label": words.close }}
    >
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextInput label={said.name} description={said.nameHint} required disabled={rule !== null} {...fields.text("name")} />
        <FrameFields frame={fields.values} errors={fields.errors} set={<Name extends keyof Frame>(name: Name, value: Frame[Name]) => fields.set(name, value as Values[Name])} />
        <NativeSelect
          label={said.every}
          value={fields.values.every}
          data={PERIODS.map((value) => ({ value, label: words.period(value) }))}
          onChange={(event) => fields.set("every", PERIODS.find((each) => each === event.currentTarget.value) ?? "week")}
        />
        <TextInput
          label={said.rate}
          description={said.rateHint}
          type="number"
          min={0}
          max={100}
          step="any"
          required
          {...fields.text("rate")}
        />
        <div className={classes.pair}>
          <TextInput label={said.least} type="number" min={0} max={2000} required {...fields.text("least")} />
          <TextInput label={said.most} type="number" min={1} max={2000} required {...fields.text("most")} />
        </div>
        <Textarea label={said.why} description={words.reasonHint} required minLength={3} autosize {...fields.text("why")} />
        {failure !== null && <ProblemNotice problem={problemOf(failure)} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={running}>
            {words.save}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
