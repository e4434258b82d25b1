import type { Answer } from "../api/types";
import { calendarTime, staleText } from "../shell/time";
import { words } from "../words/ask";
import { stateOfSource } from "./citation-state";
import { evidenceOf } from "./conversation";
import classes from "./PrintedQuotes.module.css";
import { usePrinting } from "../parts/usePrinting";

function Quotes({ answer }: { answer: Pick<Answer, "sources" | "sentences"> }) {
  return (
    <div className={classes.printed}>
      <h3>{words.copied.sources}</h3>
      <ol>
        {answer.sources.map((source) => (
          <li key={source.n} value={source.n}>
            <strong>{words.citation.origin(source.document.title, source.page)}</strong>{" "}
            {`(${source.document.source}/${source.document.uri}), `}
            {[
              words.copied.asOf(calendarTime(source.as_of)),
              staleText(source),
              words.citation.state[stateOfSource(answer.sentences, source.n)],
            ]
              .filter(Boolean)
              .join(", ")}
            {evidenceOf(answer.sentences, source.n).map((citation) => (
              <blockquote key={citation.evidence}>{citation.quote}</blockquote>
            ))}
          </li>
        ))}
      </ol>
    </div>
  );
}

/** On paper nothing opens: there the exact words behind every number stand below the answer. */
export function PrintedQuotes({ answer }: { answer: Pick<Answer, "sources" | "sentences"> }) {
  return usePrinting() && answer.sources.length > 0 ? <Quotes answer={answer} /> : null;
}
