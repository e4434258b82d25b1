/** How the texts of the administration write numbers, and names that several of them use. */

export const NUMBER = new Intl.NumberFormat("en");
export const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });
export const MONTH = new Intl.DateTimeFormat("en", { month: "short", year: "numeric", timeZone: "UTC" });
export const places = { external: "Outside", on_premise: "On premise" };
export const known = (names: Record<string, string>): Record<string, string | undefined> => names;
