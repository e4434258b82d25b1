import { Checkbox, MultiSelect, NativeSelect, NumberInput, TagsInput, Textarea, TextInput } from "@mantine/core";
import { words } from "../../words/sources";
import type { Config } from "../types";
import classes from "./Form.module.css";
import { JsonField } from "./JsonField";
import { ListField } from "./ListField";
import { MapField } from "./MapField";
import { fieldId, withSetting } from "./SchemaForm";
import { fieldOf, helpOf, labelOf, resolved, type Faults, type Schema } from "./schema";

export interface SettingFieldProps {
  name: string;
  path: string;
  schema: Schema;
  root: Schema;
  required: boolean;
  value: unknown;
  sample?: unknown;
  faults: Faults;
  disabled?: boolean;
  /** Undefined where it is to have its default. */
  onChange: (value: unknown) => void;
}

function isShort(value: unknown): value is string | number {
  return typeof value === "number" || (typeof value === "string" && value !== "");
}

/** What stands in an empty field: what holds while it is empty, or how such a setting is written. */
function hintOf(sample: unknown, fallback: unknown): string | undefined {
  if (isShort(fallback)) return words.form.fallback(fallback);
  return isShort(sample) ? words.form.example(sample) : undefined;
}

/** One setting, as the field that its schema asks for. */
export function SettingField(props: SettingFieldProps) {
  const { name, path, root, required, value, sample, faults, disabled, onChange } = props;
  const schema = resolved(props.schema, root);
  const field = fieldOf(name, props.schema, root);
  const shared = {
    id: fieldId(path),
    label: labelOf(name, props.schema),
    description: helpOf(schema),
    error: faults[path],
    disabled,
  };
  const hint = hintOf(sample, schema.default);
  const texts = Array.isArray(value) ? value.map(String) : Array.isArray(schema.default) ? schema.default.map(String) : [];
  switch (field.kind) {
    case "text": {
      const text = {
        ...shared,
        withAsterisk: required,
        description: field.secret ? words.form.secret : shared.description,
        placeholder: hint,
        value: typeof value === "string" ? value : "",
        onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
          onChange(currentTarget.value || (required ? "" : undefined)),
        autoComplete: "off",
        spellCheck: false,
      };
      return field.long ? <Textarea {...text} autosize minRows={2} /> : <TextInput {...text} />;
    }
    case "number":
      return (
        <NumberInput
          {...shared}
          withAsterisk={required}
          value={typeof value === "number" ? value : ""}
          placeholder={hint}
          min={field.min}
          max={field.max}
          allowDecimal={!field.whole}
          onChange={(number) => onChange(typeof number === "number" ? number : undefined)}
        />
      );
    case "flag":
      return (
        <Checkbox
          {...shared}
          checked={typeof value === "boolean" ? value : schema.default === true}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <NativeSelect
          {...shared}
          withAsterisk={required}
          value={typeof value === "string" ? value : typeof schema.default === "string" ? schema.default : ""}
          data={[
            ...(required && schema.default === undefined ? [{ value: "", label: words.form.choose }] : []),
            ...field.options.map((option) => ({ value: option, label: labelOf(option) })),
          ]}
          onChange={({ currentTarget }) => onChange(currentTarget.value || undefined)}
        />
      );
    case "texts":
      return (
        <TagsInput
          {...shared}
          withAsterisk={required}
          description={[shared.description, words.form.list].filter(Boolean).join(" ")}
          value={texts}
          placeholder={texts.length === 0 && Array.isArray(sample) ? words.form.example(sample.map(String).join(", ")) : undefined}
          acceptValueOnBlur
          splitChars={[]}
          onChange={(list) => onChange(list)}
        />
      );
    case "choices":
      return <MultiSelect {...shared} withAsterisk={required} data={field.options} value={texts} onChange={(list) => onChange(list)} />;
    case "list":
      return <ListField {...props} of={field.of} value={Array.isArray(value) ? value : []} />;
    case "group":
      return (
        <Group name={shared.label} help={shared.description} error={faults[path]}>
          {Object.entries(field.of.properties ?? {}).map(([inner, innerSchema]) => (
            <SettingField
              key={inner}
              name={inner}
              path={`${path}.${inner}`}
              schema={innerSchema}
              root={root}
              required={(required || value !== undefined) && (field.of.required?.includes(inner) ?? false)}
              value={(value as Config | undefined)?.[inner]}
              sample={(sample as Config | undefined)?.[inner]}
              faults={faults}
              disabled={disabled}
              onChange={(changed) => {
                const whole = withSetting((value ?? {}) as Config, inner, changed);
                onChange(Object.keys(whole).length > 0 || required ? whole : undefined);
              }}
            />
          ))}
        </Group>
      );
    case "map":
      return <MapField {...props} of={field.of} names={field.names} value={(value ?? {}) as Config} />;
    case "json":
      return <JsonField {...shared} required={required} value={value} onChange={onChange} />;
  }
}

interface GroupProps {
  name: string;
  help?: string;
  error?: string;
  children: React.ReactNode;
}

/** Fields that belong together. */
export function Group({ name, help, error, children }: GroupProps) {
  return (
    <fieldset className={classes.group}>
      <legend>{name}</legend>
      {help && <p className={classes.help}>{help}</p>}
      {error && <p className={classes.error}>{error}</p>}
      {children}
    </fieldset>
  );
}
