import { Textarea } from "@mantine/core";
import { useState } from "react";
import { words } from "../../words/sources";

interface JsonFieldProps {
  id: string;
  label: string;
  description?: string;
  error?: string;
  disabled?: boolean;
  required: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** A setting that has no field of its own shape: written as JSON. */
export function JsonField({ required, value, error, onChange, ...shared }: JsonFieldProps) {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [broken, setBroken] = useState(false);
  const edit = (typed: string) => {
    setText(typed);
    try {
      onChange(typed.trim() ? (JSON.parse(typed) as unknown) : undefined);
      setBroken(false);
    } catch {
      setBroken(true);
    }
  };
  return (
    <Textarea
      {...shared}
      withAsterisk={required}
      autosize
      minRows={2}
      spellCheck={false}
      value={text}
      error={broken ? words.form.json : error}
      onChange={({ currentTarget }) => edit(currentTarget.value)}
    />
  );
}
