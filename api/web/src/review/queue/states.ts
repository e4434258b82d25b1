import type { Tone } from "../../parts/Status";
import type { Review } from "../types";

export const STATE_TONES: Record<Review["state"], Tone> = {
  open: "idle",
  assigned: "busy",
  labelled: "warn",
  signed_off: "good",
  withdrawn: "paused",
};

/** How much a label matters. */
export function severityTone(severity: string | null): Tone {
  if (severity === "high" || severity === "critical") return "bad";
  return severity === "low" || severity === "medium" ? "warn" : "good";
}
