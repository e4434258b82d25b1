import type { Citation, Sentence } from "../api/types";

export type StateOfCitation = "verified" | "partial" | "changed" | "gone" | "revoked";

export const CITATION_STATES: readonly StateOfCitation[] = ["verified", "partial", "changed", "gone", "revoked"];

export type Withheld = "gone" | "revoked";

/** Why a sentence has no text: its document has gone, or its reader may not know whether it has. */
export function withheldOf({ withheld }: Pick<Sentence, "withheld">): Withheld {
  return withheld === "document gone" ? "gone" : "revoked";
}

/** What holds of the citations of a sentence that share a number. No sentence is shown unless it was verified; where
 * passages of several documents carry it only together, each of them carries a part. */
export function stateOf(group: readonly Citation[], all: readonly Citation[]): StateOfCitation {
  if (group.some((citation) => !citation.current)) return "changed";
  return all.length > group.length ? "partial" : "verified";
}

/** What holds of a source over the whole answer: the worst is said, and "in part" only where it never stands alone. */
export function stateOfSource(sentences: readonly Sentence[], n: number): StateOfCitation {
  const states = sentences
    .filter(({ citations }) => citations.some((citation) => citation.n === n))
    .map(({ citations }) =>
      stateOf(
        citations.filter((citation) => citation.n === n),
        citations,
      ),
    );
  if (states.includes("changed")) return "changed";
  return states.length > 0 && !states.includes("verified") ? "partial" : "verified";
}
