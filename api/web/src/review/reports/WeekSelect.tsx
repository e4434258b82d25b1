import { NativeSelect } from "@mantine/core";
import { useNow } from "../../shell/now";
import { words } from "../../words/review";
import { rangeOf, weeksUntil } from "./weeks";

const said = words.weekly;
const WEEKS_BACK = 26;

/** The week that a report is of: that in the address, or the present one. */
export function useWeek(wanted: string | undefined): string {
  const [present = ""] = weeksUntil(useNow(), 1);
  return wanted ?? present;
}

export function WeekSelect({ week, onChange }: { week: string; onChange: (week: string) => void }) {
  const weeks = weeksUntil(useNow(), WEEKS_BACK).toReversed();
  const shown = weeks.includes(week) ? weeks : [week, ...weeks];
  return (
    <NativeSelect
      label={said.week}
      value={week}
      data={shown.map((value) => ({ value, label: said.weekName(value, rangeOf(value)) }))}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
