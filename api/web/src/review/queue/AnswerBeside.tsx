import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Eye } from "lucide-react";
import { useState } from "react";
import { Empty, Failed, Loading } from "../../parts/States";
import { words } from "../../words/review";
import { CitationView } from "../answer/CitationView";
import { trailQuery } from "../answer/data";
import { Redacted } from "../answer/Redacted";
import { Outcome } from "../shared/Outcome";
import type { Review, Trail } from "../types";
import classes from "./queue.module.css";

const said = words.review;

function Whole({ trail }: { trail: Trail }) {
  return (
    <>
      <h3 className={classes.question}>{trail.question ?? words.answers.erased}</h3>
      {trail.status && (
        <p className={classes.row}>
          <Outcome of={trail.status} /> {trail.reason && words.trail.reasonOf(trail.reason)}
        </p>
      )}
      <Redacted sentences={trail.sentences} className={classes.tokens} />
      <ol className={classes.sentences}>
        {trail.sentences.map((sentence) => (
          <li key={sentence.index}>
            <p className={classes.said}>{sentence.text ?? words.trail.erasedText}</p>
            <ul className={classes.citations}>
              {sentence.citations.map((citation) => (
                <CitationView key={citation.number} answerId={trail.answer_id} citation={citation} />
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </>
  );
}

function Opened({ answerId }: { answerId: string }) {
  const trail = useQuery(trailQuery(answerId));
  if (trail.error) return <Failed error={trail.error} onRetry={() => void trail.refetch()} />;
  return trail.data ? <Whole trail={trail.data} /> : <Loading />;
}

/** The answer that is reviewed. It is opened at a press, as each look at it is a record. */
export function AnswerBeside({ review }: { review: Review }) {
  const [opened, setOpened] = useState(false);
  return (
    <section className={classes.panel} aria-label={said.answer}>
      <h2>{said.answer}</h2>
      {review.about === null ? (
        <Empty title={said.gone} />
      ) : opened ? (
        <Opened answerId={review.answer_id} />
      ) : (
        <>
          <p>{said.answerAudited}</p>
          <div className={classes.row}>
            <Button leftSection={<Eye aria-hidden size={15} />} onClick={() => setOpened(true)}>
              {said.openAnswer}
            </Button>
          </div>
        </>
      )}
      <Link to="/review/answers/$answerId" params={{ answerId: review.answer_id }} className={classes.link}>
        {said.trail}
      </Link>
    </section>
  );
}
