"""Plain text, which keeps its text verbatim, and delimited tables, which become rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from core.text import Span
from ingest.parse.errors import ParseFailed
from ingest.parse.outline import Outline, compose
from ingest.parse.table import table_block
from ingest.parsed import ElementKind, Parsed

_PARAGRAPH = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
_BULLET = re.compile(r"[ \t]*(?:[-*+•‣◦▪●–·]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])[ \t]+\S")
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50


def normalise(text: str) -> str:
    """Decoded text as it is stored: line feeds only; a zero character, which databases refuse, becomes U+FFFD."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def parse_text(text: str, title: str) -> Parsed:
    """Plain text: paragraphs by blank lines, list items by their marks. The text stays as it is."""
    text = normalise(text)
    outline = Outline(title)
    for kind, span in paragraphs(text):
        outline.add(kind, span, text)
    return Parsed(title=title, text=text, elements=tuple(outline.elements))


def paragraphs(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[ElementKind, Span]]:
    """The blocks of plain text between two offsets: paragraphs, and the items of lists marked line by line."""
    for match in _PARAGRAPH.finditer(text, start, len(text) if end is None else end):
        yield from _items(text, match.start(), match.end())


def _items(text: str, start: int, end: int) -> Iterator[tuple[ElementKind, Span]]:
    kind: ElementKind = "text"
    begin = start
    line = start
    while line < end:
        stop = text.find("\n", line, end)
        stop = end if stop < 0 else stop
        if _BULLET.match(text, line, stop):
            if line > begin:
                yield kind, _trimmed(text, begin, line)
            kind, begin = "list_item", line
        line = stop + 1
    yield kind, _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return Span(start + len(part) - len(part.lstrip()), start + len(part.rstrip()))


def parse_table(text: str, title: str) -> Parsed:
    """Delimited text (comma, semicolon, tab or bar): one table, rows written ``cell | cell``, the header marked."""
    text = normalise(text)
    try:
        rows = list(csv.reader(text.split("\n"), delimiter=_delimiter(text)))
    except csv.Error:
        # A field beyond the csv module's limit, or an unclosed quote: the lines themselves are still rows.
        rows = [[line] for line in text.split("\n")]
    block = table_block(rows)
    if block is None:
        raise ParseFailed("empty", "The table has no cells with content.")
    return compose([block], title=title, media_type="text/csv", what="table")


def _delimiter(text: str) -> str:
    """The candidate that splits the first lines into the most consistent number of columns."""
    lines = [line for line in text.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES] if line.strip()]

    def consistency(mark: str) -> tuple[float, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=mark)]
        widest = max(set(counts), key=counts.count, default=1)
        return (counts.count(widest) / len(counts) if widest > 1 else 0.0, widest)

    try:
        return max(_DELIMITERS, key=consistency)
    except csv.Error:
        return ","
