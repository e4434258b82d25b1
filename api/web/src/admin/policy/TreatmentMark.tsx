import { Check, EyeOff, OctagonX, type LucideIcon } from "lucide-react";
import { words } from "../../words/admin";
import type { Treatment } from "../types";
import classes from "./Matrix.module.css";

const SIGNS: Record<Treatment, LucideIcon> = { allow: Check, redact: EyeOff, block: OctagonX };

/** What becomes of a value: a sign and the word. Nothing is said where an entry is missing. */
export function TreatmentMark({ said }: { said: string | null | undefined }) {
  if (!said) return <span className={classes.unsaid}>{words.policy.unsaid}</span>;
  const Sign = (SIGNS as Record<string, LucideIcon | undefined>)[said];
  return (
    <span className={classes.mark} data-said={said}>
      {Sign && <Sign aria-hidden size={14} />}
      {(words.policy.treatments as Record<string, string | undefined>)[said] ?? said}
    </span>
  );
}
