import { Button, Chip, Textarea } from "@mantine/core";
import { useEffect, useRef, useState, type SubmitEvent } from "react";
import type { Feedback, FeedbackIn, Rating, Reason } from "../api/conversations";
import type { Problem } from "../api/types";
import { words } from "../words/ask";
import classes from "./Feedback.module.css";
import { ProblemNotice } from "../parts/ProblemNotice";

const REASONS: Record<Rating, readonly Reason[]> = {
  up: ["complete", "clear", "good_sources"],
  down: [
    "wrong",
    "out_of_date",
    "wrong_source",
    "incomplete",
    "should_have_refused",
    "not_answered",
    "unclear",
    "should_not_see",
  ],
};
const COMMENT_LIMIT = 2000;

interface FeedbackFormProps {
  given: Feedback;
  saving: boolean;
  withdrawing: boolean;
  problem: Problem | null;
  onSave: (next: FeedbackIn) => void;
  onWithdraw: () => void;
  onClose: () => void;
}

/** Why an answer was good or bad, and what else there is to say of it. */
export function FeedbackForm({ given, saving, withdrawing, problem, onSave, onWithdraw, onClose }: FeedbackFormProps) {
  const [reasons, setReasons] = useState<Reason[]>(given.reasons);
  const [comment, setComment] = useState(given.comment);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    title.current?.focus();
    title.current?.closest("form")?.scrollIntoView({ block: "nearest" });
  }, []);
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    onSave({ rating: given.rating, reasons, comment });
  };
  const { rating } = given;
  return (
    <form className={classes.form} onSubmit={save} aria-label={words.feedback[`${rating}Title`]}>
      <h3 ref={title} tabIndex={-1} className={classes.title}>
        {words.feedback[`${rating}Title`]}
      </h3>
      <p className={classes.about}>
        {words.feedback.given[rating]} {words.feedback.about}
      </p>
      <fieldset className={classes.reasons}>
        <legend>{words.feedback.reasons}</legend>
        <Chip.Group multiple value={reasons} onChange={(chosen) => setReasons(chosen)}>
          {REASONS[rating].map((reason) => (
            <Chip key={reason} value={reason} size="sm" radius="md" variant="light">
              {words.feedback.reason[reason]}
            </Chip>
          ))}
        </Chip.Group>
      </fieldset>
      <Textarea
        label={words.feedback.comment}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={COMMENT_LIMIT}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      {problem && <ProblemNotice problem={problem} />}
      <div className={classes.buttons}>
        <Button type="submit" size="sm" loading={saving}>
          {words.feedback.save}
        </Button>
        <Button size="sm" variant="default" loading={withdrawing} onClick={onWithdraw}>
          {words.feedback.withdraw}
        </Button>
        <Button size="sm" variant="subtle" onClick={onClose}>
          {words.feedback.done}
        </Button>
      </div>
    </form>
  );
}
