import { Check } from "lucide-react";
import type { Stage, StageName } from "../api/types";
import classes from "./Stages.module.css";

const LABELS: Partial<Record<StageName, [doing: string, done: string]>> = {
  searching: ["Searching what you may read", "Searched what you may read"],
  reading: ["Reading the best passages", "Read the best passages"],
  answering: ["Choosing the sentences that answer", "Chose the sentences that answer"],
  recording: ["Recording the evidence", "Recorded the evidence"],
};

/** What is happening while the reader waits. The last stage reported is the one under way. */
export function Stages({ stages }: { stages: Stage[] }) {
  const shown: Stage[] = stages.length > 0 ? stages : [{ stage: "searching", detail: "", count: null }];
  return (
    <ol className={classes.stages} aria-label="Progress">
      {shown.map((stage, index) => {
        const under = index === shown.length - 1;
        const [doing, done] = LABELS[stage.stage] ?? [stage.stage, stage.stage];
        return (
          <li key={stage.stage} data-current={under || undefined}>
            <span className={classes.sign} aria-hidden>
              {under ? <span className={classes.pulse} /> : <Check size={14} strokeWidth={2.6} />}
            </span>
            <span>
              {stage.detail || (under ? doing : done)}
              {stage.count !== null && !stage.detail && ` (${stage.count})`}
              {under && "…"}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
