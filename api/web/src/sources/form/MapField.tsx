import { ActionIcon, Button, NativeSelect, TagsInput, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { words } from "../../words/sources";
import type { Config } from "../types";
import classes from "./Form.module.css";
import { fieldId } from "./SchemaForm";
import { helpOf, labelOf, type Schema } from "./schema";
import { Group, type SettingFieldProps } from "./SettingField";

interface MapFieldProps extends Omit<SettingFieldProps, "value"> {
  of: Schema;
  /** The names that may be used; null for any. */
  names: string[] | null;
  value: Config;
}

/** Names with a value each: texts, or lists of texts. */
export function MapField({ name, path, schema, of, names, value, faults, disabled, onChange }: MapFieldProps) {
  const label = labelOf(name, schema);
  const lists = of.type === "array";
  const entries = Object.entries(value);
  const put = (changed: [string, unknown][]) => onChange(changed.length > 0 ? Object.fromEntries(changed) : undefined);
  const replace = (place: number, entry: [string, unknown]) =>
    put(entries.map((each, at) => (at === place ? entry : each)));
  const unused = names?.find((each) => !(each in value)) ?? "";
  return (
    <Group name={label} help={helpOf(schema)} error={faults[path]}>
      {entries.map(([key, inner], place) => (
        <div key={place} className={classes.pair} role="group" aria-label={words.form.entry(label, place + 1)}>
          {names ? (
            <NativeSelect
              label={words.form.key}
              value={key}
              data={names}
              disabled={disabled}
              onChange={({ currentTarget }) => replace(place, [currentTarget.value, inner])}
            />
          ) : (
            <TextInput
              label={words.form.key}
              value={key}
              disabled={disabled}
              error={faults[`${path}.${key}`]}
              onChange={({ currentTarget }) => replace(place, [currentTarget.value, inner])}
            />
          )}
          {lists ? (
            <TagsInput
              label={words.form.value}
              value={Array.isArray(inner) ? inner.map(String) : []}
              disabled={disabled}
              acceptValueOnBlur
              onChange={(list) => replace(place, [key, list])}
            />
          ) : (
            <TextInput
              label={words.form.value}
              value={typeof inner === "string" ? inner : ""}
              disabled={disabled}
              onChange={({ currentTarget }) => replace(place, [key, currentTarget.value])}
            />
          )}
          <ActionIcon
            variant="subtle"
            size={36}
            disabled={disabled}
            aria-label={words.form.remove(label, place + 1)}
            onClick={() => put(entries.filter((_, at) => at !== place))}
          >
            <X aria-hidden size={16} />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          id={fieldId(path)}
          size="compact-sm"
          variant="default"
          disabled={disabled ?? "" in value}
          leftSection={<Plus aria-hidden size={14} />}
          onClick={() => put([...entries, [unused, lists ? [] : ""]])}
        >
          {words.form.add(label)}
        </Button>
      </div>
    </Group>
  );
}
