import { words } from "../../words/review";
import type { Sentence } from "../types";

/** Why there are tokens in the sentences, where there are. */
export function Redacted({ sentences, className }: { sentences: readonly Sentence[]; className?: string }) {
  const any = sentences.some(({ text, redaction }) => text !== null && redaction !== null);
  return any && <p className={className}>{words.trail.redacted}</p>;
}
