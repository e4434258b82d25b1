import { EyeOff } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import type { DocumentElement, Segment, Span } from "../api/types";
import { words } from "../words/ask";
import { layOut, type Block, type Piece, type TableRow } from "./layout";
import classes from "./PassageText.module.css";

interface PassageTextProps {
  segments: Segment[];
  elements: DocumentElement[];
  marks: Span[];
  /** Line breaks of a PDF come from its page, not from its writer, and are not kept. */
  reflow: boolean;
}

function Pieces({ pieces }: { pieces: Piece[] }): ReactNode {
  return pieces.map((piece, index) => {
    const key = `${index}`;
    if (piece.hidden) {
      return (
        <span key={key} className={classes.hidden}>
          <EyeOff aria-hidden size={12} /> {words.source.hidden}
        </span>
      );
    }
    if (!piece.marked) return <span key={key}>{piece.text}</span>;
    return (
      <mark key={key} className={classes.mark} data-cited>
        {piece.text}
      </mark>
    );
  });
}

const SHORT_CELL = 16;

function lengthOf(cell: Piece[]): number {
  return cell.reduce((length, piece) => length + piece.text.length, 0);
}

function Row({ row }: { row: TableRow }) {
  return (
    <tr data-marked={row.marked || undefined}>
      {row.cells.map((cell, index) =>
        row.header ? (
          <th key={`${index}`} scope="col">
            <Pieces pieces={cell} />
          </th>
        ) : (
          <td key={`${index}`} data-short={lengthOf(cell) <= SHORT_CELL || undefined}>
            <Pieces pieces={cell} />
          </td>
        ),
      )}
    </tr>
  );
}

function Table({ rows }: { rows: TableRow[] }) {
  const headerCount = rows.findIndex((row) => !row.header);
  const split = headerCount === -1 ? rows.length : headerCount;
  return (
    // A wide table scrolls by itself, so it has to be reachable with the keyboard.
    <div className={classes.tableScroll} role="group" aria-label={words.source.table} tabIndex={0}>
      <table>
        {split > 0 && (
          <thead>
            {rows.slice(0, split).map((row, index) => (
              <Row key={`${index}`} row={row} />
            ))}
          </thead>
        )}
        <tbody>
          {rows.slice(split).map((row, index) => (
            <Row key={`${index}`} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "table":
      return <Table rows={block.rows} />;
    case "list":
      return (
        <ul>
          {block.items.map((item) => (
            <li key={item.key}>
              <Pieces pieces={item.pieces} />
            </li>
          ))}
        </ul>
      );
    case "code":
      return (
        <pre>
          <Pieces pieces={block.pieces} />
        </pre>
      );
    case "title":
    case "heading":
      // The document's own headings are not headings of this page: the outline of the page stays its own.
      return (
        <p className={block.kind === "title" ? classes.title : classes.heading}>
          <Pieces pieces={block.pieces} />
        </p>
      );
    default:
      return (
        <p className={block.kind === "text" ? undefined : classes.aside}>
          <Pieces pieces={block.pieces} />
        </p>
      );
  }
}

export function PassageText({ segments, elements, marks, reflow }: PassageTextProps) {
  const blocks = useMemo(() => layOut(segments, elements, marks), [segments, elements, marks]);
  return (
    <div className={classes.passage} data-reflow={reflow || undefined}>
      {blocks.map((block) => (
        <BlockView key={block.key} block={block} />
      ))}
    </div>
  );
}
