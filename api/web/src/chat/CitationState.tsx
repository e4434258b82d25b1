import { CircleCheck, Contrast, EyeOff, FileX, History, type LucideIcon } from "lucide-react";
import { words } from "../words/ask";
import type { StateOfCitation } from "./citation-state";
import classes from "./CitationState.module.css";

export const STATE_SIGNS: Record<StateOfCitation, LucideIcon> = {
  verified: CircleCheck,
  partial: Contrast,
  changed: History,
  gone: FileX,
  revoked: EyeOff,
};

/** A state in words behind its sign; `long` says what it means. */
export function CitationState({ state, long = false }: { state: StateOfCitation; long?: boolean }) {
  const Sign = STATE_SIGNS[state];
  return (
    <span className={classes.state} data-state={state} data-long={long || undefined}>
      <Sign aria-hidden size={15} />
      <span>{long ? words.citation.stateLong[state] : words.citation.state[state]}</span>
    </span>
  );
}
