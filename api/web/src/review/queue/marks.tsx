import { Status } from "../../parts/Status";
import { words } from "../../words/review";
import type { Review } from "../types";
import { severityTone, STATE_TONES } from "./states";

export function StateMark({ of }: { of: Review["state"] }) {
  const tone = STATE_TONES[of];
  return <Status tone={tone === "busy" ? "idle" : tone}>{words.reviewState(of)}</Status>;
}

/** What a reviewer says that an answer is, with how much it matters. */
export function LabelMark({ of: { label, severity } }: { of: Pick<Review, "label" | "severity"> }) {
  if (!label) return "–";
  const grave = severity && severity !== "none" ? `, ${words.severity(severity).toLowerCase()}` : "";
  return (
    <Status tone={severityTone(severity)}>
      {words.label(label)}
      {grave}
    </Status>
  );
}
