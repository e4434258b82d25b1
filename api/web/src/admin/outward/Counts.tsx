import { Link } from "@tanstack/react-router";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import { DELIVERED } from "../routes";
import classes from "../../parts/form.module.css";
import narrow from "../shared/narrow.module.css";
import { TONES } from "./data";

/** How many messages to a destination are in which state; each number leads to them. */
export function Counts({ destination, of }: { destination: string; of: Record<string, number> }) {
  const states = DELIVERED.filter((state) => (of[state] ?? 0) > 0);
  if (states.length === 0) return words.deliveries.nothing;
  return (
    <span className={classes.tags}>
      {states.map((state) => (
        <Status key={state} tone={TONES[state]}>
          <Link to="/admin/deliveries" search={{ destination, state }} className={narrow.counted}>
            {words.deliveries.counted[state](of[state] ?? 0)}
          </Link>
        </Status>
      ))}
    </span>
  );
}
