import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { calendarTime } from "../shell/time";
import { words } from "../words/sources";
import { AmountFields } from "./AmountFields";
import classes from "./form/Form.module.css";
import { Group } from "./form/SettingField";
import { begun, cronFault, cronText, modeOf, zones, type Mode } from "./schedule";
import own from "./TaskSchedule.module.css";
import type { Schedule, Task } from "./types";

interface TaskScheduleProps {
  task: Task;
  schedule: Schedule | null;
  fault?: string;
  /** The next times: while they are worked out those of the schedule before keep their place, unseen; none where the plan was refused. */
  upcoming?: readonly string[];
  working?: boolean;
  onChange: (schedule: Schedule | null) => void;
}

const MODES = Object.entries(words.schedule.modes).map(([value, label]) => ({ value, label }));

/** When one task of a source runs: so often, at set times, or only when asked. */
export function TaskSchedule({ task, schedule, fault, upcoming, working = false, onChange }: TaskScheduleProps) {
  const mode = modeOf(schedule);
  const [before, setBefore] = useState<Partial<Record<Mode, Schedule | null>>>({});
  const name = words.schedule.task[task];
  const choose = (next: Mode) => {
    // What was written the other way is there again when it is chosen again.
    setBefore({ ...before, [mode]: schedule });
    onChange(before[next] ?? begun(next));
  };
  const cron = schedule?.cron ?? "";
  const zone = schedule?.timezone ?? "UTC";
  const said = cronText(cron);
  return (
    <Group name={name} help={words.schedule.taskHelp[task]}>
      <div className={classes.line}>
        <NativeSelect
          label={words.schedule.how}
          aria-label={`${name}: ${words.schedule.how}`}
          value={mode}
          data={MODES}
          onChange={({ currentTarget: { value } }) => choose(value === "cron" || value === "none" ? value : "every")}
        />
        {mode === "every" && (
          <AmountFields
            of={name}
            label={words.schedule.every}
            value={schedule?.every ?? null}
            error={fault}
            onChange={(every) => onChange({ ...schedule, every })}
          />
        )}
        {mode === "cron" && (
          <>
            <TextInput
              label={words.schedule.cron}
              aria-label={`${name}: ${words.schedule.cron}`}
              value={cron}
              spellCheck={false}
              error={said === null ? cronFault(cron) : fault}
              onChange={({ currentTarget: { value } }) => onChange({ ...schedule, every: null, cron: value })}
            />
            <NativeSelect
              label={words.schedule.zone}
              aria-label={`${name}: ${words.schedule.zone}`}
              value={zone}
              data={zones(zone)}
              onChange={({ currentTarget: { value } }) => onChange({ ...schedule, timezone: value })}
            />
          </>
        )}
      </div>
      {mode === "cron" && (
        <p className={said === null ? classes.help : own.said}>
          {said === null ? words.schedule.cronHelp : `${said} (${zone})`}
        </p>
      )}
      {mode === "none" && <p className={classes.help}>{words.schedule.none}</p>}
      {(mode === "every" || (mode === "cron" && said !== null)) && (
        <div className={own.next} aria-busy={working}>
          <h3>{working ? words.schedule.reading : words.schedule.next}</h3>
          {upcoming ? (
            <ol aria-label={words.schedule.nextOf(name)}>
              {upcoming.map((at) => (
                <li key={at}>
                  <time dateTime={at}>{calendarTime(at)}</time>
                </li>
              ))}
            </ol>
          ) : (
            !working && <p className={own.none}>{words.schedule.notWorkedOut}</p>
          )}
        </div>
      )}
    </Group>
  );
}
