"""Parts of a text that are read as one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.text import Span

_DIGITS = re.compile(r"[0-9]{1,40}(?:[ ./:-]{1,2}[0-9]{1,40}){0,40}")
_REACH = 8
"""Letters that a form may have before its first and behind its last digit, and between two groups of them."""
_WORD = 40
"""How far a place is widened to the ends of its words."""
BETWEEN = "\x1f"
"""Stands between two parts that have nothing to do with each other."""


@dataclass(frozen=True, slots=True)
class Places:
    """Pieces of a text, joined: ``starts[i]`` is where piece i begins in ``joined``, ``origins[i]`` in the text."""

    joined: str = field(repr=False)
    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def original(self, at: int) -> int:
        piece = bisect_right(self.starts, at) - 1
        return self.origins[piece] + at - self.starts[piece]

    def span(self, start: int, end: int) -> Span:
        """Where in the text it lies; ``end`` right behind a character of a piece."""
        return Span(self.original(start), self.original(end - 1) + 1)


def placed(text: str, parts: Iterable[tuple[int, int, str]]) -> Places:
    """Each part from start to end, and what is read behind it."""
    read: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    at = 0
    for start, end, behind in parts:
        starts.append(at)
        origins.append(start)
        read += (text[start:end], behind)
        at += end - start + len(behind)
    return Places("".join(read), tuple(starts), tuple(origins))


def joined(text: str, pieces: Sequence[tuple[int, int, int]]) -> Places:
    return placed(text, ((start, end, BETWEEN) for start, end, _ in pieces))


def pieces_with_digits(text: str) -> list[tuple[int, int, int]]:
    """Start, end and number of digits of the pieces of a text around its digits, each widened to whole words."""
    pieces: list[tuple[int, int, int]] = []
    for match in _DIGITS.finditer(text):
        start, end = _widened(text, match.start() - _REACH, match.end() + _REACH)
        count = sum(letter.isdigit() for letter in match.group())
        if pieces and start <= pieces[-1][1]:
            first, _, before = pieces.pop()
            start, count = first, count + before
        pieces.append((start, end, count))
    return pieces


def _widened(text: str, start: int, end: int) -> tuple[int, int]:
    start, end = max(0, start), min(len(text), end)
    first, last = max(0, start - _WORD), min(len(text), end + _WORD)
    while start > first and not text[start - 1].isspace():
        start -= 1
    while end < last and not text[end].isspace():
        end += 1
    return start, end
