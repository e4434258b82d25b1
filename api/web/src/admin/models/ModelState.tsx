import { Status } from "../../parts/Status";
import { useNow } from "../../shell/now";
import { words } from "../../words/admin";
import type { Model } from "../types";
import { stateOf, TONES } from "./data";

export function ModelState({ model }: { model: Model }) {
  const state = stateOf(model, useNow());
  return <Status tone={TONES[state]}>{words.models.states[state]}</Status>;
}
