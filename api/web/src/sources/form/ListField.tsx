import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { words } from "../../words/sources";
import { EntryHead } from "./EntryHead";
import classes from "./Form.module.css";
import { fieldId } from "./SchemaForm";
import { blank, helpOf, labelOf, type Schema } from "./schema";
import { Group, SettingField, type SettingFieldProps } from "./SettingField";

interface ListFieldProps extends Omit<SettingFieldProps, "value"> {
  of: Schema;
  value: unknown[];
}

/** A list of entries that have settings of their own. */
export function ListField({ name, path, schema, root, of, value, sample, faults, disabled, onChange }: ListFieldProps) {
  const label = labelOf(name, schema);
  const put = (place: number, entry: unknown) => onChange(value.map((each, at) => (at === place ? entry : each)));
  const first: unknown = Array.isArray(sample) ? sample[0] : undefined;
  return (
    <Group name={label} help={helpOf(schema)} error={faults[path]}>
      {value.map((entry, place) => (
        <div key={place} className={classes.entry} role="group" aria-label={words.form.entry(label, place + 1)}>
          <EntryHead
            name={words.form.entry(label, place + 1)}
            remove={words.form.remove(label, place + 1)}
            disabled={disabled}
            onRemove={() => onChange(value.filter((_, at) => at !== place))}
          />
          <div className={classes.entryFields}>
            {Object.entries(of.properties ?? {}).map(([inner, innerSchema]) => (
              <SettingField
                key={inner}
                name={inner}
                path={`${path}.${place}.${inner}`}
                schema={innerSchema}
                root={root}
                required={of.required?.includes(inner) ?? false}
                value={(entry as Record<string, unknown>)[inner]}
                sample={(first as Record<string, unknown> | undefined)?.[inner]}
                faults={faults}
                disabled={disabled}
                onChange={(changed) => put(place, { ...(entry as object), [inner]: changed })}
              />
            ))}
          </div>
        </div>
      ))}
      <div>
        <Button
          id={fieldId(path)}
          size="compact-sm"
          variant="default"
          disabled={disabled}
          leftSection={<Plus aria-hidden size={14} />}
          onClick={() => onChange([...value, blank(of, root)])}
        >
          {words.form.add(label)}
        </Button>
      </div>
    </Group>
  );
}
