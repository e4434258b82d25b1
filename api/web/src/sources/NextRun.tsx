import { Ahead } from "../shell/Ahead";
import { words } from "../words/sources";
import type { Watched } from "./types";

/** When it is read next. What waits for a worker, or has one, is not told by the time that it was due. */
export function NextRun({ of: { activity, next_at } }: { of: Pick<Watched, "activity" | "next_at"> }) {
  switch (activity) {
    case "paused":
      return words.notWhilePaused;
    case "running":
      return words.now;
    case "queued":
      return words.due;
    case "stuck":
      return words.overdue;
    case "idle":
      return next_at ? <Ahead at={next_at} /> : words.onRequest;
  }
}
