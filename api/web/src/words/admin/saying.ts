/** How the texts of the administration write numbers, and names that several of them use. */

export const NUMBER = new Intl.NumberFormat("en");
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });
/** What is little is not said to be nothing. */
export const percent = (share: number): string => (share > 0 && share < 0.01 ? "<1%" : PERCENT.format(share));
/** As points in time are written; a day is the same one everywhere. */
export const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
export const MONTH = new Intl.DateTimeFormat("en", { month: "short", year: "numeric", timeZone: "UTC" });
export const places = { external: "Outside", on_premise: "On premise" };
export const levels = { public: "Public", internal: "Internal", confidential: "Confidential", restricted: "Restricted" };
export const known = (names: Record<string, string>): Record<string, string | undefined> => names;
export const levelName = (level: string): string => known(levels)[level] ?? level;
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
/** "EU", "swedencentral": those of two letters are short for something. */
export const regionName = (region: string): string => (region.length === 2 ? region.toUpperCase() : region);
