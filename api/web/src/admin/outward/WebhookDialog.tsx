import { Checkbox, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { useFields } from "../../parts/useFields";
import { eventsQuery, WEBHOOKS } from "./data";

const said = words.webhooks;
const FRESH = { name: "", url: "", events: [] as string[], sources: [] as string[], unencrypted: false };

interface WebhookDialogProps {
  opened: boolean;
  onClose: () => void;
  onMade: (secret: string) => void;
}

export function WebhookDialog({ opened, onClose, onMade }: WebhookDialogProps) {
  const change = useChange();
  const events = useQuery({ ...eventsQuery, enabled: opened });
  const fields = useFields(FRESH, { name: /name|called/, url: /address|http|host|network/i, events: /event/, sources: /source/ });
  const { values, errors, set, text } = fields;
  const add = async () => {
    const call = () => reply(api.POST("/v1/webhooks", { body: values }));
    const made = await fields.attempt(() => change(call(), said.added(values.name), WEBHOOKS));
    onMade(made.secret);
    fields.reset(FRESH);
  };
  return (
    <Confirm opened={opened} title={said.add} action={said.add} onClose={onClose} onConfirm={add}>
      <div className={classes.form}>
        <TextInput label={said.name} required {...text("name")} />
        <TextInput label={said.url} description={said.urlHint} type="url" required {...text("url")} />
        <Checkbox
          label={said.unencrypted}
          name="unencrypted"
          checked={values.unencrypted}
          onChange={(event) => set("unencrypted", event.currentTarget.checked)}
        />
        <Checkbox.Group
          label={said.events}
          value={values.events}
          error={errors.events}
          onChange={(chosen) => set("events", chosen)}
        >
          <div className={classes.form}>
            {(events.data ?? []).map((event) => (
              <Checkbox key={event} value={event} label={event} />
            ))}
          </div>
        </Checkbox.Group>
        <TagsInput
          label={said.sources}
          description={said.sourcesHint}
          name="sources"
          value={values.sources}
          error={errors.sources}
          onChange={(sources) => set("sources", sources)}
        />
      </div>
    </Confirm>
  );
}
