import { Button } from "@mantine/core";
import { words } from "../../words/admin";

/** Leaves what is running; nothing while nothing is. */
export function StopButton({ of }: { of: { running: boolean; stop: () => void } }) {
  if (!of.running) return null;
  return (
    <Button size="compact-sm" variant="default" onClick={of.stop}>
      {words.stop}
    </Button>
  );
}
