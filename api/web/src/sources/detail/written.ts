/** The value of a setting as text; null where there is none, or it is empty. */
export function written(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "object" && Object.keys(value).length === 0) return null;
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) return value.join(", ");
  return JSON.stringify(value);
}
