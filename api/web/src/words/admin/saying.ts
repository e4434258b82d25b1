/** How the texts of the administration write numbers, and names that several of them use. */

export const NUMBER = new Intl.NumberFormat("en");
export const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });
export const MONTH = new Intl.DateTimeFormat("en", { month: "short", year: "numeric", timeZone: "UTC" });
export const MICROS = 1_000_000;
export const places = { external: "Outside", on_premise: "On premise" };
export const known = (names: Record<string, string>): Record<string, string | undefined> => names;

export function price(amount: number, currency: string): string {
  const digits = amount !== 0 && Math.abs(amount) < 1 ? 4 : 2;
  return `${new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: digits }).format(amount)} ${currency}`;
}
