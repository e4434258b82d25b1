import { ActionIcon, CopyButton } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { words } from "../words/shell";
import classes from "./Code.module.css";

/** An id or a hash, shortened to its first characters, with the whole one to copy. */
export function Code({ value, characters = 12, name }: { value: string; characters?: number; name?: string }) {
  const short = value.length > characters + 2 ? `${value.slice(0, characters)}…` : value;
  return (
    <span className={classes.code}>
      <code title={value}>{short}</code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            size={24}
            aria-label={copied ? words.copied : `${words.copy} ${name ?? short}`}
            onClick={copy}
          >
            {copied ? <Check aria-hidden size={13} /> : <Copy aria-hidden size={13} />}
          </ActionIcon>
        )}
      </CopyButton>
    </span>
  );
}
