/** A form from the JSON schema of a connector: which field each setting is, and what the server found wrong with it. */

import type { Problem } from "../../api/types";
import type { Config } from "../types";

export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  anyOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
}

export type Field =
  | { kind: "text"; secret: boolean; long: boolean }
  | { kind: "number"; whole: boolean; min?: number; max?: number }
  | { kind: "flag" }
  | { kind: "choice"; options: string[] }
  | { kind: "texts" }
  | { kind: "choices"; options: string[] }
  | { kind: "list"; of: Schema }
  | { kind: "group"; of: Schema }
  | { kind: "map"; of: Schema; names: string[] | null }
  | { kind: "json" };

const SECRET = "(env|file|vault)";
const LONG = new Set(["query", "text", "private_key"]);

/** The schema itself, where it is a reference or may also be null. */
export function resolved(schema: Schema, root: Schema): Schema {
  if (schema.$ref) {
    const found = root.$defs?.[schema.$ref.split("/").at(-1) ?? ""];
    return found ? { ...resolved(found, root), ...(schema.description ? { description: schema.description } : {}) } : schema;
  }
  const others = schema.anyOf?.filter(({ type }) => type !== "null");
  if (others?.length === 1 && others[0]) return { ...schema, anyOf: undefined, ...resolved(others[0], root) };
  return schema;
}

export function fieldOf(name: string, given: Schema, root: Schema): Field {
  const schema = resolved(given, root);
  const options = schema.enum?.map(String);
  if (options) return { kind: "choice", options };
  switch (schema.type) {
    case "string":
      return { kind: "text", secret: schema.pattern?.includes(SECRET) ?? false, long: LONG.has(name) };
    case "integer":
    case "number": {
      const whole = schema.type === "integer";
      return { kind: "number", whole, min: schema.minimum ?? schema.exclusiveMinimum, max: schema.maximum };
    }
    case "boolean":
      return { kind: "flag" };
    case "array":
      return listOf(schema, root);
    case "object":
      return objectOf(schema, root);
    default:
      return { kind: "json" };
  }
}

function listOf(schema: Schema, root: Schema): Field {
  if (!schema.items) return { kind: "json" };
  const items = resolved(schema.items, root);
  if (items.enum) return { kind: "choices", options: items.enum.map(String) };
  if (items.type === "string") return { kind: "texts" };
  return items.type === "object" ? { kind: "list", of: items } : { kind: "json" };
}

function objectOf(schema: Schema, root: Schema): Field {
  if (schema.properties) return { kind: "group", of: schema };
  if (!schema.additionalProperties || schema.additionalProperties === true) return { kind: "json" };
  const names = schema.propertyNames ? (resolved(schema.propertyNames, root).enum?.map(String) ?? null) : null;
  return { kind: "map", of: resolved(schema.additionalProperties, root), names };
}

/** What the catalogue says of a kind, as the beginning of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "access_key" as a label: "Access key"; or the title that the connector gives it, where that is more than its name. */
export function labelOf(name: string, { title }: Schema = {}): string {
  if (title && title.toLowerCase() !== name.replaceAll("_", " ").toLowerCase()) return title;
  const text = name.replaceAll("_", " ").replace(/\b(url|id|sql)\b/g, (word) => word.toUpperCase());
  return capital(text);
}

/** What stands below a setting in the code, as help: without its marks. */
export function helpOf(schema: Schema): string | undefined {
  return schema.description?.replaceAll("``", "").replace(/\s+/g, " ");
}

/** An entry to begin with: what it needs is there, and empty. */
export function blank(schema: Schema, root: Schema): unknown {
  const whole = resolved(schema, root);
  if (whole.type === "string") return "";
  if (whole.type === "array") return [];
  if (whole.type !== "object") return undefined;
  return Object.fromEntries(
    Object.entries(whole.properties ?? {})
      .filter(([name]) => whole.required?.includes(name))
      .map(([name, inner]) => [name, blank(inner, root)]),
  );
}

/** Settings that decide who may read what: they have a step of their own. */
const ACCESS = new Set([
  "access",
  "allow",
  "deny",
  "folders",
  "restrict",
  "private",
  "people",
  "restricted",
  "incident_roles",
  "bases_without_criteria",
  "record_rules_reviewed",
  "emails_verified",
  "trust_email",
  "site_groups",
  "organization_links",
]);

export function isAccess(name: string): boolean {
  return ACCESS.has(name);
}

export type Faults = Readonly<Record<string, string>>;

/** What is needed and is not there, by name. */
export function missing(schema: Schema, value: Config, names: readonly string[], text: string): Faults {
  const needed = names.filter((name) => schema.required?.includes(name));
  return Object.fromEntries(
    needed.filter((name) => [undefined, null, ""].includes(value[name] as null)).map((name) => [name, text]),
  );
}

/** By the path of each setting, what the server found wrong with it: "...: url is needed; access.0.prefix is ...". */
export function faultsOf(problem: Problem | null, names: readonly string[]): Faults {
  const detail = problem?.detail ?? "";
  const start = detail.indexOf(": ");
  if (start < 0) return {};
  const found: Record<string, string> = {};
  for (const part of detail.slice(start + 2).split("; ")) {
    const [path = ""] = part.split(" ", 1);
    if (names.includes(path.split(".")[0] ?? "")) found[path] = part.slice(path.length + 1).replace(/\.$/, "");
  }
  return found;
}
