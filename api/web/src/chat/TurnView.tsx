import { Button, CopyButton, UnstyledButton } from "@mantine/core";
import { Check, Copy, FileText, Pencil, RotateCcw, SearchX } from "lucide-react";
import type { Answer, AnswerSource, Passage } from "../api/types";
import { Moment } from "../shell/Moment";
import { OutOfDate } from "../shell/OutOfDate";
import { AnswerBody } from "./AnswerBody";
import { useChat } from "./ChatContext";
import { answerAsText } from "./citation-text";
import { Disagreements } from "./Disagreements";
import { count, evidenceOf, type Turn } from "./conversation";
import { tierWords, valueWords } from "./model-words";
import { ModelNote } from "./ModelNote";
import { ProblemNotice } from "./ProblemNotice";
import { Stages } from "./Stages";
import classes from "./TurnView.module.css";

function AnswerFacts({ answer }: { answer: Answer }) {
  const values = valueWords(answer.values);
  return (
    <dl className={classes.facts}>
      {answer.as_of && (
        <div>
          <dt>As of</dt>
          <dd>
            <Moment at={answer.as_of} />
          </dd>
        </div>
      )}
      <div>
        <dt>Sources</dt>
        <dd>{answer.sources.length}</dd>
      </div>
      <div>
        <dt>Model</dt>
        <dd>{answer.tier === "extractive" ? "Verbatim, no language model" : `${answer.model}, ${tierWords(answer.tier)}`}</dd>
      </div>
      {values && (
        <div>
          <dt>Redaction</dt>
          <dd>{values}</dd>
        </div>
      )}
    </dl>
  );
}

function SourceRow({ turn, source }: { turn: Turn; source: AnswerSource }) {
  const { open } = useChat();
  const citation = evidenceOf(turn.sentences, source.n)[0];
  return (
    <li>
      <UnstyledButton
        className={classes.source}
        disabled={!citation}
        onClick={() => citation && open({ kind: "citation", turnKey: turn.key, citation })}
      >
        <span className={classes.number}>{source.n}</span>
        <span className={classes.sourceText}>
          <span className={classes.sourceTitle}>{source.document.title}</span>
          <span className={classes.sourcePlace}>
            {source.document.source}
            {source.page !== null && ` · page ${source.page}`}
            {" · as of "}
            <Moment at={source.as_of} />
            {source.stale && " "}
            <OutOfDate of={source} />
          </span>
        </span>
      </UnstyledButton>
    </li>
  );
}

function NearestRow({ turnKey, passage }: { turnKey: string; passage: Passage }) {
  const { open } = useChat();
  return (
    <li>
      <UnstyledButton className={classes.source} onClick={() => open({ kind: "passage", turnKey, passage })}>
        <FileText aria-hidden size={17} className={classes.nearIcon} />
        <span className={classes.sourceText}>
          <span className={classes.sourceTitle}>{passage.document.title}</span>
          <span className={classes.excerpt}>{passage.text}</span>
          <span className={classes.sourcePlace}>
            {passage.document.source}
            {passage.page !== null && ` · page ${passage.page}`}
            {" · as of "}
            <Moment at={passage.as_of} />
            {passage.stale && " "}
            <OutOfDate of={passage} />
          </span>
        </span>
      </UnstyledButton>
    </li>
  );
}

function NoEvidence({ turn, answer }: { turn: Turn; answer: Answer }) {
  const nearest = answer.nearest;
  return (
    <div className={classes.empty} role="group" aria-label="No evidence found">
      <div className={classes.emptyHead}>
        <span className={classes.emptySign}>
          <SearchX aria-hidden size={20} />
        </span>
        <div>
          <p className={classes.emptyTitle}>No evidence found</p>
          <p>
            {answer.reason || "Nothing that you may read answers this question, so Vouch does not answer it."}
          </p>
        </div>
      </div>
      {nearest.length > 0 && (
        <>
          <h3 className={classes.listTitle}>The nearest sources you may read</h3>
          <ul className={classes.sources}>
            {nearest.map((passage) => (
              <NearestRow key={passage.rank} turnKey={turn.key} passage={passage} />
            ))}
          </ul>
        </>
      )}
      <p className={classes.tip}>
        Try the words your documents would use, name the document or the product, or ask its owner for access.
      </p>
    </div>
  );
}

function Actions({ turn }: { turn: Turn }) {
  const { ask, edit, asking } = useChat();
  return (
    <div className={classes.actions}>
      {turn.answer?.status === "answered" && (
        <CopyButton value={answerAsText(turn.answer)}>
          {({ copied, copy }) => (
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={copied ? <Check aria-hidden size={15} /> : <Copy aria-hidden size={15} />}
              onClick={copy}
            >
              {copied ? "Copied" : "Copy with citations"}
            </Button>
          )}
        </CopyButton>
      )}
      <Button
        size="compact-sm"
        variant="subtle"
        leftSection={<Pencil aria-hidden size={15} />}
        onClick={() => edit(turn.question)}
      >
        Edit question
      </Button>
      {turn.phase !== "failed" && (
        <Button
          size="compact-sm"
          variant="subtle"
          disabled={asking}
          leftSection={<RotateCcw aria-hidden size={15} />}
          onClick={() => ask(turn.question)}
        >
          Ask again
        </Button>
      )}
    </div>
  );
}

function Outcome({ turn }: { turn: Turn }) {
  const { ask } = useChat();
  const { answer } = turn;
  if (turn.phase === "asking") {
    return (
      <>
        <Stages stages={turn.stages} />
        <AnswerBody turnKey={turn.key} sentences={turn.sentences} />
      </>
    );
  }
  if (answer?.status === "abstained") return <NoEvidence turn={turn} answer={answer} />;
  if (answer?.status === "refused") {
    return (
      <ProblemNotice
        problem={{
          title: "The question was refused",
          detail: answer.reason ?? undefined,
          hint: "Ask in another way, or ask the people who run Vouch.",
          status: 200,
        }}
      />
    );
  }
  return (
    <>
      {answer && <AnswerFacts answer={answer} />}
      <AnswerBody turnKey={turn.key} sentences={turn.sentences} />
      {answer && <Disagreements turnKey={turn.key} answer={answer} />}
      {answer && <ModelNote answer={answer} />}
      {answer?.reason && <p className={classes.note}>{answer.reason}</p>}
      {turn.phase === "stopped" && (
        <p className={classes.stopped}>
          Stopped{turn.sentences.length > 0 ? ` after ${count(turn.sentences.length, "sentence")}` : ""}.
        </p>
      )}
      {turn.problem && <ProblemNotice problem={turn.problem} onRetry={() => ask(turn.question, turn.key)} />}
      {answer && answer.sources.length > 0 && (
        <div>
          <h3 className={classes.listTitle}>{count(answer.sources.length, "source")}</h3>
          <ul className={classes.sources}>
            {answer.sources.map((source) => (
              <SourceRow key={source.n} turn={turn} source={source} />
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** A question with its answer, or with what stands in the place of one. */
export function TurnView({ turn }: { turn: Turn }) {
  return (
    <article className={classes.turn} data-phase={turn.phase} aria-busy={turn.phase === "asking"}>
      <h2 className={classes.question}>{turn.question}</h2>
      {turn.answer?.searched && <p className={classes.understood}>Understood as: {turn.answer.searched}</p>}
      <div className={classes.answer}>
        <Outcome turn={turn} />
        {turn.phase !== "asking" && <Actions turn={turn} />}
      </div>
    </article>
  );
}
