import type { Policy, PolicyDocument, Treatment } from "../types";

export const TREATMENTS = ["allow", "redact", "block"] as const satisfies readonly Treatment[];
export const PLACES = ["external", "on_premise"] as const;
export const SECTIONS = ["classes", "sensitivity", "kinds"] as const;
export type Section = (typeof SECTIONS)[number];
export type Table = Record<string, Record<string, string>>;
export type Document = Record<Section, Table>;

export function documentOf(policy: Policy | PolicyDocument): Document {
  return {
    classes: policy.classes as Table,
    sensitivity: policy.sensitivity as Table,
    kinds: (policy.kinds ?? {}) as Table,
  };
}

/** The destinations that a document speaks of: the places first, then regions and names. */
export function columnsOf(document: Document): string[] {
  const named = SECTIONS.flatMap((section) => Object.values(document[section]).flatMap((row) => Object.keys(row)));
  const others = [...new Set(named)].filter((key) => key !== "class" && !PLACES.some((place) => place === key));
  return [...PLACES, ...others.sort()];
}

/** The same document with another word at one place; an empty one takes the entry out. */
export function withEntry(document: Document, section: Section, row: string, column: string, said: string): Document {
  const entries = Object.entries(document[section][row] ?? {}).filter(([key]) => key !== column);
  if (said) entries.push([column, said]);
  const rows = { ...document[section], [row]: Object.fromEntries(entries) };
  if (section === "kinds" && entries.length === 0) {
    return { ...document, kinds: Object.fromEntries(Object.entries(rows).filter(([name]) => name !== row)) };
  }
  return { ...document, [section]: rows };
}

export interface Difference {
  section: Section;
  row: string;
  column: string;
  before: string | null;
  after: string | null;
}

/** Every entry that two documents say differently. */
export function differences(before: Document, after: Document): Difference[] {
  return SECTIONS.flatMap((section) => {
    const rows = [...new Set([...Object.keys(before[section]), ...Object.keys(after[section])])];
    return rows.flatMap((row) => {
      const was = before[section][row] ?? {};
      const is = after[section][row] ?? {};
      return [...new Set([...Object.keys(was), ...Object.keys(is)])]
        .filter((column) => was[column] !== is[column])
        .map((column) => ({ section, row, column, before: was[column] ?? null, after: is[column] ?? null }));
    });
  });
}
