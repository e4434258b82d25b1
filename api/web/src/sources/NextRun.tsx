import { Moment } from "../shell/Moment";
import { useNow } from "../shell/now";
import { calendarTime } from "../shell/time";
import { words } from "../words/sources";
import type { Watched } from "./types";

const SOON_MS = 60_000;

/** A moment that lies ahead. One that came while it was looked at is never told as past. */
export function Ahead({ at }: { at: string }) {
  const left = new Date(at).getTime() - useNow().getTime();
  if (left >= SOON_MS) return <Moment at={at} />;
  return (
    <time dateTime={at} title={calendarTime(at)}>
      {left > 0 ? words.soon : words.due}
    </time>
  );
}

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
