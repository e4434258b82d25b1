import { render, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { DocumentElement, Segment, Span } from "../src/api/types";
import { layOut } from "../src/evidence/layout";
import { PassageText } from "../src/evidence/PassageText";

function whole(text: string): Segment[] {
  return [{ start: 0, end: Array.from(text).length, text, hidden: false }];
}

function element(kind: DocumentElement["kind"], span: Span): DocumentElement {
  return { kind, ...span, page: null, rows: [] };
}

describe("the layout of a passage", () => {
  it("counts characters as the server does, also past an emoji", () => {
    const text = "👩 pays 12 EUR.";
    const [block] = layOut(whole(text), [], [{ start: 2, end: 6 }]);
    expect(block?.kind === "text" && block.pieces.find((piece) => piece.marked)?.text).toBe("pays");
  });

  it("counts from where its context begins", () => {
    const segments: Segment[] = [{ start: 100, end: 111, text: "hello world", hidden: false }];
    const [block] = layOut(segments, [], [{ start: 106, end: 111 }]);
    expect(block?.kind === "text" && block.pieces.map((piece) => [piece.text, piece.marked])).toEqual([
      ["hello ", false],
      ["world", true],
    ]);
  });

  it("shows text that no element covers", () => {
    const text = "one\ntwo\nthree";
    const blocks = layOut(whole(text), [element("text", { start: 4, end: 7 })], []);
    expect(blocks.map((block) => block.kind === "text" && block.pieces[0]?.text.trim())).toEqual(["one", "two", "three"]);
  });

  it("shows every character once where elements overlap", () => {
    const text = "abcdef";
    const blocks = layOut(
      whole(text),
      [element("text", { start: 0, end: 4 }), element("text", { start: 2, end: 6 })],
      [],
    );
    expect(blocks.map((block) => block.kind === "text" && block.pieces[0]?.text).join("")).toBe(text);
  });
});

describe("a passage on the page", () => {
  it("says that a part is hidden, and marks what is cited", () => {
    const segments: Segment[] = [
      { start: 0, end: 8, text: "Salary: ", hidden: false },
      { start: 8, end: 14, text: "", hidden: true },
      { start: 14, end: 25, text: " per month.", hidden: false },
    ];
    render(<PassageText segments={segments} elements={[]} marks={[{ start: 15, end: 24 }]} reflow={false} />);
    expect(screen.getByText("hidden")).toBeDefined();
    expect(document.querySelector("mark")?.textContent).toBe("per month");
  });

  it("renders a table with its header and its cited row", () => {
    const text = "| Region | Price |\n|---|---|\n| North | 12 |\n| South | 14 |";
    const rowAt = (line: string): Span => ({ start: text.indexOf(line), end: text.indexOf(line) + line.length });
    const table: DocumentElement = {
      kind: "table",
      start: 0,
      end: text.length,
      page: null,
      rows: [
        { ...rowAt("| Region | Price |"), header: true },
        { ...rowAt("|---|---|"), header: false },
        { ...rowAt("| North | 12 |"), header: false },
        { ...rowAt("| South | 14 |"), header: false },
      ],
    };
    render(<PassageText segments={whole(text)} elements={[table]} marks={[rowAt("| South | 14 |")]} reflow={false} />);
    expect(screen.getAllByRole("columnheader").map((cell) => cell.textContent)).toEqual(["Region", "Price"]);
    const rows = screen.getAllByRole("row");
    expect(rows).toHaveLength(3);
    const [, , south] = rows;
    expect(south && within(south).getAllByRole("cell").map((cell) => cell.textContent)).toEqual(["South", "14"]);
    expect(south?.querySelectorAll("mark")).toHaveLength(2);
  });

  it("turns no text of a document into HTML", () => {
    const text = "<img src=x onerror=alert(1)> & <b>bold</b>";
    render(<PassageText segments={whole(text)} elements={[]} marks={[]} reflow={false} />);
    expect(screen.getByText(text)).toBeDefined();
    expect(document.querySelector("img, b")).toBeNull();
  });
});
