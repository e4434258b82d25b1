import { UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ChevronDown, ShieldCheck } from "lucide-react";
import { useId } from "react";
import type { Answer, CountedValues } from "../api/types";
import { Moment } from "../shell/Moment";
import { words } from "../words/ask";
import classes from "./AnswerFacts.module.css";
import { valueWords } from "./model-words";

function Values({ values }: { values: readonly CountedValues[] }) {
  return (
    <>
      <p>{words.values.about}</p>
      <table>
        <caption>{words.values.name}</caption>
        <thead>
          <tr>
            <th scope="col">{words.values.kind}</th>
            <th scope="col">{words.values.restored}</th>
            <th scope="col">{words.values.kept}</th>
          </tr>
        </thead>
        <tbody>
          {values.map((each) => (
            <tr key={each.kind}>
              <th scope="row">{words.values.kindName(each.kind)}</th>
              <td>{each.restored}</td>
              <td>{each.kept}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

interface AnswerFactsProps {
  /** Without `model` nothing is said of who wrote it. */
  answer: Pick<Answer, "as_of" | "sources" | "values"> & Partial<Pick<Answer, "model" | "tier">>;
}

/** What an answer rests on, in its head: the oldest confirmation, how many sources, who wrote it, what was redacted. */
export function AnswerFacts({ answer }: AnswerFactsProps) {
  const [opened, { toggle }] = useDisclosure(false);
  const id = useId();
  const values = valueWords(answer.values);
  const { model, tier = "extractive" } = answer;
  return (
    <div className={classes.head}>
      <dl className={classes.facts}>
        {answer.as_of && (
          <div title={words.answer.asOfTitle}>
            <dt>{words.answer.asOf}</dt>
            <dd>
              <Moment at={answer.as_of} />
            </dd>
          </div>
        )}
        <div>
          <dt>{words.answer.sources}</dt>
          <dd>{answer.sources.length}</dd>
        </div>
        {model !== undefined && (
          <div>
            <dt>{words.answer.model}</dt>
            <dd>{tier === "extractive" ? words.answer.verbatim : words.answer.written(model, tier)}</dd>
          </div>
        )}
        {values && (
          <div>
            <dt>{words.answer.redaction}</dt>
            <dd>
              <UnstyledButton className={classes.badge} aria-expanded={opened} aria-controls={id} onClick={toggle}>
                <ShieldCheck aria-hidden size={13} />
                <span>{values}</span>
                <ChevronDown aria-hidden size={13} className={classes.arrow} data-open={opened || undefined} />
              </UnstyledButton>
            </dd>
          </div>
        )}
      </dl>
      {values && (
        <div id={id} className={classes.values} hidden={!opened}>
          {opened && <Values values={answer.values} />}
        </div>
      )}
    </div>
  );
}
