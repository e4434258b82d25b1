"""The units of a text that can be cited: sentences, list items, table rows; found by its lines and marks.

Where the structure is known (``ingest.parsed.Block``), ``units_of_block`` keeps to it; else ``units`` goes by lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ingest.parsed import BlockKind

Kind = Literal["prose", "item", "row", "heading", "field"]
"""``heading``: a line that names what follows. ``field``: a header line of a message (``Subject: ...``)."""

LONGEST_SENTENCE = 700
"""Characters. Longer runs without an end mark (lists set as prose, extracted forms) are cut at line ends."""

_SHORT_LINE = 0.62
"""A line this much shorter than the passage's widest line ends its paragraph."""

ITEM = re.compile(r"[ \t]*(?:[-*+•◦▪●‣–—·✓]|\(?\d{1,2}[.)]|\(?[a-z][.)]|o)[ \t]+(?=\S)")
_FIELD = re.compile(r"(?:From|To|Cc|Bcc|Subject|Date|Sent|Reply-To|Message-ID):[ \t]", re.IGNORECASE)
_VALUE = re.compile(r"[ \t]*\w[\w /().-]{0,39}:[ \t]+\S")
"""``name: value`` on a line of its own."""
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
class Unit:
    """Offsets in the passage's text. ``header`` is set for a row that names the columns."""

    start: int
    end: int
    kind: Kind
    header: bool = False


def fold(text: str) -> str:
    """Runs of white space as one space, and the hyphen that a PDF marks as breakable as a hyphen."""
    return _SPACE.sub(" ", text.replace("\ufffe", "-").replace("\u00ad", "-")).strip()


def units(text: str, breaks: frozenset[int]) -> list[Unit]:
    """The units of a text without known structure. ``breaks`` are offsets at which something else begins."""
    lines = list(_lines(text))
    widest = max((end - start for start, end in lines if "|" not in text[start:end]), default=0)
    found: list[Unit] = []
    block: list[tuple[int, int]] = []

    def close() -> None:
        if block:
            found.extend(_block_units(text, block[0][0], block[-1][1]))
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
                found.append(_trimmed(text, start, end, "row"))
        elif _MARKDOWN_HEADING.match(line):
            close()
            found.append(_trimmed(text, start, end, "heading"))
        elif _FIELD.match(line):
            close()
            found.append(_trimmed(text, start, end, "field"))
        else:
            if ITEM.match(line):
                close()
            block.append((start, end))
            if end in breaks or _ends_paragraph(line, following, widest):
                close()
    close()
    return [unit for unit in found if any(c.isalnum() for c in text[unit.start : unit.end])]


def units_of_block(text: str, start: int, end: int, kind: BlockKind) -> list[Unit]:
    """The units of one block, ``start`` to ``end`` of the passage's text."""
    if kind in ("row", "header_row"):
        unit = _trimmed(text, start, end, "row")
        whole = [] if _TABLE_RULE.match(text[start:end]) else [Unit(unit.start, unit.end, "row", kind == "header_row")]
    elif kind == "heading":
        whole = [_trimmed(text, start, end, "heading")]
    elif kind == "list_item" and end - start <= LONGEST_SENTENCE // 2:
        whole = [_trimmed(text, start, end, "item")]
    elif "\n" not in text[start:end] and _VALUE.match(text, start, end):
        whole = [_trimmed(text, start, end, "field")]
    else:
        return [_moved(unit, start) for unit in units(text[start:end], frozenset())]
    return [unit for unit in whole if any(c.isalnum() for c in text[unit.start : unit.end])]


def _moved(unit: Unit, by: int) -> Unit:
    return Unit(unit.start + by, unit.end + by, unit.kind, unit.header)


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


def _block_units(text: str, start: int, end: int) -> Iterator[Unit]:
    body = text[start:end]
    if mark := ITEM.match(body):
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


def _trimmed(text: str, start: int, end: int, kind: Kind) -> Unit:
    body = text[start:end]
    return Unit(start + len(body) - len(body.lstrip()), start + len(body.rstrip()), kind)
