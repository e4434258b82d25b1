import { Progress } from "@mantine/core";
import { useState } from "react";
import { Status } from "../parts/Status";
import { useNow } from "../shell/now";
import { words } from "../words/sources";
import { spanText } from "./durations";
import classes from "./LiveProgress.module.css";
import { farOf, kept, sampleOf, type Far, type Sample } from "./progress";
import type { Watched } from "./types";

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

function useFar(source: Watched, seenAt: number): Far {
  const [samples, setSamples] = useState<Sample[]>([]);
  const sample = sampleOf(source, seenAt);
  const last = samples.at(-1);
  // Each look at the server is one sample of how far it is.
  if (sample && (last?.at !== sample.at || last.key !== sample.key)) setSamples(kept(samples, sample));
  return farOf(source, samples);
}

function howFar({ phase, done, total }: Far): string {
  if (phase === "ingest") return words.progress.left(NUMBER.format(done));
  return total === null
    ? words.progress.unknown(NUMBER.format(done))
    : words.progress.of(NUMBER.format(done), NUMBER.format(total));
}

/** What goes on with a source now: how far, how fast, how long still. Waiting looks different from being stuck. */
export function LiveProgress({ of: source, seenAt }: { of: Watched; seenAt: number }) {
  const far = useFar(source, seenAt);
  const now = useNow();
  const since = source.since ? spanText((now.getTime() - new Date(source.since).getTime()) / 1000) : null;
  if (source.activity === "queued" || source.activity === "stuck") {
    return (
      <section className={classes.progress} aria-label={words.progress.name} data-stuck={source.activity === "stuck" || undefined}>
        <p className={classes.phase}>
          <Status tone={source.activity === "stuck" ? "bad" : "idle"}>{words.state[source.activity]}</Status>
          <strong>{words.task(source.task)}</strong>
          {since && <span className={classes.since}>{words.progress.since(since)}</span>}
        </p>
        <p>{source.activity === "stuck" ? words.stateHelp.stuck : words.progress.waits}</p>
      </section>
    );
  }
  if (source.activity !== "running") return null;
  return (
    <section className={classes.progress} aria-label={words.progress.name}>
      <p className={classes.phase}>
        <strong>{source.run?.state === "stopping" ? words.progress.stopping : words.doing(source.task)}</strong>
      </p>
      <Progress
        value={far.total ? Math.min(100, (far.done / far.total) * 100) : 100}
        animated={!far.total}
        striped={!far.total}
        aria-label={howFar(far)}
        size="sm"
      />
      <p className={classes.figures}>
        <span>{howFar(far)}</span>
        {far.rate !== null && <span>{words.progress.rate(NUMBER.format(far.rate))}</span>}
        <span>{far.left === null ? words.progress.noEta : words.progress.eta(spanText(far.left))}</span>
      </p>
    </section>
  );
}
