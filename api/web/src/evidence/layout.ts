import type { DocumentElement, ElementKind, Segment, Span } from "../api/types";

/** A run of text that looks the same throughout. A hidden piece has no text. */
export interface Piece {
  text: string;
  hidden: boolean;
  marked: boolean;
}

export interface TableRow {
  header: boolean;
  marked: boolean;
  cells: Piece[][];
}

export type Block =
  | { kind: "table"; key: number; rows: TableRow[] }
  | { kind: "list"; key: number; items: { key: number; pieces: Piece[] }[] }
  | { kind: Exclude<ElementKind, "table" | "list_item">; key: number; pieces: Piece[] };

const RULE_CELL = /^:?-{2,}:?$/;

/** Slices by code point: offsets count characters as the server does, not the UTF-16 units of this language. */
class Cutter {
  private readonly parts: { segment: Segment; characters: string[] }[];

  constructor(
    segments: Segment[],
    private readonly marks: Span[],
  ) {
    this.parts = segments.map((segment) => ({ segment, characters: segment.hidden ? [] : Array.from(segment.text) }));
  }

  cut(range: Span): Piece[] {
    const pieces: Piece[] = [];
    for (const { segment, characters } of this.parts) {
      const start = Math.max(range.start, segment.start);
      const end = Math.min(range.end, segment.end);
      if (start >= end) continue;
      if (segment.hidden) {
        pieces.push({ text: "", hidden: true, marked: false });
        continue;
      }
      for (const piece of this.split(start, end)) {
        const text = characters.slice(piece.start - segment.start, piece.end - segment.start).join("");
        if (text) pieces.push({ text, hidden: false, marked: piece.marked });
      }
    }
    return pieces;
  }

  private split(start: number, end: number): (Span & { marked: boolean })[] {
    const edges = new Set([start, end]);
    for (const mark of this.marks) {
      if (mark.start > start && mark.start < end) edges.add(mark.start);
      if (mark.end > start && mark.end < end) edges.add(mark.end);
    }
    const sorted = [...edges].toSorted((a, b) => a - b);
    return sorted.slice(1).map((edge, index) => {
      const from = sorted[index] ?? start;
      const marked = this.marks.some((mark) => mark.start <= from && mark.end >= edge);
      return { start: from, end: edge, marked };
    });
  }
}

function isBlank(pieces: Piece[]): boolean {
  return pieces.every((piece) => !piece.hidden && !piece.text.trim());
}

/** Drops the sign that a text format writes before a heading or list item; the shape on screen says the same. */
function withoutPrefix(pieces: Piece[], prefix: RegExp): Piece[] {
  const [first, ...rest] = pieces;
  if (!first || first.hidden) return pieces;
  return [{ ...first, text: first.text.replace(prefix, "") }, ...rest].filter((piece) => piece.hidden || piece.text);
}

function trimmed(cell: Piece[]): Piece[] {
  const pieces = cell.map((piece, index) => {
    let text = piece.text;
    if (index === 0) text = text.trimStart();
    if (index === cell.length - 1) text = text.trimEnd();
    return { ...piece, text };
  });
  return pieces.filter((piece) => piece.hidden || piece.text);
}

/** Splits a row into its cells at the bars between them. */
function cellsOf(pieces: Piece[]): Piece[][] {
  const cells: Piece[][] = [[]];
  for (const piece of pieces) {
    const texts = piece.hidden ? [piece.text] : piece.text.replace(/\n+$/, "").split("|");
    texts.forEach((text, index) => {
      if (index > 0) cells.push([]);
      cells.at(-1)?.push({ ...piece, text });
    });
  }
  const clean = cells.map(trimmed);
  if (clean.length > 2 && clean[0]?.length === 0) clean.shift();
  if (clean.length > 2 && clean.at(-1)?.length === 0) clean.pop();
  return clean;
}

function isRule(cells: Piece[][]): boolean {
  return cells.length > 0 && cells.every((cell) => RULE_CELL.test(cell.map((piece) => piece.text).join("")));
}

function tableOf(element: DocumentElement, rows: NonNullable<DocumentElement["rows"]>, cutter: Cutter): Block {
  const laid = rows.map((row) => {
    const pieces = cutter.cut(row);
    return { header: row.header, marked: pieces.some((piece) => piece.marked), cells: cellsOf(pieces) };
  });
  return { kind: "table", key: element.start, rows: laid.filter((row) => row.cells.length > 0 && !isRule(row.cells)) };
}

/** Lays the text of a document (or of a part of it) out in blocks, with the cited spans marked. */
export function layOut(segments: Segment[], elements: DocumentElement[], marks: Span[]): Block[] {
  const cutter = new Cutter(segments, marks);
  const blocks: Block[] = [];
  const first = segments[0]?.start ?? 0;
  const last = segments.at(-1)?.end ?? 0;
  let position = first;

  const addText = (start: number, end: number, kind: "text" = "text"): void => {
    const pieces = cutter.cut({ start, end });
    if (!isBlank(pieces)) blocks.push({ kind, key: start, pieces });
  };

  for (const element of elements.toSorted((a, b) => a.start - b.start)) {
    const start = Math.max(element.start, position);
    const end = Math.min(element.end, last);
    if (start >= end) continue;
    addText(position, start);
    position = end;
    if (element.kind === "table" && element.rows.length) {
      const table = tableOf(element, element.rows, cutter);
      if (table.kind === "table" && table.rows.length > 0) blocks.push(table);
      continue;
    }
    const pieces = cutter.cut({ start, end });
    if (isBlank(pieces)) continue;
    if (element.kind === "list_item") {
      const item = { key: start, pieces: withoutPrefix(pieces, /^\s*(?:[-*+•‣◦]|\d+[.)])\s+/) };
      const previous = blocks.at(-1);
      if (previous?.kind === "list") previous.items.push(item);
      else blocks.push({ kind: "list", key: start, items: [item] });
    } else if (element.kind === "title" || element.kind === "heading") {
      blocks.push({ kind: element.kind, key: start, pieces: withoutPrefix(pieces, /^\s*#{1,6}\s+/) });
    } else {
      blocks.push({ kind: element.kind === "table" ? "text" : element.kind, key: start, pieces });
    }
  }
  addText(position, last);
  return blocks;
}
