import { Info } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Note.module.css";

/** Something to know about what stands beside it. */
export function Note({ children }: { children: ReactNode }) {
  return (
    <div className={classes.note}>
      <Info aria-hidden size={16} />
      <div>{children}</div>
    </div>
  );
}
