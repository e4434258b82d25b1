import { words } from "../../words/review";
import type { TabProps } from "./AnswerPage";
import { Aftermath } from "./Aftermath";
import { ModelStep } from "./ModelStep";
import { AccessStep, QuestionStep, RetrievalStep } from "./QuestionSteps";
import { RecordsStep } from "./RecordsStep";
import { RedactionStep } from "./RedactionStep";
import { AnswerStep, DroppedStep, SentencesStep } from "./SentenceSteps";
import { Steps } from "./Step";

/** How an answer came about, step by step, each with the time that it took. */
export function TrailTab({ trail }: TabProps) {
  return (
    <Steps name={words.trail.name}>
      <QuestionStep trail={trail} />
      <AccessStep trail={trail} />
      <RetrievalStep trail={trail} />
      <RedactionStep trail={trail} />
      <ModelStep trail={trail} />
      <SentencesStep trail={trail} />
      <DroppedStep trail={trail} />
      <AnswerStep trail={trail} />
      <Aftermath trail={trail} />
      <RecordsStep trail={trail} />
    </Steps>
  );
}
