import { Modal, Switch } from "@mantine/core";
import classes from "./HelpDialog.module.css";

interface HelpDialogProps {
  opened: boolean;
  onClose: () => void;
  singleKeys: boolean;
  onSingleKeys: (on: boolean) => void;
}

const KEYS: [keys: string[], effect: string][] = [
  [["Enter"], "Ask the question"],
  [["Shift", "Enter"], "New line in the question"],
  [["Esc"], "Stop the answer, or close the source"],
  [["Ctrl", "K"], "Go to the question; once more for a new conversation"],
  [["1", "…", "9"], "Open a source of the latest answer"],
  [["?"], "Show this help"],
];

export function HelpDialog({ opened, onClose, singleKeys, onSingleKeys }: HelpDialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="How Vouch works"
      centered
      size="lg"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className={classes.help}>
        <p>
          Every sentence of an answer stands in a document that you may read. The number behind it opens the passage.
          Where nothing that you may read answers a question, Vouch says so instead of guessing.
        </p>
        <p>“As of” is when the source last confirmed the oldest document that the answer rests on.</p>
        <h3>Keys</h3>
        <dl>
          {KEYS.map(([keys, effect]) => (
            <div key={effect}>
              <dt>
                {keys.map((key) => (key === "…" ? <span key={key}>to</span> : <kbd key={key}>{key}</kbd>))}
              </dt>
              <dd>{effect}</dd>
            </div>
          ))}
        </dl>
        <Switch
          mt="md"
          label="Use keys without Ctrl (1 to 9 and ?)"
          checked={singleKeys}
          onChange={(event) => onSingleKeys(event.currentTarget.checked)}
        />
      </div>
    </Modal>
  );
}
