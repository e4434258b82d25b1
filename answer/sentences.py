"""A passage as sentences that can be cited: prose sentences, list items, table rows, each with exact spans.

Everything is located by offsets into the passage's text and mapped back to the version's text, so what is cited is
verbatim. Only ``Sentence.text``, the shown form, folds line breaks and runs of spaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from answer.units import ITEM, Kind, Unit, fold, units, units_of_block
from core.text import Span
from ingest.parsed import Block


@dataclass(frozen=True, slots=True)
class Sentence:
    """One citable unit of a passage.

    ``spans`` point into the version's text, in the order of the text: first what the unit cannot be read without (the
    header row of a table row, the sentence that introduces a list), then the unit itself, which is the last
    ``own`` spans. ``text`` is what a reader is shown; ``position`` counts the units of the passage.
    """

    text: str = field(repr=False)
    kind: Kind
    spans: tuple[Span, ...]
    own: int
    position: int
    lead: str = field(default="", repr=False)

    @property
    def own_spans(self) -> tuple[Span, ...]:
        return self.spans[len(self.spans) - self.own :]


def sentences(text: str, spans: Sequence[Span], blocks: Sequence[Block] = ()) -> tuple[Sentence, ...]:
    """The units of a passage whose ``text`` is its ``spans`` joined by line breaks. ``blocks`` tell its structure,
    where that is known.

    Raises ``ValueError`` where text and spans disagree, because nothing could then be cited exactly.
    """
    if len(text) != sum(len(span) for span in spans) + max(len(spans) - 1, 0):
        raise ValueError("the passage's text is not its spans joined by line breaks")
    found = _structured(text, spans, blocks) if blocks else units(text, _hard_breaks(spans))
    return tuple(_with_context(text, spans, found))


def _structured(text: str, spans: Sequence[Span], blocks: Sequence[Block]) -> list[Unit]:
    """The units of every block, and of what lies between blocks."""
    found: list[Unit] = []
    at = 0
    for block in blocks:
        for start, end in _offsets(spans, block.span):
            if text[at:start].strip():
                found += units_of_block(text, at, start, "text")
            found += units_of_block(text, max(at, start), end, block.kind)
            at = max(at, end)
    return found + (units_of_block(text, at, len(text), "text") if text[at:].strip() else [])


def _offsets(spans: Sequence[Span], wanted: Span) -> Iterator[tuple[int, int]]:
    """Where a span of the version stands in the passage's text."""
    offset = 0
    for span in spans:
        if span.overlaps(wanted):
            yield offset + max(span.start, wanted.start) - span.start, offset + min(span.end, wanted.end) - span.start
        offset += len(span) + 1


def _hard_breaks(spans: Sequence[Span]) -> frozenset[int]:
    """Offsets in the passage's text where a span ends and the next one does not simply go on."""
    breaks: set[int] = set()
    offset = 0
    for span, following in pairwise(spans):
        offset += len(span)
        # Two characters are a line break, at most an empty line's worth: the text itself goes on.
        if not 0 <= following.start - span.end <= 1:
            breaks.add(offset)
        offset += 1
    return frozenset(breaks)


def _locate(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    """The version's spans under passage offsets ``start`` to ``end``."""
    found: list[Span] = []
    offset = 0
    for span in spans:
        low, high = max(start, offset), min(end, offset + len(span))
        if low < high:
            piece = Span(span.start + low - offset, span.start + high - offset)
            # A unit that runs over two touching spans is one span again.
            if found and found[-1].end == piece.start:
                piece = Span(found.pop().start, piece.end)
            found.append(piece)
        offset += len(span) + 1
    return tuple(found)


def _with_context(text: str, spans: Sequence[Span], units: Sequence[Unit]) -> Iterator[Sentence]:
    header: Unit | None = None
    lead: Unit | None = None
    before: Unit | None = None
    for position, unit in enumerate(units):
        if unit.kind != "row":
            header = None
        elif unit.header or before is None or before.kind != "row":
            header = unit if header is None or not (unit.header and header.header) else header
        if unit.kind == "item":
            if before is not None and before.kind != "item":
                lead = before if text[before.start : before.end].rstrip().endswith(":") else None
        else:
            lead = None
        context = lead if unit.kind == "item" else header if header is not unit else None
        own = _locate(spans, unit.start, unit.end)
        around = _locate(spans, context.start, context.end) if context else ()
        yield Sentence(
            text=_shown(text, unit),
            kind=unit.kind,
            spans=around + own,
            own=len(own),
            position=position,
            lead=fold(text[context.start : context.end]) if context else "",
        )
        before = unit


def _shown(text: str, unit: Unit) -> str:
    body = text[unit.start : unit.end]
    if unit.kind == "item" and (mark := ITEM.match(body)) and not any(c.isdigit() for c in mark.group()):
        body = body[mark.end() :]
    elif unit.kind == "heading":
        body = body.lstrip("# \t")
    elif unit.kind == "row":
        body = body.strip().strip("|")
    return fold(body)
