"""What parsing makes of an item: the version's text, and where everything in it is.

``Parsed.text`` is the one text that every span of the version points into: for plain text, Markdown and the ``text``
of a record it is the decoded content itself, with line ends as ``\\n``; for other formats it is built from the
elements, in reading order, separated by line breaks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.text import Span

ElementKind = Literal["title", "heading", "text", "list_item", "table", "code", "caption", "header", "footer"]


@dataclass(frozen=True, slots=True)
class Row:
    """One table row, as it stands in the text: cells joined by `` | ``."""

    span: Span
    header: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """A block of the text. ``page`` counts from 1 (PDF page, slide, sheet); ``headings`` are those above it, outermost
    first. ``rows`` are set for tables only. For a list item, ``lead`` is the sentence that introduces its list."""

    kind: ElementKind
    span: Span
    page: int | None = None
    headings: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    lead: Span | None = None


@dataclass(frozen=True, slots=True)
class PageLayout:
    """One PDF page: its size in points, the range of the text that lies on it, and a box for each of its characters.

    ``boxes`` is zlib-compressed int16[len(span), 4]: left, top, right, bottom in points from the page's top left.
    A character that is not drawn (a line break) has a zero box.
    """

    number: int
    width: float
    height: float
    span: Span
    boxes: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """A restricted field of a record: the span of its line, and the field's name."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Parsed:
    """The outcome of parsing. ``warnings`` tell what was left out (``macros ignored``, ``attachment skipped``)."""

    title: str
    text: str = field(repr=False)
    elements: tuple[Element, ...] = field(repr=False)
    pages: tuple[PageLayout, ...] = field(default=(), repr=False)
    parts: tuple[Part, ...] = ()
    media_type: str = "text/plain"
    name: str = ""
    """What the file is called, where the format declares no title and ``title`` is a guess: passages go by it."""
    warnings: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    """What searches can be narrowed by: ids, kinds and states of a record, not shown in its text."""


BlockKind = Literal["heading", "text", "list_item", "row", "header_row", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """A run of a chunk that belongs together: an element, or one row of a table. ``span`` is in the version's text."""

    kind: BlockKind
    span: Span


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is embedded and found: ordered verbatim spans of the version's text (a table's header, then its rows).

    ``part`` names the restricted field it shows, if any; a chunk never mixes parts. ``embedded_text`` is title,
    heading path and content, as the embedder and BM25 read it.
    """

    ordinal: int
    spans: tuple[Span, ...]
    page: int | None
    headings: tuple[str, ...]
    embedded_text: str = field(repr=False)
    part: str | None = None
