import { Link } from "@tanstack/react-router";
import { Status } from "../../parts/Status";
import { words } from "../../words/review";
import type { PassageThen } from "../types";
import { More } from "./More";
import { Branch, Branches } from "./Step";
import classes from "./trail.module.css";

const said = words.replay;
const TONES = { matches: "good", differs: "bad", "not kept": "idle" } as const;

function Passage({ passage }: { passage: PassageThen }) {
  const { rank, title, document, score, committed, differing, copies, text, page, part } = passage;
  const place = [
    title ?? words.trail.noPlace,
    page === null ? null : words.trail.page(page),
    part === null ? null : said.field(part),
  ];
  return (
    <Branch
      title={`${rank}. ${place.filter(Boolean).join(" · ")}`}
      mark={<Status tone={TONES[committed]}>{said.committed[committed]}</Status>}
    >
      <p className={classes.soft}>
        {[
          score === null ? "" : `${words.trail.score} ${score.toFixed(3)}`,
          `${said.copies}: ${said.copyNames(copies)}`,
          differing.length > 0 ? said.differing(differing) : "",
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {text === null ? (
        <p className={classes.soft}>{said.noText}</p>
      ) : (
        <More name={said.text}>
          <blockquote className={classes.quote}>{text}</blockquote>
        </More>
      )}
      {document && (
        <Link to="/review/answers" search={{ document }} className={classes.link}>
          {words.evidence.documentAnswers}
        </Link>
      )}
    </Branch>
  );
}

/** What was retrieved, in its order, held against the log. */
export function PassagesThen({ passages }: { passages: readonly PassageThen[] }) {
  if (passages.length === 0) return <p className={classes.soft}>{said.none}</p>;
  return (
    <Branches>
      {passages.map((passage) => (
        <Passage key={passage.chunk} passage={passage} />
      ))}
    </Branches>
  );
}
