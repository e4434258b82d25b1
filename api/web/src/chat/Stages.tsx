import { Check } from "lucide-react";
import type { Stage } from "../api/types";
import { words } from "../words/ask";
import classes from "./Stages.module.css";

/** What is happening while the reader waits. The last stage reported is the one under way. */
export function Stages({ stages }: { stages: Stage[] }) {
  const shown: Stage[] = stages.length > 0 ? stages : [{ stage: "searching", detail: "", count: null }];
  return (
    <ol className={classes.stages} aria-label={words.progress.name}>
      {shown.map((stage, index) => {
        const under = index === shown.length - 1;
        return (
          <li key={stage.stage} data-current={under || undefined}>
            <span className={classes.sign} aria-hidden>
              {under ? <span className={classes.pulse} /> : <Check size={14} strokeWidth={2.6} />}
            </span>
            <span>
              {stage.detail || words.progress.stage(stage.stage, under)}
              {stage.count !== null && !stage.detail && ` (${stage.count})`}
              {under && "…"}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
