import { Modal, Switch } from "@mantine/core";
import { CITATION_STATES } from "../chat/citation-state";
import { CitationState } from "../chat/CitationState";
import { words } from "../words/ask";
import { words as shell } from "../words/shell";
import classes from "./HelpDialog.module.css";

interface HelpDialogProps {
  opened: boolean;
  onClose: () => void;
  singleKeys: boolean;
  onSingleKeys: (on: boolean) => void;
}

export function HelpDialog({ opened, onClose, singleKeys, onSingleKeys }: HelpDialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={words.help.title}
      centered
      size="lg"
      closeButtonProps={{ "aria-label": shell.close }}
    >
      <div className={classes.help}>
        <p>{words.help.lead}</p>
        <p>{words.help.asOf}</p>
        <h3>{words.help.statesTitle}</h3>
        <ul className={classes.states}>
          {CITATION_STATES.map((state) => (
            <li key={state}>
              <CitationState state={state} long />
            </li>
          ))}
        </ul>
        <h3>{words.help.keysTitle}</h3>
        <Switch
          mb="sm"
          label={words.help.single}
          checked={singleKeys}
          onChange={(event) => onSingleKeys(event.currentTarget.checked)}
        />
        <dl>
          {words.help.keys.map(([keys, effect]) => (
            <div key={effect}>
              <dt>
                {keys.map((key) => (key === "…" ? <span key={key}>{words.help.to}</span> : <kbd key={key}>{key}</kbd>))}
              </dt>
              <dd>{effect}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Modal>
  );
}
