import { Button, CopyButton } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { words } from "../../words/review";

/** A button that copies a text which is too long to be shown beside it. */
export function CopyText({ value, children }: { value: string; children: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={copied ? <Check aria-hidden size={14} /> : <Copy aria-hidden size={14} />}
          onClick={copy}
        >
          {copied ? words.copied : children}
        </Button>
      )}
    </CopyButton>
  );
}
