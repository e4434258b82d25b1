import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { problemOf } from "../api/http";
import type { Problem } from "../api/types";
import { ProblemNotice } from "../parts/ProblemNotice";
import { Status } from "../parts/Status";
import { words } from "../words/sources";
import classes from "./CheckSteps.module.css";
import type { Step } from "./types";

export type Trying<T> = (onStep: (step: Step) => void, signal: AbortSignal) => Promise<T>;

export interface Checking<T> {
  steps: Step[];
  running: boolean;
  problem: Problem | null;
  ended: T | null;
  begin: () => void;
  cancel: () => void;
}

/** Tries a connection, and holds what each step found. */
export function useChecking<T>(work: Trying<T>, onEnd?: (ended: T) => void, onProblem?: (problem: Problem) => void): Checking<T> {
  const [steps, setSteps] = useState<Step[]>([]);
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [ended, setEnded] = useState<T | null>(null);
  const control = useRef<AbortController>(null);
  useEffect(() => () => control.current?.abort(), []);
  const begin = () => {
    control.current?.abort();
    const mine = new AbortController();
    control.current = mine;
    setSteps([]);
    setProblem(null);
    setEnded(null);
    setRunning(true);
    work((step) => setSteps((before) => [...before, step]), mine.signal)
      .then((came) => {
        setEnded(came);
        onEnd?.(came);
      })
      .catch((error: unknown) => {
        if (mine.signal.aborted) return;
        const found = problemOf(error);
        setProblem(found);
        onProblem?.(found);
      })
      .finally(() => {
        if (control.current === mine) setRunning(false);
      });
  };
  return { steps, running, problem, ended, begin, cancel: () => control.current?.abort() };
}

/** What each step of a check found, as they come. */
export function CheckSteps<T extends { ok: boolean }>({ of }: { of: Checking<T> }) {
  const { steps, running, problem, ended, begin, cancel } = of;
  return (
    <div className={classes.check}>
      <ol className={classes.steps} aria-label={words.check.title}>
        {steps.map((step) => (
          <li key={step.name} data-ok={step.ok}>
            <Status tone={step.ok ? "good" : "bad"}>{step.ok ? words.check.ok : words.check.failed}</Status>
            <div>
              <strong>{words.check.steps[step.name] ?? step.name}</strong>
              <p>{step.detail}</p>
              {!step.ok && step.hint && <p className={classes.hint}>{step.hint}</p>}
            </div>
          </li>
        ))}
        {running && (
          <li>
            <Status tone="busy">{words.check.running}</Status>
          </li>
        )}
      </ol>
      {problem && <ProblemNotice problem={problem} />}
      <p role="status" className={classes.outcome}>
        {ended && (ended.ok ? words.check.passed : words.check.broken)}
      </p>
      {running ? (
        <Button variant="default" size="xs" onClick={cancel}>
          {words.check.cancel}
        </Button>
      ) : (
        <Button variant="default" size="xs" onClick={begin}>
          {steps.length > 0 || problem ? words.check.again : words.settings.check}
        </Button>
      )}
    </div>
  );
}
