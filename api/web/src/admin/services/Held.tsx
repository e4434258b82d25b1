import { Button, NumberInput } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Confirm } from "../../parts/Confirm";
import { type Column, DataTable } from "../../parts/DataTable";
import classes from "../../parts/form.module.css";
import { Section } from "../../parts/Page";
import { words } from "../../words/admin";

interface HeldProps<Row> {
  title: string;
  /** In the place of a table without rows. */
  none: string;
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  columns: readonly Column<Row>[];
  /** What the button that gives one more is called, and does. */
  give: string;
  onGive: () => void;
  endTitle: (row: Row) => string;
  end: string;
  endHint: string;
  onEnd: (row: Row) => Promise<unknown>;
  /** Above the table. */
  children?: ReactNode;
}

/** What a program holds until a day: to be given, and to be ended one by one. */
export function Held<Row>({ title, none, rows, keyOf, columns, give, onGive, children, ...ends }: HeldProps<Row>) {
  const [ending, setEnding] = useState<Row | null>(null);
  const action: Column<Row> = {
    name: words.action,
    cell: (row) => (
      <Button size="compact-sm" variant="default" onClick={() => setEnding(row)}>
        {words.services.end}
      </Button>
    ),
  };
  return (
    <Section
      title={title}
      actions={
        <Button size="compact-sm" leftSection={<Plus aria-hidden size={15} />} onClick={onGive}>
          {give}
        </Button>
      }
    >
      {children}
      {rows.length === 0 ? (
        <p className={classes.text}>{none}</p>
      ) : (
        <DataTable name={title} rows={rows} keyOf={keyOf} columns={[...columns, action]} />
      )}
      <Confirm
        opened={ending !== null}
        title={ending === null ? ends.end : ends.endTitle(ending)}
        action={ends.end}
        danger
        onClose={() => setEnding(null)}
        onConfirm={() => (ending === null ? Promise.resolve() : ends.onEnd(ending))}
      >
        {ends.endHint}
      </Confirm>
    </Section>
  );
}

interface DaysProps {
  label: string;
  hint?: string;
  value: number;
  error?: string;
  onChange: (days: number) => void;
}

/** For how many days something is given. */
export function Days({ label, hint, value, error, onChange }: DaysProps) {
  return (
    <NumberInput
      label={label}
      description={hint}
      name="days"
      min={1}
      max={366}
      value={value}
      error={error}
      onChange={(days) => onChange(Number(days))}
    />
  );
}
