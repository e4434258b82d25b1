import { CircleAlert, CircleCheck, CircleDashed, CirclePause, LoaderCircle, TriangleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Status.module.css";

export type Tone = "good" | "warn" | "bad" | "idle" | "busy" | "paused";

const SIGNS: Record<Tone, LucideIcon> = {
  good: CircleCheck,
  warn: TriangleAlert,
  bad: CircleAlert,
  idle: CircleDashed,
  busy: LoaderCircle,
  paused: CirclePause,
};

/** A state in words, with a sign of its own shape: its colour only repeats what it says. */
export function Status({ tone, children }: { tone: Tone; children: ReactNode }) {
  const Sign = SIGNS[tone];
  return (
    <span className={classes.status} data-tone={tone}>
      <Sign aria-hidden size={14} />
      {children}
    </span>
  );
}
