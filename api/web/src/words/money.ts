/** How numbers and money are written where models are paid for. */

const NUMBER = new Intl.NumberFormat("en");
const MICROS = 1_000_000;

export function number(value: number): string {
  return NUMBER.format(value);
}

/** What is less than one of the currency is written with all its digits. */
export function price(amount: number, currency: string): string {
  const digits = amount !== 0 && Math.abs(amount) < 1 ? 6 : 2;
  const form = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: digits });
  return `${form.format(amount)} ${currency}`;
}

/** Of millionths of the currency. */
export function money(micros: number, currency: string): string {
  return price(micros / MICROS, currency);
}
