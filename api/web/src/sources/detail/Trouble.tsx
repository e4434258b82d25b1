import { TriangleAlert } from "lucide-react";
import { useNow } from "../../shell/now";
import { words } from "../../words/sources";
import { againstText, spanText } from "../durations";
import { NextRun } from "../NextRun";
import type { Watched } from "../types";
import classes from "./Trouble.module.css";

/** How late it is, and since when; both as they were when it was looked at, where its age is known. */
function Outside({ of: { kind, staleness, bound, overdue_since }, never }: { of: Watched["bounds"][number]; never: string }) {
  const now = useNow();
  const known = staleness !== null && bound !== null;
  const age = known ? words.old(againstText(staleness, bound)) : never;
  const outside = known ? staleness - bound : (now.getTime() - new Date(overdue_since ?? now).getTime()) / 1000;
  return (
    <p>
      {words.freshness[kind]}: {bound === null ? age : words.ofBound(age, spanText(bound))};{" "}
      {words.overview.outside(spanText(outside))}
    </p>
  );
}

/** What is wrong with it, in the source's own words, beside whatever goes on. */
export function Trouble({ of }: { of: Watched }) {
  const { health } = of;
  const bad = health === "failing" || health === "breached" || health === "late";
  if (of.activity === "paused") {
    return (
      <div className={classes.note}>
        <p>
          {words.stateHelp.paused} {of.documents > 0 && words.detail.kept}
        </p>
        {bad && of.error && (
          <p>
            {words.detail.lastError}: {of.error}
          </p>
        )}
      </div>
    );
  }
  if (!bad) return null;
  return (
    <section className={classes.trouble} aria-label={words.detail.trouble} data-health={health}>
      <TriangleAlert aria-hidden size={18} />
      <div>
        <p className={classes.what}>{words.stateHelp[health]}</p>
        {of.error && <p>{of.error}</p>}
        {of.bounds
          .filter(({ overdue_since }) => overdue_since)
          .map((bound) => (
            <Outside key={bound.kind} of={bound} never={of.documents > 0 ? words.notThrough : words.neverRead} />
          ))}
        {of.next_at && (
          <p className={classes.next}>
            {health === "failing" ? words.detail.again : words.detail.nextAt}: <NextRun of={of} />
          </p>
        )}
      </div>
    </section>
  );
}
