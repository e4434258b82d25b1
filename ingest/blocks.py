"""The structure of a chunk: which of its runs are headings, paragraphs, list items and rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from core.text import Span
from ingest.parsed import Block, BlockKind, Element, Parsed

_KINDS: dict[str, BlockKind] = {"title": "heading", "heading": "heading", "list_item": "list_item", "code": "code"}


class Structure:
    """The blocks of a parsed version, to be asked for those of one chunk after the other."""

    def __init__(self, parsed: Parsed) -> None:
        self._blocks = sorted(
            (block for element in parsed.elements for block in _of_element(element)), key=lambda block: block.span
        )
        self._starts = [block.span.start for block in self._blocks]

    def of(self, spans: Sequence[Span]) -> tuple[Block, ...]:
        """The blocks that lie in ``spans``, cut to them, in their order."""
        return tuple(block for span in spans for block in self._within(span))

    def _within(self, span: Span) -> Iterator[Block]:
        first = max(0, bisect_right(self._starts, span.start) - 1)
        for block in self._blocks[first:]:
            if block.span.start >= span.end:
                return
            start, end = max(block.span.start, span.start), min(block.span.end, span.end)
            if start < end:
                yield Block(block.kind, Span(start, end))


def _of_element(element: Element) -> Iterator[Block]:
    if element.rows:
        yield from (Block("header_row" if row.header else "row", row.span) for row in element.rows)
    else:
        yield Block(_KINDS.get(element.kind, "text"), element.span)
