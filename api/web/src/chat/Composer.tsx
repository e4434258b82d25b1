import { ActionIcon, Textarea, VisuallyHidden } from "@mantine/core";
import { ArrowUp, Square } from "lucide-react";
import { useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref, type SubmitEvent } from "react";
import { words } from "../words/ask";
import classes from "./Composer.module.css";

/** What others may do with the field. */
export interface ComposerHandle {
  /** Puts this in the place of what stands there. */
  write: (text: string) => void;
  focus: () => void;
  blur: () => void;
  hasFocus: () => boolean;
}

interface ComposerProps {
  handle: Ref<ComposerHandle>;
  onAsk: (question: string) => void;
  onStop: () => void;
  asking: boolean;
}

export const QUESTION_LIMIT = 4000;

/** The field of the question. It keeps what is being written, so that a letter renders nothing else of the page. */
export function Composer({ handle, onAsk, onStop, asking }: ComposerProps) {
  const [value, setValue] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const question = value.trim();
  useImperativeHandle(
    handle,
    () => ({
      write: (text) => {
        setValue(text);
        if (text) requestAnimationFrame(() => field.current?.setSelectionRange(text.length, text.length));
      },
      focus: () => field.current?.focus(),
      blur: () => field.current?.blur(),
      hasFocus: () => document.activeElement === field.current,
    }),
    [],
  );

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
    <form className={classes.form} onSubmit={onSubmit} aria-label={words.composer.form}>
      <div className={classes.box}>
        <Textarea
          ref={field}
          aria-label={words.composer.field}
          aria-describedby="composer-keys"
          placeholder={words.composer.placeholder}
          variant="unstyled"
          autosize
          minRows={1}
          maxRows={8}
          maxLength={QUESTION_LIMIT}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          classNames={{ root: classes.field, input: classes.input }}
        />
        {asking ? (
          <ActionIcon key="stop" size={38} radius="md" variant="default" aria-label={words.composer.stop} onClick={onStop}>
            <Square aria-hidden size={14} fill="currentColor" />
          </ActionIcon>
        ) : (
          <ActionIcon key="ask" type="submit" size={38} radius="md" aria-label={words.composer.ask} disabled={!question}>
            <ArrowUp aria-hidden size={19} strokeWidth={2.4} />
          </ActionIcon>
        )}
      </div>
      <p className={classes.keys}>
        <kbd>{words.composer.enter}</kbd> {words.composer.toAsk} <kbd>{words.composer.shift}</kbd>+
        <kbd>{words.composer.enter}</kbd> {words.composer.forLine}
      </p>
      <VisuallyHidden id="composer-keys">{words.composer.keys}</VisuallyHidden>
    </form>
  );
}
