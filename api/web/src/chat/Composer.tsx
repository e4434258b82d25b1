import { ActionIcon, Textarea, VisuallyHidden } from "@mantine/core";
import { ArrowUp, Square } from "lucide-react";
import type { KeyboardEvent, RefObject, SubmitEvent } from "react";
import classes from "./Composer.module.css";

interface ComposerProps {
  value: string;
  onChange: (value: string) => void;
  onAsk: (question: string) => void;
  onStop: () => void;
  asking: boolean;
  inputRef: RefObject<HTMLTextAreaElement | null>;
}

export const QUESTION_LIMIT = 4000;

export function Composer({ value, onChange, onAsk, onStop, asking, inputRef }: ComposerProps) {
  const question = value.trim();

  const submit = (): void => {
    if (question && !asking) onAsk(question);
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    submit();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter that ends the composition of a word (Japanese, Chinese, Korean) belongs to the word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };

  return (
    <form className={classes.form} onSubmit={onSubmit} aria-label="Ask a question">
      <div className={classes.box}>
        <Textarea
          ref={inputRef}
          aria-label="Your question"
          aria-describedby="composer-keys"
          placeholder="Ask your documents"
          variant="unstyled"
          autosize
          minRows={1}
          maxRows={8}
          maxLength={QUESTION_LIMIT}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          classNames={{ root: classes.field, input: classes.input }}
        />
        {asking ? (
          <ActionIcon key="stop" size={38} radius="md" variant="default" aria-label="Stop" onClick={onStop}>
            <Square aria-hidden size={14} fill="currentColor" />
          </ActionIcon>
        ) : (
          <ActionIcon key="ask" type="submit" size={38} radius="md" aria-label="Ask" disabled={!question}>
            <ArrowUp aria-hidden size={19} strokeWidth={2.4} />
          </ActionIcon>
        )}
      </div>
      <p className={classes.keys}>
        <kbd>Enter</kbd> to ask, <kbd>Shift</kbd>+<kbd>Enter</kbd> for a new line
      </p>
      <VisuallyHidden id="composer-keys">Enter asks. Shift and Enter start a new line.</VisuallyHidden>
    </form>
  );
}
