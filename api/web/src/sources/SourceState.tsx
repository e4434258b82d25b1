import type { Tone } from "../parts/Status";
import { Status } from "../parts/Status";
import { words } from "../words/sources";
import classes from "./SourceState.module.css";
import type { Activity, Health, Watched } from "./types";

const ACTIVITY: Record<Activity, Tone> = {
  stuck: "bad",
  running: "busy",
  queued: "idle",
  idle: "good",
  paused: "paused",
};
const HEALTH: Record<Health, Tone> = {
  failing: "bad",
  breached: "bad",
  late: "warn",
  new: "idle",
  on_time: "good",
  unbound: "idle",
};

/** What goes on with it, and how it keeps its plan: a run under way does not hide an error, nor an error the run. */
export function SourceState({ of: { activity, health } }: { of: Pick<Watched, "activity" | "health"> }) {
  const calm = health === "on_time" || health === "unbound";
  return (
    <span className={classes.states}>
      {activity !== "idle" && (
        <Status tone={ACTIVITY[activity]}>
          <span data-activity={activity}>{words.state[activity]}</span>
        </Status>
      )}
      {(activity === "idle" || !calm) && (
        <Status tone={HEALTH[health]}>
          <span data-health={health}>{words.state[health]}</span>
        </Status>
      )}
    </span>
  );
}
