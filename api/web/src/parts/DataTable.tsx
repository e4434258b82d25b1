import { Button } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { startTransition, useEffect, useRef, useState, type ReactNode } from "react";
import { words } from "../words/shell";
import classes from "./DataTable.module.css";
import { Failed, Loading } from "./States";
import type { List } from "./useList";
import { usePrinting } from "./usePrinting";

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the right, with figures of one width. */
  numeric?: boolean;
  /** What a row is called by: read out first. One column of a table. */
  heading?: boolean;
  /** Left out where the table has less than this width. */
  hide?: "narrow" | "medium";
}

/** What will soon be in view counts as seen, in whatever box the page scrolls. */
const NEAR = { rootMargin: "800px", scrollMargin: "800px" };

interface TableProps<Row> {
  /** What the table holds, for whoever does not see it. */
  name: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  current?: (row: Row) => boolean;
}

/** A table that scrolls sideways by itself where it has no room. */
export function DataTable<Row>({ rows, ...table }: TableProps<Row>) {
  return <PagedTable {...table} pages={[rows]} />;
}

interface PagedTableProps<Row> extends Omit<TableProps<Row>, "rows"> {
  pages: readonly (readonly Row[])[];
}

function PagedTable<Row>({ name, columns, pages, keyOf, current }: PagedTableProps<Row>) {
  const shown = (row: Row) => (
    <tr key={keyOf(row)} data-current={current?.(row) ? true : undefined}>
      {columns.map((column) =>
        column.heading ? (
          <th key={column.name} scope="row">
            {column.cell(row)}
          </th>
        ) : (
          <td key={column.name} data-numeric={column.numeric} data-hide={column.hide}>
            {column.cell(row)}
          </td>
        ),
      )}
    </tr>
  );
  return (
    <div className={classes.scroll} role="group" aria-label={name} tabIndex={0}>
      <table className={classes.table}>
        <caption className={classes.caption}>{name}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" data-numeric={column.numeric} data-hide={column.hide}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        {pages.map((rows, page) => (
          <Rows key={page} all={pages.length === 1}>
            {() => rows.map(shown)}
          </Rows>
        ))}
      </table>
    </div>
  );
}

/** The rows of one page. Far out of sight a gap of their height takes their place, so that a table of thousands
 * scrolls like one of a hundred; unless the keyboard is in them, or they are printed. */
function Rows({ all, children }: { all: boolean; children: () => ReactNode }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [gap, setGap] = useState<number>();
  const printing = usePrinting();
  useEffect(() => {
    if (all || !body.current) return;
    const observer = new IntersectionObserver((entries) => {
      const seen = entries.at(-1);
      const used = seen?.isIntersecting || seen?.target.contains(document.activeElement);
      startTransition(() => {
        setGap(used ? undefined : seen?.boundingClientRect.height);
      });
    }, NEAR);
    observer.observe(body.current);
    return () => {
      observer.disconnect();
    };
  }, [all]);
  const left = all || printing ? undefined : gap;
  return (
    <tbody ref={body}>
      {left === undefined ? (
        children()
      ) : (
        <tr>
          <td style={{ height: left }} />
        </tr>
      )}
    </tbody>
  );
}

interface ListTableProps<Row> extends Omit<TableProps<Row>, "rows"> {
  list: List<Row>;
  /** In the place of a table without rows. */
  empty: ReactNode;
}

/** A list that comes page by page: the next page is loaded when its end comes into view. */
export function ListTable<Row>({ list, empty, ...table }: ListTableProps<Row>) {
  const { ref, entry } = useIntersection(NEAR);
  const more = useRef(list.more);
  useEffect(() => {
    more.current = list.more;
  });
  const due = Boolean(entry?.isIntersecting) && list.hasMore && !list.loadingMore && !list.error;
  useEffect(() => {
    if (due) more.current();
  }, [due]);
  if (list.pending) return <Loading />;
  if (list.error && list.rows.length === 0) return <Failed error={list.error} onRetry={list.again} />;
  if (list.rows.length === 0) return empty;
  return (
    <>
      <PagedTable {...table} pages={list.pages} />
      {list.error ? <Failed error={list.error} onRetry={list.again} /> : null}
      <div className={classes.foot} ref={ref}>
        <span role="status">{words.shown(list.rows.length, list.total)}</span>
        {list.hasMore && (
          <Button size="compact-sm" variant="default" loading={list.loadingMore} onClick={list.more}>
            {words.more}
          </Button>
        )}
      </div>
    </>
  );
}
