"""A passage as sentences that can be cited: prose sentences, list items, table rows, each with exact spans.

Everything is located by offsets into the passage's text and mapped back to the version's text, so what is cited is
verbatim. Only ``Sentence.text``, the shown form, folds line breaks and runs of spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from core.text import Span

Kind = Literal["prose", "item", "row", "heading", "field"]
"""``heading``: a line that names what follows. ``field``: a header line of a message (``Subject: ...``)."""

LONGEST_SENTENCE = 700
"""Characters. Longer runs without an end mark (lists set as prose, extracted forms) are cut at line ends."""

_SHORT_LINE = 0.62
"""A line this much shorter than the passage's widest line ends its paragraph."""

_ITEM = re.compile(r"[ \t]*(?:[-*+•◦▪●‣–—·✓]|\(?\d{1,2}[.)]|\(?[a-z][.)]|o)[ \t]+(?=\S)")
_FIELD = re.compile(r"(?:From|To|Cc|Bcc|Subject|Date|Sent|Reply-To|Message-ID):[ \t]", re.IGNORECASE)
_MARKDOWN_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+\S")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t:|-]*-[ \t:|-]*\|[ \t:|-]*$")
_END = re.compile(r"[.!?…][.!?…]*[\"'”’)\]]*(?=\s)")
_START = re.compile(r"[\"'“‘(\[`]*\s?[\"'“‘(\[`]*[A-Z0-9À-ÖØ-Þ•$€£%]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'“])(?:[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z]|mr|mrs|ms|dr|prof|rev|gen|col|sgt|capt|lt|hon|sr|jr|st|mt|ft"
    r"|no|nos|vol|fig|figs|eq|art|sec|ch|pp?|para|cf|al|vs|viz|approx|est|ca|dept|univ|inc|ltd|llc|corp|co|bros|assn"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tue|tues|wed|thurs?|fri|sat|sun|ext|tel|max|min|incl|excl)\.$",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")


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


@dataclass(frozen=True, slots=True)
class _Unit:
    start: int
    end: int
    kind: Kind


def fold(text: str) -> str:
    """Runs of white space as one space, and the hyphen that a PDF marks as breakable as a hyphen."""
    return _SPACE.sub(" ", text.replace("\ufffe", "-").replace("\u00ad", "-")).strip()


def sentences(text: str, spans: Sequence[Span]) -> tuple[Sentence, ...]:
    """The units of a passage whose ``text`` is its ``spans`` joined by line breaks.

    Raises ``ValueError`` where text and spans disagree, because nothing could then be cited exactly.
    """
    if len(text) != sum(len(span) for span in spans) + max(len(spans) - 1, 0):
        raise ValueError("the passage's text is not its spans joined by line breaks")
    return tuple(_with_context(text, spans, _units(text, _hard_breaks(spans))))


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


def _with_context(text: str, spans: Sequence[Span], units: Sequence[_Unit]) -> Iterator[Sentence]:
    header: _Unit | None = None
    lead: _Unit | None = None
    before: _Unit | None = None
    for position, unit in enumerate(units):
        if unit.kind != "row":
            header = None
        elif before is None or before.kind != "row":
            header = unit
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


def _shown(text: str, unit: _Unit) -> str:
    body = text[unit.start : unit.end]
    if unit.kind == "item" and (mark := _ITEM.match(body)) and not any(c.isdigit() for c in mark.group()):
        body = body[mark.end() :]
    elif unit.kind == "heading":
        body = body.lstrip("# \t")
    elif unit.kind == "row":
        body = body.strip().strip("|")
    return fold(body)


def _units(text: str, breaks: frozenset[int]) -> list[_Unit]:
    lines = list(_lines(text))
    widest = max((end - start for start, end in lines if "|" not in text[start:end]), default=0)
    units: list[_Unit] = []
    block: list[tuple[int, int]] = []

    def close() -> None:
        if block:
            units.extend(_block_units(text, block[0][0], block[-1][1]))
            block.clear()

    for number, (start, end) in enumerate(lines):
        line = text[start:end]
        if not line.strip():
            close()
            continue
        following = text[slice(*lines[number + 1])] if number + 1 < len(lines) else ""
        if _is_row(line):
            close()
            if not _TABLE_RULE.match(line):
                units.append(_trimmed(text, start, end, "row"))
        elif _MARKDOWN_HEADING.match(line):
            close()
            units.append(_trimmed(text, start, end, "heading"))
        elif _FIELD.match(line):
            close()
            units.append(_trimmed(text, start, end, "field"))
        else:
            if _ITEM.match(line):
                close()
            block.append((start, end))
            if end in breaks or _ends_paragraph(line, following, widest):
                close()
    close()
    return [unit for unit in units if any(c.isalnum() for c in text[unit.start : unit.end])]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _is_row(line: str) -> bool:
    return " | " in line or (line.strip().startswith("|") and line.strip().endswith("|") and len(line.strip()) > 2)


def _ends_paragraph(line: str, following: str, widest: int) -> bool:
    """Whether a line break in running text is the end of a paragraph rather than the edge of the page."""
    bare, following = line.strip(), following.strip()
    if not following:
        return True
    if not _START.match(following):
        return False
    if bare.endswith((":", ".", "!", "?")):
        return bare.endswith(":") or len(line) < _SHORT_LINE * widest
    # "Coverage of therapy" above a paragraph: short, and what follows begins anew.
    return len(line) < _SHORT_LINE * widest and not bare.endswith((",", ";", "-", "and", "or", "of", "the", "to"))


def _block_units(text: str, start: int, end: int) -> Iterator[_Unit]:
    body = text[start:end]
    if mark := _ITEM.match(body):
        if body[mark.end() :].strip():
            pieces = list(_sentence_ranges(text, start + mark.end(), end))
            first, rest = pieces[0], pieces[1:]
            # An item of a few short sentences reads as one; a long one is cited by sentence.
            if end - start <= LONGEST_SENTENCE // 2:
                yield _trimmed(text, start, end, "item")
            else:
                yield _trimmed(text, start, first[1], "item")
                for low, high in rest:
                    yield _trimmed(text, low, high, "prose")
        return
    pieces = list(_sentence_ranges(text, start, end))
    for low, high in pieces:
        # A heading set right under a paragraph ends up in its block, as a last line without an end mark.
        alone = low == start or (high == end and "\n" in text[low:high].removesuffix(text[low:high].lstrip()))
        heading = alone and high == end and _reads_as_heading(fold(text[low:high]))
        yield _trimmed(text, low, high, "heading" if heading else "prose")


def _reads_as_heading(line: str) -> bool:
    return len(line) <= 90 and len(line.split()) <= 12 and line[-1] not in ".!?:;,…\"'”)" and ": " not in line


def _sentence_ranges(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for mark in _END.finditer(text, start, end):
        if mark.end() >= end or not _START.match(text[mark.end() : end].lstrip()[:6]):
            continue
        if mark.group().startswith(".") and _ABBREVIATION.search(
            text[max(begin, mark.start() - 14) : mark.start() + 1]
        ):
            continue
        yield from _shortened(text, begin, mark.end())
        begin = mark.end()
    if text[begin:end].strip():
        yield from _shortened(text, begin, end)


def _shortened(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut what is longer than ``LONGEST_SENTENCE`` at its line ends, else at spaces."""
    while end - start > LONGEST_SENTENCE:
        half = start + LONGEST_SENTENCE // 2
        cut = max(
            text.rfind("\n", half, start + LONGEST_SENTENCE), text.rfind("; ", half, start + LONGEST_SENTENCE) + 1
        )
        cut = cut if cut > half else text.rfind(" ", half, start + LONGEST_SENTENCE)
        cut = cut if cut > half else start + LONGEST_SENTENCE
        yield start, cut
        start = cut
    if text[start:end].strip():
        yield start, end


def _trimmed(text: str, start: int, end: int, kind: Kind) -> _Unit:
    body = text[start:end]
    return _Unit(start + len(body) - len(body.lstrip()), start + len(body.rstrip()), kind)
