import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { Plus } from "lucide-react";
import { words } from "../words/sources";
import { EntryHead } from "./form/EntryHead";
import classes from "./form/Form.module.css";
import { Group } from "./form/SettingField";
import { zoneHere, zones } from "./schedule";
import type { Blackout } from "./types";

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

interface BlackoutFieldsProps {
  windows: readonly Blackout[];
  fault?: string;
  onChange: (windows: Blackout[]) => void;
}

/** Windows of the week in which the source is left alone. */
export function BlackoutFields({ windows, fault, onChange }: BlackoutFieldsProps) {
  const put = (place: number, change: Partial<Blackout>) =>
    onChange(windows.map((each, at) => (at === place ? { ...each, ...change } : each)));
  return (
    <Group name={words.schedule.blackouts} help={words.schedule.blackoutsHelp} error={fault}>
      {windows.map(({ start, end, timezone, weekdays }, place) => (
        <div key={place} className={classes.entry} role="group" aria-label={words.schedule.window(place + 1)}>
          <EntryHead
            name={words.schedule.window(place + 1)}
            remove={words.schedule.removeWindow(place + 1)}
            onRemove={() => onChange(windows.filter((_, at) => at !== place))}
          />
          <div className={classes.line}>
            <TextInput
              type="time"
              label={words.schedule.start}
              value={start}
              onChange={({ currentTarget }) => put(place, { start: currentTarget.value })}
            />
            <TextInput
              type="time"
              label={words.schedule.end}
              value={end}
              onChange={({ currentTarget }) => put(place, { end: currentTarget.value })}
            />
            <NativeSelect
              label={words.schedule.zone}
              value={timezone}
              data={zones(timezone)}
              onChange={({ currentTarget }) => put(place, { timezone: currentTarget.value })}
            />
            <Checkbox.Group
              label={words.schedule.weekdays}
              value={weekdays}
              onChange={(days) => {
                if (days.length > 0) put(place, { weekdays: WEEKDAYS.filter((day) => days.includes(day)) });
              }}
            >
              <div className={classes.line}>
                {WEEKDAYS.map((day) => (
                  <Checkbox key={day} value={day} label={words.schedule.weekday[day]} />
                ))}
              </div>
            </Checkbox.Group>
          </div>
        </div>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Plus aria-hidden size={14} />}
          onClick={() =>
            onChange([...windows, { start: "22:00", end: "06:00", timezone: zoneHere(), weekdays: WEEKDAYS }])
          }
        >
          {words.schedule.addBlackout}
        </Button>
      </div>
    </Group>
  );
}
