import { Status } from "../parts/Status";
import { words } from "../words/sources";
import classes from "./FailureState.module.css";
import { Ahead } from "../shell/Ahead";
import type { Failing } from "./types";

/** Whether it is tried again: now, later by itself, or only once it changes or somebody asks. */
export function FailureState({ of: { state, next_at } }: { of: Pick<Failing, "state" | "next_at"> }) {
  if (state === "retrying") {
    return (
      <span className={classes.state}>
        <Status tone="busy">{words.failures.state.retrying}</Status>
        <small>{words.failures.earlier}</small>
      </span>
    );
  }
  if (state === "stopped") return <Status tone="paused">{words.failures.state.stopped}</Status>;
  return (
    <span className={classes.state}>
      <Status tone="idle">{words.failures.state.waiting}</Status>
      <small>
        {next_at && (
          <>
            {words.failures.waitingUntil} <Ahead at={next_at} />
          </>
        )}
      </small>
    </span>
  );
}
