import type { ReactNode } from "react";
import classes from "./Found.module.css";

/** Between the filters and the list: what was found in all, and what can be done with it. */
export function Found({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className={classes.found}>
      <strong role="status">{text}</strong>
      {children}
    </div>
  );
}
