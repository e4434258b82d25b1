import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { words } from "../../words/review";
import classes from "./Step.module.css";

interface StepProps {
  title: string;
  icon: LucideIcon;
  /** How long it took; null where nobody knows. */
  seconds?: number | null;
  mark?: ReactNode;
  children: ReactNode;
}

/** A step of a trail, hanging on the line that leads through all of them. */
export function Step({ title, icon: Icon, seconds = null, mark, children }: StepProps) {
  return (
    <li className={classes.step}>
      <span className={classes.sign} aria-hidden>
        <Icon size={15} />
      </span>
      <div className={classes.head}>
        <h2>{title}</h2>
        {mark}
        {seconds !== null && <span className={classes.time}>{words.seconds(seconds)}</span>}
      </div>
      <div className={classes.body}>{children}</div>
    </li>
  );
}

/** A part of a step. */
export function Branch({ title, mark, children }: { title: ReactNode; mark?: ReactNode; children?: ReactNode }) {
  return (
    <li className={classes.branch}>
      <div className={classes.branchHead}>
        <h3>{title}</h3>
        {mark}
      </div>
      {children}
    </li>
  );
}

export function Branches({ children }: { children: ReactNode }) {
  return <ul className={classes.branches}>{children}</ul>;
}

export function Steps({ name, children }: { name: string; children: ReactNode }) {
  return (
    <ol className={classes.steps} aria-label={name}>
      {children}
    </ol>
  );
}
