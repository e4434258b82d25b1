import { Textarea, TextInput } from "@mantine/core";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { useFields } from "../../parts/useFields";
import { REQUESTS } from "./data";

const said = words.requests;

/** Asks that somebody becomes a reviewer. */
export function AskDialog({ email, opened, onClose }: { email: string; opened: boolean; onClose: () => void }) {
  const change = useChange();
  const fields = useFields({ email, why: "" }, { email: /address|themselves|already|both/, why: /why/ });
  const ask = async () => {
    const { email: person, why } = fields.values;
    const body = { email: person.trim(), role: "reviewer", why: why.trim() };
    await fields.attempt(() => change(reply(api.POST("/v1/role-requests", { body })), said.wasAsked(person), REQUESTS));
    fields.reset({ email: "", why: "" });
  };
  return (
    <Confirm opened={opened} title={said.ask} action={said.askFor} onClose={onClose} onConfirm={ask}>
      <div className={classes.form}>
        <p>{said.askHint}</p>
        <TextInput type="email" label={words.people.address} required {...fields.text("email")} />
        <Textarea label={words.why} description={said.whyHint} required autosize maxLength={500} {...fields.text("why")} />
      </div>
    </Confirm>
  );
}
