import { CheckCheck, MessageSquareText, MessageSquareX } from "lucide-react";
import { Code } from "../../parts/Code";
import { Facts } from "../../parts/Facts";
import { Status } from "../../parts/Status";
import { words } from "../../words/review";
import { Outcome } from "../shared/Outcome";
import type { TabProps } from "./AnswerPage";
import { CitationView } from "./CitationView";
import { textIn } from "./data";
import { Redacted } from "./Redacted";
import { Branch, Branches, Step } from "./Step";
import classes from "./trail.module.css";

const said = words.trail;
const LOGGED = { matches: "good", differs: "bad", "not kept": "idle" } as const;

/** Each sentence that was shown, with what it was held against. */
export function SentencesStep({ trail }: TabProps) {
  const commitments = new Map(
    trail.records
      .filter(({ kind }) => kind === "ask.sentence")
      .map(({ details }) => [details.index, textIn(details, "sentence")]),
  );
  return (
    <Step title={said.verification} icon={CheckCheck} seconds={trail.timings.verify ?? null}>
      {trail.threshold !== null && (
        <Facts of={[[said.threshold, words.percent(trail.threshold)]]} />
      )}
      {trail.sentences.length === 0 && <p className={classes.soft}>{said.noSentences}</p>}
      <Redacted sentences={trail.sentences} className={classes.soft} />
      <Branches>
        {trail.sentences.map((sentence) => {
          const commitment = commitments.get(sentence.index);
          return (
            <Branch
              key={sentence.index}
              title={said.sentence(sentence.index)}
              mark={commitment && <Code value={commitment} characters={8} name={said.commitment} />}
            >
              <p className={sentence.text === null ? classes.soft : classes.said}>{sentence.text ?? said.erasedText}</p>
              <ul className={classes.citations}>
                {sentence.citations.map((citation) => (
                  <CitationView key={citation.number} answerId={trail.answer_id} citation={citation} />
                ))}
              </ul>
            </Branch>
          );
        })}
      </Branches>
    </Step>
  );
}

/** What was written and not shown. */
export function DroppedStep({ trail }: TabProps) {
  const dropped = trail.attempts.flatMap((attempt) =>
    attempt.dropped.map((each) => ({ ...each, model: attempt.model })),
  );
  return (
    <Step title={said.dropped} icon={MessageSquareX}>
      <p className={classes.soft}>{dropped.length === 0 ? said.noDropped : said.droppedAbout}</p>
      <Branches>
        {dropped.map((each, index) => (
          <Branch
            key={`${index}`}
            title={said.attempt(each.model)}
            mark={
              <Status tone={each.replaced ? "idle" : "warn"}>{each.replaced ? said.replacedBy : said.dropped}</Status>
            }
          >
            <p className={each.text === null ? classes.soft : classes.said}>{each.text ?? said.erasedText}</p>
            <p className={classes.soft}>
              {[...each.against.map(words.against), said.support(words.percent(each.support))].join(" · ")}
            </p>
          </Branch>
        ))}
      </Branches>
    </Step>
  );
}

export function AnswerStep({ trail }: TabProps) {
  const outcome = trail.records.find(({ kind }) => kind === "ask.outcome")?.details ?? {};
  const response = textIn(outcome, "response");
  const { first_sentence: first, total } = trail.timings;
  return (
    <Step
      title={said.answer}
      icon={MessageSquareText}
      seconds={total ?? null}
      mark={<Status tone={LOGGED[trail.answer_as_logged]}>{said.asLogged(trail.answer_as_logged)}</Status>}
    >
      <Facts
        of={[
          [said.status, trail.status && <Outcome key="status" of={trail.status} />],
          [said.reason, trail.reason && said.reasonOf(trail.reason)],
          [said.shown, trail.sentences.length],
          [said.firstSentence, first === undefined ? null : words.seconds(first)],
          [said.response, response && <Code key="response" value={response} characters={8} name={said.response} />],
          [said.form, trail.form && said.spoken(trail.form.outcome)],
        ]}
      />
    </Step>
  );
}
