import { Status } from "../../parts/Status";
import { Moment } from "../../shell/Moment";
import { useNow } from "../../shell/now";
import { endsSoon } from "./data";

/** When something ends; a warning where that is soon. */
export function Ends({ at }: { at: string }) {
  const now = useNow();
  return endsSoon(at, now) ? (
    <Status tone="warn">
      <Moment at={at} />
    </Status>
  ) : (
    <Moment at={at} />
  );
}
