import { Button } from "@mantine/core";
import { X } from "lucide-react";
import { words } from "../../words/sources";
import classes from "./Form.module.css";

interface EntryHeadProps {
  name: string;
  /** What the button is called by; it begins with what it shows. */
  remove: string;
  disabled?: boolean;
  onRemove: () => void;
}

/** The name of an entry of a list, and at its end the button that removes the whole entry. */
export function EntryHead({ name, remove, disabled, onRemove }: EntryHeadProps) {
  return (
    <div className={classes.entryHead}>
      <span>{name}</span>
      <Button
        size="compact-sm"
        variant="subtle"
        disabled={disabled}
        leftSection={<X aria-hidden size={14} />}
        aria-label={remove}
        onClick={onRemove}
      >
        {words.form.removeShort}
      </Button>
    </div>
  );
}
