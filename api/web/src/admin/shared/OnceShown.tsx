import { Button, CopyButton } from "@mantine/core";
import { Check, Copy, KeyRound } from "lucide-react";
import { words } from "../../words/admin";
import classes from "./OnceShown.module.css";

/** A secret that is shown this once, to be copied. */
export function OnceShown({ title, value, onDone }: { title: string; value: string; onDone: () => void }) {
  return (
    <section className={classes.box} aria-label={title}>
      <KeyRound aria-hidden size={18} />
      <div>
        <p className={classes.title}>{title}</p>
        <p>{words.once.hint}</p>
        <code className={classes.value}>{value}</code>
        <div className={classes.buttons}>
          <CopyButton value={value}>
            {({ copied, copy }) => (
              <Button
                size="compact-sm"
                leftSection={copied ? <Check aria-hidden size={15} /> : <Copy aria-hidden size={15} />}
                onClick={copy}
              >
                {copied ? words.once.copied : words.once.copy}
              </Button>
            )}
          </CopyButton>
          <Button size="compact-sm" variant="default" onClick={onDone}>
            {words.once.done}
          </Button>
        </div>
      </div>
    </section>
  );
}
