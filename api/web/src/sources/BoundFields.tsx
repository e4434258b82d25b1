import { NativeSelect } from "@mantine/core";
import { words } from "../words/sources";
import { AmountFields } from "./AmountFields";
import classes from "./form/Form.module.css";
import { FRESHNESS_KINDS, type Plan } from "./types";

interface BoundFieldsProps {
  bounds: Plan["bounds"];
  faults: Record<string, string>;
  onChange: (bounds: Plan["bounds"]) => void;
}

/** How late contents, deletions and permissions may each be; or no promise. */
export function BoundFields({ bounds, faults, onChange }: BoundFieldsProps) {
  return FRESHNESS_KINDS.map((kind) => {
    const bound = bounds[kind];
    const name = words.freshness[kind];
    return (
      <div key={kind} className={classes.line}>
        <NativeSelect
          label={name}
          value={bound === null ? "none" : "bound"}
          data={[
            { value: "bound", label: words.schedule.limited },
            { value: "none", label: words.noBound },
          ]}
          onChange={({ currentTarget }) => onChange({ ...bounds, [kind]: currentTarget.value === "none" ? null : "1h" })}
        />
        {bound !== null && (
          <AmountFields
            of={name}
            label={words.schedule.atMost}
            value={bound}
            error={faults[`bounds.${kind}`]}
            onChange={(value) => onChange({ ...bounds, [kind]: value })}
          />
        )}
      </div>
    );
  });
}
