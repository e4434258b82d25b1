import { useEffect, useState } from "react";
import { words } from "../../words/review";
import classes from "./Waiting.module.css";

interface WaitingProps {
  running: boolean;
  name: string;
  /** How far it is; without a total only how long it has been going on is known. */
  done?: number;
  total?: number | null;
  /** What of it is said beside the bar. */
  far?: string;
}

function useSeconds(running: boolean): number {
  const [began, setBegan] = useState<{ at: number; now: number } | null>(null);
  useEffect(() => {
    if (!running) return;
    const at = Date.now();
    const tick = () => setBegan({ at, now: Date.now() });
    const timer = window.setInterval(tick, 1000);
    return () => window.clearInterval(timer);
  }, [running]);
  return began ? Math.round((began.now - began.at) / 1000) : 0;
}

function Progress({ name, done, total, far }: Omit<WaitingProps, "running">) {
  const seconds = useSeconds(true);
  const known = total !== undefined && total !== null && total > 0 && done !== undefined;
  const said = far ?? (seconds > 0 ? words.seconds(seconds) : "");
  return (
    <div className={classes.waiting}>
      <progress aria-label={name} className={classes.bar} {...(known ? { max: total, value: done } : {})} />
      <span className={classes.said}>
        {name}
        {said && ` · ${said}`}
      </span>
    </div>
  );
}

/** Something that takes a while: how far it is, or for how long it has been going on. */
export function Waiting({ running, ...progress }: WaitingProps) {
  return running ? <Progress {...progress} /> : null;
}
