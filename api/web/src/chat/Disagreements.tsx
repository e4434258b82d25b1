import { TriangleAlert } from "lucide-react";
import type { Answer } from "../api/types";
import { calendarTime } from "../shell/time";
import { words } from "../words/ask";
import { useChat } from "./ChatContext";
import { tableLines } from "./citation-text";
import classes from "./Disagreements.module.css";
import { RowsTable } from "./RowsTable";

type Conflict = Answer["conflicts"][number];

function Quote({ text }: { text: string }) {
  const [header, ...rows] = tableLines(text) ?? [];
  if (!header) return <p className={classes.quote}>{text}</p>;
  return <RowsTable header={header} rows={rows.map((cells) => ({ cells }))} />;
}

interface SideProps {
  turnKey: string;
  side: Conflict["sides"][number];
  later: boolean;
}

function Side({ turnKey, side, later }: SideProps) {
  const { open } = useChat();
  const at = side.document.modified_at ?? side.as_of;
  return (
    <div className={classes.side}>
      <Quote text={side.quote} />
      <button
        type="button"
        className={classes.place}
        onClick={() => open({ kind: "citation", turnKey, citation: side })}
      >
        {side.n}. {side.document.title} · {side.document.modified_at ? words.conflicts.changed : words.conflicts.asOf}{" "}
        <time dateTime={at}>{calendarTime(at)}</time>
      </button>
      {later && <p className={classes.later}>{words.conflicts.later}</p>}
    </div>
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
        <Side key={side.evidence} turnKey={turnKey} side={side} later={conflict.later === place} />
      ))}
    </section>
  ));
}
