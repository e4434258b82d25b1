import { useEffect, useRef } from "react";
import { words } from "../../words/sources";
import type { Config } from "../types";
import classes from "./Form.module.css";
import { SettingField } from "./SettingField";
import type { Faults, Schema } from "./schema";

interface SchemaFormProps {
  schema: Schema;
  /** Which of its settings, in this order. */
  names: readonly string[];
  value: Config;
  onChange: (value: Config) => void;
  faults: Faults;
  /** An example, to show how a setting is written. */
  sample?: Config;
  disabled?: boolean;
}

export function fieldId(path: string): string {
  return `setting-${path}`;
}

/** The settings of a source as fields: what it needs first, what has a default below. */
export function SchemaForm({ schema, names, value, onChange, faults, sample = {}, disabled }: SchemaFormProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const [first] = Object.keys(faults);
    if (first === undefined) return;
    const element = document.getElementById(fieldId(first));
    if (box.current?.contains(element)) element?.focus();
  }, [faults]);
  const shown = names.filter(
    (name) => schema.required?.includes(name) || name in sample || value[name] !== undefined || faults[name],
  );
  const others = names.filter((name) => !shown.includes(name));
  const field = (name: string) => (
    <SettingField
      key={name}
      name={name}
      path={name}
      schema={schema.properties?.[name] ?? {}}
      root={schema}
      required={schema.required?.includes(name) ?? false}
      value={value[name]}
      sample={sample[name]}
      faults={faults}
      disabled={disabled}
      onChange={(inner) => onChange(withSetting(value, name, inner))}
    />
  );
  return (
    <div ref={box} className={classes.form}>
      {shown.map(field)}
      {others.length > 0 && (
        <details className={classes.more}>
          <summary>{words.form.more}</summary>
          <div>{others.map(field)}</div>
        </details>
      )}
    </div>
  );
}

export function withSetting(value: Config, name: string, inner: unknown): Config {
  if (inner !== undefined) return { ...value, [name]: inner };
  return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
}
