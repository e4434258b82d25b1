import { Button, Menu, VisuallyHidden } from "@mantine/core";
import { Check, Copy, FileText, Hash, Pencil, Printer, RotateCcw } from "lucide-react";
import { use, useState } from "react";
import type { Answer } from "../api/types";
import { ActionMenu } from "../parts/ActionMenu";
import { words } from "../words/ask";
import { answerAsMarkdown, answerAsText } from "./answer-text";
import { AskingContext, useChat } from "./ChatContext";
import type { Turn } from "./conversation";
import { Feedback } from "./Feedback";
import classes from "./TurnActions.module.css";
import { printAlone } from "./printAlone";

const SAID_MS = 4000;

function CopyMenu({ answer }: { answer: Answer }) {
  const [said, setSaid] = useState("");
  const copy = async (text: string): Promise<void> => {
    let outcome: string = words.answer.copied;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      outcome = words.answer.notCopied;
    }
    setSaid(outcome);
    window.setTimeout(() => setSaid(""), SAID_MS);
  };
  const copied = said === words.answer.copied;
  return (
    <>
      <ActionMenu
        position="bottom-start"
        target={
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={copied ? <Check aria-hidden size={15} /> : <Copy aria-hidden size={15} />}
          >
            {words.answer.copy}
          </Button>
        }
      >
        <Menu.Item leftSection={<FileText aria-hidden size={15} />} onClick={() => void copy(answerAsText(answer))}>
          {words.answer.copyText}
        </Menu.Item>
        <Menu.Item leftSection={<Hash aria-hidden size={15} />} onClick={() => void copy(answerAsMarkdown(answer))}>
          {words.answer.copyMarkdown}
        </Menu.Item>
      </ActionMenu>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </>
  );
}

/** What can be done with a turn once it has come to its end. */
export function TurnActions({ turn }: { turn: Turn }) {
  const { ask, edit } = useChat();
  const asking = use(AskingContext);
  const { answer } = turn;
  return (
    <div className={classes.foot}>
      <div className={classes.actions} role="group" aria-label={words.answer.actions}>
        {answer?.status === "answered" && <CopyMenu answer={answer} />}
        {answer && (
          <Button
            size="compact-sm"
            variant="subtle"
            className={classes.wide}
            leftSection={<Printer aria-hidden size={15} />}
            onClick={() => printAlone(turn.key)}
          >
            {words.answer.print}
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<Pencil aria-hidden size={15} />}
          onClick={() => edit(turn.question)}
        >
          {words.answer.edit}
        </Button>
        {turn.phase !== "failed" && (
          <Button
            size="compact-sm"
            variant="subtle"
            disabled={asking}
            title={words.answer.againTitle}
            leftSection={<RotateCcw aria-hidden size={15} />}
            onClick={() => ask(turn.question)}
          >
            {words.answer.again}
          </Button>
        )}
      </div>
      {answer && <Feedback answerId={answer.answer_id} />}
    </div>
  );
}
