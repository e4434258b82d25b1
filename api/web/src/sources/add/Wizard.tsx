import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { problemOf } from "../../api/http";
import type { Problem } from "../../api/types";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { words } from "../../words/sources";
import { addSource, isTaken, tryNew, type Tried } from "../calls";
import { CheckSteps, useChecking } from "../CheckSteps";
import classes from "../form/Form.module.css";
import { capital, faultsOf, isAccess, missing, type Faults, type Schema } from "../form/schema";
import { SchemaForm } from "../form/SchemaForm";
import { ScheduleForm } from "../ScheduleForm";
import type { Config, Plan, SourceKind } from "../types";
import { StepHeading, STEPS, type StepName } from "./StepHeading";

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,99}$/u;
const NOTHING: Faults = {};

function splitNames(schema: Schema) {
  const names = Object.keys(schema.properties ?? {});
  return { names, connection: names.filter((name) => !isAccess(name)), access: names.filter(isAccess) };
}

/** The steps after the kind: how to reach it, who may read it, trying it, when to read it, and its first reading. */
export function Wizard({ kind, onBack }: { kind: SourceKind; onBack: () => void }) {
  const schema = kind.settings as Schema;
  const { names, connection, access } = useMemo(() => splitNames(schema), [schema]);
  const [step, setStep] = useState<StepName>("settings");
  const [name, setName] = useState("");
  const [config, setConfig] = useState<Config>({});
  const [faults, setFaults] = useState<Faults>(NOTHING);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [sensitivity, setSensitivity] = useState("internal");
  const navigate = useNavigate();
  const client = useQueryClient();

  const showProblem = (problem: Problem) => {
    const found = faultsOf(problem, names);
    const [first] = Object.keys(found);
    if (first === undefined) return;
    // What is wrong is shown where it was written.
    setFaults(found);
    setStep(isAccess(first.split(".")[0] ?? "") ? "access" : "settings");
  };
  const checking = useChecking<Partial<Tried> & { ok: boolean }>(
    (onStep, signal) => tryNew({ name, kind: kind.name, config }, onStep, signal),
    (tried) => {
      if (tried.plan) setPlan(tried.plan);
    },
    showProblem,
  );
  const adding = useMutation({
    mutationFn: () => addSource({ name, kind: kind.name, config, plan: plan && { ...plan, sensitivity } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["source-watch"] });
      await navigate({ to: "/sources/s/$name", params: { name } });
    },
  });

  const checkName = async (): Promise<string | null> => {
    if (step !== "settings") return null;
    if (!name.trim()) return words.form.needed;
    if (!NAME.test(name)) return words.add.nameWrong;
    return (await isTaken(name)) ? words.add.nameTaken : null;
  };
  const forward = async () => {
    const needed = step === "settings" ? connection : step === "access" ? access : [];
    const name$ = await checkName();
    const lacks: Record<string, string> = {
      ...(name$ === null ? {} : { name$ }),
      ...missing(schema, config, needed, words.form.needed),
    };
    setFaults(lacks);
    if (Object.keys(lacks).length > 0) {
      if (lacks.name$) document.getElementById("source-name")?.focus();
      return;
    }
    const next = STEPS[STEPS.indexOf(step) + 1];
    if (!next) {
      adding.mutate();
      return;
    }
    setStep(next);
    if (next === "check") checking.begin();
  };
  const going = useMutation({ mutationFn: forward });
  const back = () => {
    checking.cancel();
    const before = STEPS[STEPS.indexOf(step) - 1];
    if (!before || before === "kind") onBack();
    else setStep(before);
  };
  const failure = adding.error ?? going.error;
  const form = (which: readonly string[]) => (
    <SchemaForm
      schema={schema}
      names={which}
      value={config}
      sample={kind.sample}
      faults={faults}
      onChange={(changed) => {
        setConfig(changed);
        setFaults(NOTHING);
      }}
    />
  );
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        going.mutate();
      }}
    >
      <StepHeading at={step} />
      {step === "settings" && (
        <div className={classes.form}>
          <TextInput
            id="source-name"
            label={words.add.name}
            description={words.add.nameHelp}
            withAsterisk
            value={name}
            maxLength={100}
            error={faults.name$}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          {form(connection)}
        </div>
      )}
      {step === "access" && (
        <div className={classes.form}>
          <p className={classes.about}>
            {capital(kind.permissions)}. {words.add.accessText}
          </p>
          {form(access)}
          <NativeSelect
            label={words.add.sensitivity}
            description={words.add.sensitivityHelp}
            value={sensitivity}
            data={Object.entries(words.add.levels).map(([value, label]) => ({ value, label }))}
            onChange={({ currentTarget }) => setSensitivity(currentTarget.value)}
          />
        </div>
      )}
      {step === "check" && (
        <>
          <p className={classes.about}>{words.add.checkText}</p>
          <CheckSteps of={checking} />
        </>
      )}
      {step === "schedule" && plan && (
        <ScheduleForm plan={plan} about={{ lists_everything: checking.ended?.lists_everything }} onChange={setPlan} />
      )}
      {failure && <ProblemNotice problem={problemOf(failure)} />}
      <div className={classes.save}>
        <Button variant="default" onClick={back}>
          {words.add.back}
        </Button>
        <Button type="submit" loading={adding.isPending || going.isPending} disabled={step === "check" && !checking.ended?.ok}>
          {step === "schedule" ? words.add.start : words.add.next}
        </Button>
      </div>
    </form>
  );
}
