"""Building ``Parsed``: an outline of elements over a text that exists, or a text composed from blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.text import Span
from ingest.parse.errors import ParseFailed
from ingest.parsed import Element, ElementKind, Parsed, Row

_SENTENCE_END = re.compile(r"[.!?。！？]['\")\]]*\s+(?=\S)")
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0x7F, 0xA0), *range(0xD800, 0xE000)), 0xFFFD)
_CONTROL[0x0B] = _CONTROL[0x0C] = 0x20
_LEAD_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document whose text is still to be composed. ``rows`` (text, is header) are set for tables."""

    kind: ElementKind
    text: str = field(default="", repr=False)
    level: int = 1
    page: int | None = None
    rows: tuple[tuple[str, bool], ...] = field(default=(), repr=False)


class Outline:
    """Collects the elements of one text in order, keeping the heading path and the lead sentence of each list."""

    def __init__(self, title: str = "", *, parts: Sequence[str] = ()) -> None:
        """``parts`` are headings that the title is made of, when it is made of several."""
        self.elements: list[Element] = []
        self.title = title
        self._parts = {part.casefold() for part in parts}
        self._path: list[tuple[int, str]] = []
        self._lead: Span | None = None

    def add(
        self,
        kind: ElementKind,
        span: Span,
        text: str,
        *,
        level: int = 1,
        page: int | None = None,
        rows: Sequence[Row] = (),
        heading: str | None = None,
    ) -> None:
        """Append an element; ``text`` is all that ``span`` points into, ``heading`` a heading's plain words."""
        if not span.of(text).strip():
            return
        if kind in ("header", "footer"):
            self.elements.append(Element(kind, span, page))
            return
        if kind in ("heading", "title"):
            words = " ".join((heading or span.of(text)).split())
            self._path = [entry for entry in self._path if entry[0] < level]
            is_title = words.casefold() == self.title.casefold() or words.casefold() in self._parts
            self.elements.append(Element("title" if is_title else "heading", span, page, self._headings()))
            if not is_title:
                self._path.append((level, words[:200]))
            self._lead = None
            return
        if kind != "list_item":
            self._lead = _last_sentence(text, span) if kind == "text" else None
        lead = self._lead if kind == "list_item" else None
        self.elements.append(Element(kind, span, page, self._headings(), tuple(rows), lead))

    def _headings(self) -> tuple[str, ...]:
        return tuple(words for _, words in self._path)


def _last_sentence(text: str, span: Span) -> Span | None:
    """The sentence that may introduce a list: the last one of a paragraph, when it is short enough to be repeated."""
    start = span.start
    for match in _SENTENCE_END.finditer(text, span.start, span.end):
        start = match.end()
    return Span(start, span.end) if span.end - start <= _LEAD_LIMIT else None


def clean(text: str) -> str:
    """Text that can be stored anywhere: line feeds only, no control characters and no lone surrogates."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "").translate(_CONTROL)


def printable(text: str) -> str:
    """``text`` with every unwanted character replaced one for one, so that offsets stay."""
    return text.translate(_CONTROL)


def compose(
    blocks: Iterable[Block], *, title: str, media_type: str, warnings: Iterable[str] = (), what: str = "document"
) -> Parsed:
    """Join blocks into one text with line breaks between them. Raises ``ParseFailed("empty")`` without any text."""
    kept = [block for block in map(_cleaned, blocks) if block.text]
    if not kept:
        raise ParseFailed("empty", f"The {what} holds no text.")
    outline = Outline(title)
    pieces: list[str] = []
    places: list[tuple[Block, Span]] = []
    offset = 0
    for number, block in enumerate(kept):
        if number:
            listed = block.kind == "list_item" and kept[number - 1].kind == "list_item"
            gap = "\n" if listed else "\n\n"
            pieces.append(gap)
            offset += len(gap)
        pieces.append(block.text)
        places.append((block, Span(offset, offset + len(block.text))))
        offset += len(block.text)
    text = "".join(pieces)
    for block, span in places:
        outline.add(block.kind, span, text, level=block.level, page=block.page, rows=_rows(block, span.start))
    return Parsed(
        title=title, text=text, elements=tuple(outline.elements), media_type=media_type, warnings=tuple(warnings)
    )


def _cleaned(block: Block) -> Block:
    if block.rows:
        rows = tuple((clean(row).replace("\n", " ").strip(), header) for row, header in block.rows)
        rows = tuple(row for row in rows if row[0].strip("| "))
        return replace(block, rows=rows, text="\n".join(row for row, _ in rows))
    return replace(block, text=clean(block.text).strip())


def _rows(block: Block, start: int) -> list[Row]:
    rows: list[Row] = []
    for text, header in block.rows:
        rows.append(Row(Span(start, start + len(text)), header))
        start += len(text) + 1
    return rows


def blocks_of(parsed: Parsed, *, below: int = 0, page: int | None = None) -> list[Block]:
    """The elements of a parsed part as blocks of the document that contains it, headings at least ``below`` deep."""
    return [
        Block(
            "heading" if element.kind == "title" else element.kind,
            element.span.of(parsed.text),
            level=below + len(element.headings) + 1,
            page=page,
            rows=tuple((row.span.of(parsed.text), row.header) for row in element.rows),
        )
        for element in parsed.elements
    ]
