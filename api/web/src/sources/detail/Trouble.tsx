import { TriangleAlert } from "lucide-react";
import { useNow } from "../../shell/now";
import { words } from "../../words/sources";
import { againstText, spanText } from "../durations";
import { NextRun } from "../NextRun";
import type { Watched } from "../types";
import classes from "./Trouble.module.css";

/** What is wrong with it, in the source's own words, beside whatever goes on. */
export function Trouble({ of }: { of: Watched }) {
  const now = useNow();
  if (of.activity === "paused") return <Note text={words.stateHelp.paused} />;
  const outside = of.bounds.filter(({ overdue_since }) => overdue_since);
  if (!(of.health === "failing" || of.health === "breached" || of.health === "late")) return null;
  return (
    <section className={classes.trouble} aria-label={words.detail.trouble} data-health={of.health}>
      <TriangleAlert aria-hidden size={18} />
      <div>
        <p className={classes.what}>{words.stateHelp[of.health]}</p>
        {of.error && <p>{of.error}</p>}
        {outside.map(({ kind, staleness, bound, overdue_since }) => (
          <p key={kind}>
            {words.freshness[kind]}:{" "}
            {staleness === null || bound === null
              ? words.neverRead
              : words.ofBound(againstText(staleness, bound), spanText(bound))}
            ,{" "}
            {words.overview.outside(spanText((now.getTime() - new Date(overdue_since ?? now).getTime()) / 1000))}
          </p>
        ))}
        {of.next_at && (
          <p className={classes.next}>
            {of.health === "failing" ? words.detail.again : words.detail.nextAt}: <NextRun of={of} />
          </p>
        )}
      </div>
    </section>
  );
}

function Note({ text }: { text: string }) {
  return <p className={classes.note}>{text}</p>;
}
