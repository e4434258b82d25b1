import { TriangleAlert } from "lucide-react";
import type { Staleness } from "../api/types";
import classes from "./OutOfDate.module.css";
import { staleText } from "./time";

/** Says that a source is outside the bound that its owner declared for it; nothing while it is within. */
export function OutOfDate({ of }: { of: Staleness }) {
  const text = staleText(of);
  if (!text) return null;
  return (
    <span className={classes.stale}>
      <TriangleAlert aria-hidden size={13} />
      {text}
    </span>
  );
}
