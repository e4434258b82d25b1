import { words } from "../words/shell";
import { Moment } from "./Moment";
import { useNow } from "./now";
import { calendarTime } from "./time";

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
