import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import type { Figure } from "../types";

type Unit = Figure["unit"];

/** A figure or a cell of a report in words. */
export function valueIn(value: string | number | null | undefined, unit: Unit, currency = ""): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "string") return unit === "moment" ? calendarTime(value) : value.replaceAll("_", " ");
  if (unit === "share") return words.percent(value);
  if (unit === "seconds") return words.seconds(value);
  if (unit === "micros") return words.money(value, currency);
  return words.number(value);
}
