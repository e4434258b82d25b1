import { memo } from "react";
import { words } from "../words/ask";
import { AnswerBody } from "./AnswerBody";
import { AnswerFacts } from "./AnswerFacts";
import { AnswerSources } from "./AnswerSources";
import { useChat } from "./ChatContext";
import type { Turn } from "./conversation";
import { Disagreements } from "./Disagreements";
import { FollowUps } from "./FollowUps";
import { ModelNote } from "./ModelNote";
import { NoEvidence } from "./NoEvidence";
import { PrintedQuotes } from "./PrintedQuotes";
import { ProblemNotice } from "../parts/ProblemNotice";
import { Stages } from "./Stages";
import { TurnActions } from "./TurnActions";
import classes from "./TurnView.module.css";

interface TurnViewProps {
  turn: Turn;
  /** The citation of it that the source panel shows, by its own number. */
  shown?: number | null;
  /** Whether no other turn follows. */
  last?: boolean;
}

function Outcome({ turn, shown }: { turn: Turn; shown: number | null }) {
  const { ask } = useChat();
  const { answer } = turn;
  const body = <AnswerBody turnKey={turn.key} sentences={turn.sentences} shown={shown} />;
  if (turn.phase === "asking") {
    return (
      <>
        <Stages stages={turn.stages} />
        {body}
      </>
    );
  }
  if (answer?.status === "abstained") {
    return <NoEvidence turnKey={turn.key} reason={answer.reason} nearest={answer.nearest} />;
  }
  if (answer?.status === "refused") {
    return (
      <ProblemNotice
        problem={{
          title: words.answer.refused,
          detail: answer.reason ?? undefined,
          hint: words.answer.refusedHint,
          status: 200,
        }}
      />
    );
  }
  return (
    <>
      {answer && <AnswerFacts answer={answer} />}
      {body}
      {answer && <Disagreements turnKey={turn.key} answer={answer} />}
      {answer && <ModelNote answer={answer} />}
      {answer?.reason && <p className={classes.note}>{answer.reason}</p>}
      {turn.phase === "stopped" && <p className={classes.stopped}>{words.answer.stopped(turn.sentences.length)}</p>}
      {turn.problem && <ProblemNotice problem={turn.problem} onRetry={() => ask(turn.question, turn.key)} />}
      {answer && (
        <>
          <AnswerSources turnKey={turn.key} sentences={turn.sentences} sources={answer.sources} />
          <PrintedQuotes answer={answer} />
        </>
      )}
    </>
  );
}

/** A question with its answer, or with what stands in the place of one. Rendered again only when it changes itself. */
export const TurnView = memo(function TurnView({ turn, shown = null, last = false }: TurnViewProps) {
  return (
    <article className={classes.turn} data-phase={turn.phase} data-turn={turn.key} aria-busy={turn.phase === "asking"}>
      <h2 className={classes.question}>{turn.question}</h2>
      {turn.answer?.searched && <p className={classes.understood}>{words.answer.understood(turn.answer.searched)}</p>}
      <Outcome turn={turn} shown={shown} />
      {turn.phase !== "asking" && <TurnActions turn={turn} />}
      {last && turn.answer?.status === "answered" && <FollowUps answerId={turn.answer.answer_id} />}
    </article>
  );
});
