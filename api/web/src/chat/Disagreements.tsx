import { TriangleAlert } from "lucide-react";
import { Fragment } from "react";
import type { Answer } from "../api/types";
import { Moment } from "../shell/Moment";
import { words } from "../words/ask";
import { useChat } from "./ChatContext";
import classes from "./Disagreements.module.css";

type Conflict = Answer["conflicts"][number];

function Side({ turnKey, side }: { turnKey: string; side: Conflict["sides"][number] }) {
  const { open } = useChat();
  return (
    <button
      type="button"
      className={classes.side}
      onClick={() => open({ kind: "citation", turnKey, citation: side })}
    >
      <span className={classes.quote}>{side.quote}</span>
      <span className={classes.place}>
        {side.n}. {side.document.title} · {side.document.modified_at ? words.conflicts.changed : words.conflicts.asOf}{" "}
        <Moment at={side.document.modified_at ?? side.as_of} />
      </span>
    </button>
  );
}

interface DisagreementsProps {
  turnKey: string;
  answer: Pick<Answer, "conflicts">;
}

/** Pairs of sources that say otherwise about the same thing, with their dates. */
export function Disagreements({ turnKey, answer }: DisagreementsProps) {
  return answer.conflicts.map((conflict, at) => (
    <section key={at} className={classes.box} aria-label={words.conflicts.title}>
      <h3 className={classes.title}>
        <TriangleAlert aria-hidden size={16} />
        {words.conflicts.title}
      </h3>
      {conflict.sides.map((side, place) => (
        <Fragment key={side.evidence}>
          <Side turnKey={turnKey} side={side} />
          {conflict.later === place && <p className={classes.later}>{words.conflicts.later}</p>}
        </Fragment>
      ))}
    </section>
  ));
}
