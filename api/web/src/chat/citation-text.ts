import type { Citation, Sentence } from "../api/types";
import { withheldOf, type Withheld } from "./citation-state";

export interface CitedRow {
  cells: string[];
  citations: Citation[];
}

/** What an answer shows one below the other: a sentence, or the rows that belong under one header. */
export type Part =
  | { kind: "sentence"; text: string; citations: Citation[] }
  | { kind: "withheld"; why: Withheld }
  | { kind: "table"; key: string | null; header: string[]; rows: CitedRow[] };

function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return inner.split("|").map((cell) => cell.trim());
}

/** A table whose rows all have at least two cells and no more than its header, or null: the text is a sentence. */
export function tableLines(text: string): string[][] | null {
  const rows = text
    .split("\n")
    .filter((line) => line.trim())
    .map(cellsOf);
  const width = rows[0]?.length ?? 0;
  if (rows.length < 2 || rows.some((row) => row.length < 2 || row.length > width)) return null;
  return rows;
}

/** Which header a row is cited with: its evidence then has the span of the header, and after it that of the row. */
function headerKey(citations: Citation[]): string | null {
  const [citation] = citations;
  const [header, row] = citation?.spans ?? [];
  return citation && header && row ? `${citation.document.id}/${citation.version}/${header.start}-${header.end}` : null;
}

/** Cells that are empty at the end of a row are not written; none is ever missing in the middle. */
function padded(cells: string[], width: number): string[] {
  return [...cells, ...Array.from({ length: width - cells.length }, () => "")];
}

/** Gathers the rows that are cited with one header in one table. Every row keeps its own citations. */
export function partsOf(sentences: Sentence[]): Part[] {
  const parts: Part[] = [];
  for (const sentence of sentences) {
    const { text, citations } = sentence;
    if (text === null) {
      parts.push({ kind: "withheld", why: withheldOf(sentence) });
      continue;
    }
    const key = headerKey(citations);
    const last = parts.at(-1);
    const table = last?.kind === "table" && key !== null && last.key === key ? last : null;
    const lines = tableLines(text);
    if (lines) {
      const [header = [], ...body] = lines;
      const rows = body.map((cells, index) => ({
        cells: padded(cells, header.length),
        citations: index === body.length - 1 ? citations : [],
      }));
      if (table) table.rows.push(...rows);
      else parts.push({ kind: "table", key, header, rows });
      continue;
    }
    const cells = text.includes("\n") ? [] : cellsOf(text);
    if (table && cells.length >= 2 && cells.length <= table.header.length) {
      table.rows.push({ cells: padded(cells, table.header.length), citations });
    } else {
      parts.push({ kind: "sentence", text, citations });
    }
  }
  return parts;
}

/** Whether two parts show the same, so that one that was shown need not be rendered again as others arrive. */
export function isSamePart(one: Part, other: Part): boolean {
  if (one.kind === "sentence") {
    return other.kind === "sentence" && one.text === other.text && one.citations === other.citations;
  }
  if (one.kind === "withheld") return other.kind === "withheld" && one.why === other.why;
  return other.kind === "table" && one.key === other.key && one.key !== null && one.rows.length === other.rows.length;
}
