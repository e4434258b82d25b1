import { Status } from "../../parts/Status";
import { words } from "../../words/review";
import { toneOf } from "./outcome";

export function Outcome({ of }: { of: string }) {
  return <Status tone={toneOf(of)}>{words.outcome(of)}</Status>;
}
