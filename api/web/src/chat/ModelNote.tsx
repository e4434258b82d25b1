import { Loader, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, PenLine } from "lucide-react";
import { useId } from "react";
import { problemOf } from "../api/http";
import { trailQuery } from "../api/queries";
import type { Answer, DroppedSentence, Trail, TrailAttempt } from "../api/types";
import { words } from "../words/ask";
import { againstWords, costWords, hasModelWork, modelLine } from "./model-words";
import classes from "./ModelNote.module.css";
import { ProblemNotice } from "../parts/ProblemNotice";

const UNREADABLE = { "access revoked": words.trail.gone, instruction: words.trail.instruction };

function DroppedRow({ dropped }: { dropped: DroppedSentence }) {
  return (
    <li>
      <p className={dropped.withheld ? undefined : classes.said}>
        {dropped.withheld ? UNREADABLE[dropped.withheld] : dropped.text}
      </p>
      <p className={classes.why}>
        {(dropped.replaced ? words.trail.replaced : words.trail.dropped)(againstWords(dropped))}
      </p>
    </li>
  );
}

function AttemptView({ attempt }: { attempt: TrailAttempt }) {
  const { call } = attempt;
  const facts = [
    words.trail.tier(attempt.tier),
    attempt.version,
    call?.region ?? attempt.region,
    call ? words.trail.tokens(call.tokens.input, call.tokens.output) : "",
    costWords(call),
    call ? words.trail.seconds(call.seconds) : "",
  ];
  return (
    <li className={classes.attempt}>
      <h3 className={classes.name}>{attempt.model ? words.trail.attempt(attempt.model, attempt.ended) : words.trail.sources}</h3>
      {attempt.model && <p className={classes.facts}>{facts.filter(Boolean).join(" · ")}</p>}
      {attempt.why && <p className={classes.facts}>{attempt.why}</p>}
      {attempt.kept_back > 0 && (
        <p className={classes.facts}>{words.trail.keptBack(attempt.kept_back)}</p>
      )}
      {attempt.dropped.length > 0 && (
        <>
          <p className={classes.facts}>{words.trail.notPart}</p>
          <ul className={classes.dropped}>
            {attempt.dropped.map((dropped, index) => (
              <DroppedRow key={`${index}`} dropped={dropped} />
            ))}
          </ul>
        </>
      )}
    </li>
  );
}

function TrailView({ trail }: { trail: Trail }) {
  return (
    <ol className={classes.attempts}>
      {trail.attempts.map((attempt, index) => (
        <AttemptView key={`${index}`} attempt={attempt} />
      ))}
    </ol>
  );
}

function Details({ answerId }: { answerId: string }) {
  const trail = useQuery(trailQuery(answerId));
  if (trail.data) return <TrailView trail={trail.data} />;
  if (trail.error) {
    return <ProblemNotice problem={problemOf(trail.error)} onRetry={() => void trail.refetch()} />;
  }
  return <Loader size="sm" aria-label={words.trail.loading} />;
}

/** What a model had to do with an answer: one line, and behind it what was asked of whom and what was not shown. */
export function ModelNote({ answer }: { answer: Answer }) {
  const [opened, { toggle }] = useDisclosure(false);
  const id = useId();
  if (!hasModelWork(answer)) return null;
  return (
    <div className={classes.note}>
      <UnstyledButton className={classes.line} aria-expanded={opened} aria-controls={id} onClick={toggle}>
        <PenLine aria-hidden size={15} className={classes.sign} />
        <span>{modelLine(answer)}</span>
        <ChevronDown aria-hidden size={15} className={classes.arrow} data-open={opened || undefined} />
      </UnstyledButton>
      <div id={id} role="group" aria-label={words.trail.name} hidden={!opened}>
        {opened && <Details answerId={answer.answer_id} />}
      </div>
    </div>
  );
}
