import { Status } from "../../parts/Status";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import type { Person } from "../types";

const said = words.people;

/** Whether somebody is here, or since when they are disabled. */
export function Here({ person, since = false }: { person: Person; since?: boolean }) {
  if (!person.disabled_at) return <Status tone="good">{said.states.active}</Status>;
  return (
    <Status tone="paused">
      {said.states.disabled}
      {since && (
        <>
          , <Moment at={person.disabled_at} />
        </>
      )}
    </Status>
  );
}
