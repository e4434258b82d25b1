import { Checkbox, Group, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { Note } from "../../parts/Note";
import { useFields } from "../../parts/useFields";
import type { Person } from "../types";
import { PEOPLE, ROLES } from "./data";

const said = words.people;
const FRESH = { email: "", name: "", title: "", groups: [] as string[], roles: ["employee"] };

function valuesOf(person: Person | undefined): typeof FRESH {
  if (!person) return FRESH;
  return { email: person.email, name: person.name, title: person.title, groups: person.given, roles: person.roles };
}

interface PersonDialogProps {
  /** Who is changed; nobody where somebody is added. */
  person?: Person;
  opened: boolean;
  onClose: () => void;
}

/** Adds a person, or changes what one is called, is in and may do. */
export function PersonDialog({ person, opened, onClose }: PersonDialogProps) {
  const change = useChange();
  const fields = useFields(valuesOf(person), { email: /address/, groups: /group/, roles: /role|both/i });
  const [was, setWas] = useState(false);
  if (opened !== was) {
    setWas(opened);
    if (opened) fields.reset(valuesOf(person));
  }
  const { values, errors, set } = fields;
  const save = () =>
    fields.attempt(() =>
      change(
        reply(api.POST("/v1/operator/people", { body: values })),
        person ? said.changed(values.name || values.email) : said.added(values.name || values.email),
        PEOPLE,
      ),
    );
  return (
    <Confirm
      opened={opened}
      title={person ? said.change(person.name) : said.add}
      action={person ? words.save : said.add}
      onClose={onClose}
      onConfirm={save}
    >
      <div className={classes.form}>
        {person?.directory && <Note>{said.directoryHint}</Note>}
        {!person && <TextInput type="email" label={said.address} required {...fields.text("email")} />}
        <TextInput label={said.name} description={person ? undefined : said.nameHint} {...fields.text("name")} />
        <TextInput label={said.title} {...fields.text("title")} />
        <TagsInput
          label={said.groups}
          description={said.groupsHint}
          name="groups"
          value={values.groups}
          error={errors.groups}
          onChange={(groups) => set("groups", groups)}
        />
        <Checkbox.Group
          label={said.roles}
          description={said.rolesHint}
          value={values.roles}
          error={errors.roles}
          onChange={(roles) => set("roles", roles)}
        >
          <Group gap="md" mt="xs">
            {ROLES.map((role) => (
              <Checkbox
                key={role}
                value={role}
                label={said.roleNames[role]}
                disabled={role === "reviewer" && !person?.roles.includes("reviewer")}
              />
            ))}
          </Group>
        </Checkbox.Group>
      </div>
    </Confirm>
  );
}
