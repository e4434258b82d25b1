"""Numbers that an authority gives out: a form, often check digits, and words that announce them.

There are over a hundred such schemes and few digits in most texts. So a text is cut down to the places around its
digits once, and every form is looked for in what is left.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.base import CERTAIN, LIKELY
from ingest.label.recognisers.context import announced, announcing
from ingest.label.recognisers.letters import folded

_DIGITS = re.compile(r"[0-9]{1,40}(?:[ ./:-]{1,2}[0-9]{1,40}){0,40}")
_SEPARATORS = re.compile(r"[\s./:_-]+")
_REACH = 8
"""Letters that a form may have before its first and behind its last digit, and between two groups of them."""
_WORD = 40
"""How far a place is widened to the ends of its words."""
_LONGEST_LINK = 200
_BETWEEN = "\x1f"


ALONE = 0.4
"""The least score of a value that is all there is in its text: a field, or the answer to a question for it."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One form of one kind of number.

    ``form``: what it looks like, upper and lower case alike, ASCII only. ``check`` gets the upper-case letters and
    digits without separators and says whether they agree; a value that fails is dropped, or counts with ``failing``.
    ``score`` without, ``announced`` with a word of ``context`` near it. ``digits``: the least number of digits in it.
    """

    kind: str
    form: str
    score: float
    context: tuple[str, ...] = ()
    check: Callable[[str], bool] | None = None
    failing: float | None = None
    announced: float = 0.0
    digits: int = 7
    pattern: re.Pattern[str] = field(init=False, repr=False)
    words: re.Pattern[str] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(self.form, re.IGNORECASE | re.ASCII))
        object.__setattr__(self, "words", announcing(self.context))
        if not self.announced:
            raised = CERTAIN if self.score >= LIKELY else 0.65 + self.score / 2
            object.__setattr__(self, "announced", raised)

    def scored(self, value: str) -> float | None:
        """How sure the value alone is; None if its check digits refuse it."""
        if self.check is None or self.check(_SEPARATORS.sub("", value).upper()):
            return self.score
        return self.failing


@dataclass(frozen=True, slots=True)
class Places:
    """Pieces of a text, joined: ``starts[i]`` is where piece i begins in ``joined``, ``origins[i]`` in the text."""

    joined: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def original(self, at: int) -> int:
        piece = bisect_right(self.starts, at) - 1
        return self.origins[piece] + at - self.starts[piece]


class SchemeRecogniser:
    """Finds the values of many schemes in one go. The rule of a finding is ``number:`` and its kind."""

    name = "number"

    def __init__(self, schemes: Sequence[Scheme]) -> None:
        by_digits = sorted(schemes, key=lambda scheme: scheme.digits)
        self._tiers = [(least, tuple(tier)) for least, tier in groupby(by_digits, key=lambda scheme: scheme.digits)]

    def find(self, text: str) -> Iterator[Finding]:
        text = folded(text)
        pieces = pieces_with_digits(text)
        for least, schemes in self._tiers:
            places = joined(text, [piece for piece in pieces if piece[2] >= least])
            if not places.joined:
                return
            for scheme in schemes:
                yield from _found(scheme, places, text)


def _found(scheme: Scheme, places: Places, text: str) -> Iterator[Finding]:
    for match in scheme.pattern.finditer(places.joined):
        score = scheme.scored(match.group())
        if score is None:
            continue
        start = places.original(match.start())
        end = start + len(match.group())
        if start and text[start - 1] == "/" and _is_in_path(text, start):
            continue
        if score < ALONE and len(match.group()) == len(text.strip()):
            score = ALONE + score / 10
        if score < scheme.announced and announced(scheme.words, text, start, end):
            score = scheme.announced
        yield Finding(scheme.kind, Span(start, end), score, f"number:{scheme.kind.lower()}")


def _is_in_path(text: str, at: int) -> bool:
    """Whether the place is in the path of a link, where numbers are those of pages."""
    word = text[max(0, at - _LONGEST_LINK) : at].split()[-1]
    return "://" in word and "?" not in word


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


def joined(text: str, pieces: Sequence[tuple[int, int, int]]) -> Places:
    starts: list[int] = []
    at = 0
    for start, end, _ in pieces:
        starts.append(at)
        at += end - start + len(_BETWEEN)
    return Places(
        _BETWEEN.join(text[start:end] for start, end, _ in pieces),
        tuple(starts),
        tuple(start for start, _, _ in pieces),
    )
