"""Numbers that are broken: by the end of a line, a tab, a wide gap, or dots where others have blanks.

A column of short numbers looks the same. So a broken number counts when a word announces it, or when its form is a
clear one and it stands alone, without a further number right before or behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from core.text import Span
from ingest.label.recognisers.places import BETWEEN, Places, placed

BREAK = r"(?:-?[ \t]{0,8}\r?\n[ \t]{0,8}|[ \t]{2}|\t|\.)"
"""What parts two groups of one number without being a sign of its form."""
SEPARATOR = rf"(?:{BREAK}|[ /:-])"
"""All that may stand between two groups of one number."""

_LEAST_DIGITS = 6
_GROUP = r"[0-9A-Za-z]{0,12}[0-9][0-9A-Za-z]{0,24}"
_RUN = re.compile(
    rf"(?<![0-9A-Za-z])(?:[A-Za-z]{{1,2}}{SEPARATOR})?{_GROUP}(?:\)?{SEPARATOR}\(?{_GROUP}){{1,200}}"
    rf"(?:{SEPARATOR}[A-Za-z](?![A-Za-z]))?"
)
_BREAK = re.compile(BREAK)
_BETWEEN_DIGITS = re.compile(rf"[0-9][A-Za-z]{{0,2}}\)?{BREAK}\(?[A-Za-z]{{0,2}}[0-9]")
_NUMBER_BEFORE = re.compile(rf"[0-9]{SEPARATOR}\Z")
_NUMBER_BEHIND = re.compile(rf"{SEPARATOR}[0-9]")
_LONGEST_SEPARATOR = 20
_BORDER = 2
"""Characters beside a number that its form may look at."""


def is_broken(text: str, span: Span) -> bool:
    return _BREAK.search(text, span.start, span.end) is not None


def stands_alone(text: str, span: Span) -> bool:
    """Whether no number goes on right before or behind it."""
    before = text[max(0, span.start - _LONGEST_SEPARATOR) : span.start]
    return not _NUMBER_BEFORE.search(before) and not _NUMBER_BEHIND.match(text, span.end)


def broken(text: str) -> list[Span]:
    """Where numbers are that may be broken, each with what goes on behind it."""
    if not _BETWEEN_DIGITS.search(text):
        return []
    return [Span(*match.span()) for match in _RUN.finditer(text) if _is_candidate(match.group())]


def grouped(text: str, runs: Sequence[Span]) -> Iterator[Places]:
    """Broken numbers, each break read as a blank; then, where there are hyphens too, ends of lines as hyphens. Nothing
    where there are none."""
    if runs:
        yield _read(text, runs, " ", line=" ")
    dashed = [run for run in runs if "\n" in run.of(text) and "-" in run.of(text)]
    if dashed:
        yield _read(text, dashed, " ", line="-")


def ungrouped(text: str, runs: Sequence[Span]) -> Iterator[Places]:
    """Broken numbers, each break read as nothing: it went through the middle of a group."""
    if runs:
        yield _read(text, runs, "", line="")


def _read(text: str, runs: Sequence[Span], gap: str, line: str) -> Places:
    return placed(text, (part for run in runs for part in _parts(text, run, gap, line)))


def _is_candidate(run: str) -> bool:
    return sum(map(str.isdigit, run)) >= _LEAST_DIGITS and _BREAK.search(run) is not None


def _parts(text: str, run: Span, gap: str, line: str) -> Iterator[tuple[int, int, str]]:
    """The run without its breaks, between the characters beside it."""
    yield max(0, run.start - _BORDER), run.start, ""
    start = run.start
    for found in _BREAK.finditer(text, run.start, run.end):
        yield start, found.start(), line if "\n" in found.group() else gap
        start = found.end()
    yield start, min(len(text), run.end + _BORDER), BETWEEN
