import { NativeSelect, NumberInput } from "@mantine/core";
import { words } from "../words/sources";
import { amountOf, durationOf, type Unit } from "./durations";
import classes from "./AmountFields.module.css";

interface AmountFieldsProps {
  /** What it belongs to, for whoever does not see where it stands. */
  of: string;
  label: string;
  /** As a plan writes it: "15m". */
  value: string | null;
  error?: string;
  onChange: (value: string) => void;
}

const UNITS: readonly Unit[] = ["s", "m", "h", "d"];

/** A length of time: a number and its unit. */
export function AmountFields({ of, label, value, error, onChange }: AmountFieldsProps) {
  const { number, unit } = amountOf(value) ?? { number: 1, unit: "h" as const };
  return (
    <div className={classes.amount}>
      <NumberInput
        label={label}
        aria-label={`${of}: ${label}`}
        value={number}
        min={1}
        max={9999}
        allowDecimal={false}
        error={error}
        onChange={(typed) => {
          if (typeof typed === "number" && typed >= 1) onChange(durationOf({ number: typed, unit }));
        }}
      />
      <NativeSelect
        label={words.schedule.unit}
        aria-label={`${of}: ${words.schedule.unit}`}
        value={unit}
        data={UNITS.map((each) => ({ value: each, label: words.schedule.unitOf(each, number) }))}
        onChange={({ currentTarget }) =>
          onChange(durationOf({ number, unit: UNITS.find((each) => each === currentTarget.value) ?? unit }))
        }
      />
    </div>
  );
}
