import { useNow } from "./now";
import { calendarTime, relativeTime } from "./time";

/** A point in time in the reader's words, with the exact one on hover. */
export function Moment({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={calendarTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}
