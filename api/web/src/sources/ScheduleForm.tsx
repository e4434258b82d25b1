import { NativeSelect, NumberInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { problemOf } from "../api/http";
import { ProblemNotice } from "../parts/ProblemNotice";
import { words } from "../words/sources";
import { BlackoutFields } from "./BlackoutFields";
import { BoundFields } from "./BoundFields";
import { planQuery } from "./calls";
import classes from "./form/Form.module.css";
import { Group } from "./form/SettingField";
import { planFaults } from "./schedule";
import { TaskSchedule } from "./TaskSchedule";
import { TASKS, type Plan } from "./types";

const TYPING_MS = 350;
const PERCENT = 100;

interface ScheduleFormProps {
  plan: Plan;
  onChange: (plan: Plan) => void;
  /** The source that it is for, or how one that is not there yet is read. */
  about: { source?: string; lists_everything?: boolean };
}

/** When a source is read and how late it may be, with the next runs that come of it. */
export function ScheduleForm({ plan, onChange, about }: ScheduleFormProps) {
  const [settled] = useDebouncedValue(plan, TYPING_MS);
  const look = useQuery({ ...planQuery(settled, about), placeholderData: keepPreviousData });
  const problem = look.error ? problemOf(look.error) : null;
  const faults = planFaults(problem);
  const working = settled !== plan || look.isPending || look.isPlaceholderData;
  const put = (change: Partial<Plan>) => onChange({ ...plan, ...change });
  return (
    <div className={classes.form}>
      <p className={classes.about}>{words.schedule.about}</p>
      {TASKS.map((task) => (
        <TaskSchedule
          key={task}
          task={task}
          schedule={plan[task] ?? null}
          fault={faults[task]}
          working={working}
          upcoming={problem ? undefined : look.data?.tasks.find((each) => each.task === task)?.next}
          onChange={(schedule) => put({ [task]: schedule })}
        />
      ))}
      <Group name={words.schedule.bounds} help={words.schedule.boundsHelp} error={faults.bounds}>
        <BoundFields bounds={plan.bounds} faults={faults} onChange={(bounds) => put({ bounds })} />
        <div className={classes.line}>
          <NumberInput
            label={words.schedule.objective}
            description={words.schedule.objectiveHelp}
            value={Math.round(plan.objective * PERCENT * 1000) / 1000}
            min={1}
            max={99.999}
            decimalScale={3}
            suffix="%"
            inputWrapperOrder={["label", "input", "description", "error"]}
            error={faults.objective}
            onChange={(value) => {
              if (typeof value === "number" && value > 0 && value < PERCENT) put({ objective: value / PERCENT });
            }}
          />
          <NativeSelect
            label={words.schedule.stale}
            value={plan.stale}
            data={Object.entries(words.schedule.staleModes).map(([value, label]) => ({ value, label }))}
            onChange={({ currentTarget }) => put({ stale: currentTarget.value === "refuse" ? "refuse" : "warn" })}
          />
        </div>
      </Group>
      <BlackoutFields windows={plan.blackout} fault={faults.blackout} onChange={(blackout) => put({ blackout })} />
      {problem && Object.keys(faults).length === 0 && <ProblemNotice problem={problem} />}
    </div>
  );
}
