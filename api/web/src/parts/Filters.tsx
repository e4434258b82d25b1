import type { ReactNode } from "react";
import classes from "./Filters.module.css";

/** What narrows the list below it. */
export function Filters({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.filters} role="search" aria-label={name}>
      {children}
    </div>
  );
}
