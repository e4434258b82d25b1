import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

export interface ListPage<Row> {
  rows: Row[];
  /** The cursor of the page that follows; null on the last one. */
  next: string | null;
  total?: number | null;
}

export interface List<Row, More = unknown> {
  rows: Row[];
  /** The first page, with what else it says. */
  first?: ListPage<Row> & More;
  /** The same rows, page by page as they came. */
  pages: Row[][];
  total: number | null;
  pending: boolean;
  error: unknown;
  hasMore: boolean;
  loadingMore: boolean;
  more: () => void;
  again: () => void;
}

/** A list that the server gives page by page. `key` names it and what it is narrowed to. `every`: milliseconds after
 * which its first pages are looked at again. */
export function useList<Row, More = unknown>(
  key: readonly unknown[],
  page: (cursor: string) => Promise<ListPage<Row> & More>,
  { every }: { every?: number } = {},
): List<Row, More> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => page(pageParam),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    refetchInterval: every,
    placeholderData: keepPreviousData,
  });
  const pages = useMemo(() => query.data?.pages.map((each) => each.rows) ?? [], [query.data]);
  const rows = useMemo(() => pages.flat(), [pages]);
  return {
    rows,
    first: query.data?.pages[0],
    pages,
    total: query.data?.pages[0]?.total ?? (query.hasNextPage ? null : rows.length),
    pending: query.isPending,
    error: query.error,
    hasMore: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    more: () => void query.fetchNextPage(),
    again: () => void query.refetch(),
  };
}
