import { Moment } from "../shell/Moment";
import { useNow } from "../shell/now";
import { calendarTime } from "../shell/time";
import { words as shell } from "../words/shell";

const SOON_MS = 60_000;

/** A moment that may lie ahead; `none` where there is none. */
export function When({ at, none = shell.never }: { at: string | null | undefined; none?: string }) {
  const now = useNow();
  if (!at) return none;
  const ahead = new Date(at).getTime() - now.getTime();
  if (ahead > -SOON_MS / 2 && ahead < SOON_MS) {
    return (
      <time dateTime={at} title={calendarTime(at)}>
        {ahead > 0 ? shell.soon : <Moment at={at} />}
      </time>
    );
  }
  return <Moment at={at} />;
}
