import { Status } from "../../parts/Status";
import { Ahead } from "../../shell/Ahead";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import type { Delivery, WebhookDelivery } from "../types";
import { TONES } from "./data";

const said = words.deliveries;

interface Of {
  of: Delivery | WebhookDelivery;
}

/** How far a message is; one that waits after a failure is tried again. */
export function DeliveryState({ of: { state, error } }: Of) {
  if (state === "waiting" && error) return <Status tone="warn">{said.again}</Status>;
  return <Status tone={TONES[state]}>{said.states[state]}</Status>;
}

/** What the columns say that have no room. */
export function Tries({ of }: Of) {
  return (
    <>
      <div className={`${classes.soft} ${classes.inNarrow}`}>{said.tried(of.attempts)}</div>
      <div className={`${classes.soft} ${classes.inNarrow}`}>
        {said.created} <Moment at={of.created_at} />
      </div>
      {of.next_at && (
        <div className={`${classes.soft} ${classes.inMedium}`}>
          {said.next} <Ahead at={of.next_at} />
        </div>
      )}
    </>
  );
}
