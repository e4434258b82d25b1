import { Button, Modal, Textarea } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { problemOf } from "../api/http";
import classes from "./Confirm.module.css";
import { ProblemNotice } from "./ProblemNotice";
import { words } from "../words/shell";

interface ConfirmProps {
  opened: boolean;
  title: string;
  /** What follows from it. */
  children: ReactNode;
  action: string;
  danger?: boolean;
  /** Whether it needs a reason, which `onConfirm` then gets. */
  reason?: boolean;
  onClose: () => void;
  /** Done when the promise is; what it rejects with is shown. */
  onConfirm: (reason: string) => Promise<unknown>;
}

/** Asks once more before something is changed, and says how that went. */
export function Confirm({ opened, title, children, action, danger, reason, onClose, onConfirm }: ConfirmProps) {
  const [why, setWhy] = useState("");
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () => {
    setWhy("");
    setError(null);
    onClose();
  };
  const confirm = async () => {
    setRunning(true);
    setError(null);
    try {
      await onConfirm(why.trim());
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setRunning(false);
    }
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={title}
      centered
      classNames={{ content: classes.content }}
      closeButtonProps={{ "aria-label": words.close }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        {children}
        {reason && (
          <Textarea
            mt="md"
            label={words.reason}
            description={words.reasonHint}
            required
            minLength={3}
            maxLength={500}
            autosize
            value={why}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
        )}
        {error !== null && <ProblemNotice problem={problemOf(error)} />}
        <div className={classes.buttons}>
          <Button variant="default" onClick={close}>
            {words.cancel}
          </Button>
          <Button type="submit" color={danger ? "red" : undefined} loading={running}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
