"""Numbers that an authority gives out: a form, often check digits, and words that announce them.

There are over a hundred such schemes and few digits in most texts. So a text is cut down to the places around its
digits once, and every form is looked for in what is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ingest.label.findings import Finding
from ingest.label.recognisers.base import CERTAIN, CLEAR, LIKELY
from ingest.label.recognisers.breaks import broken, grouped, is_broken, stands_alone, ungrouped
from ingest.label.recognisers.context import announced, announcing
from ingest.label.recognisers.letters import folded, unfielded
from ingest.label.recognisers.places import Places, joined, pieces_with_digits

_SEPARATORS = re.compile(r"[\s./:_-]+")
_LONGEST_LINK = 200
_BREAKABLE = 6
"""Digits that a number has at least which is looked for where it is broken."""
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

    @property
    def may_break(self) -> bool:
        """Whether its form says enough for one that is broken to be told from numbers of a column."""
        return self.digits >= _BREAKABLE and (self.check is not None or self.score >= CLEAR)

    def scored(self, value: str) -> float | None:
        """How sure the value alone is; None if its check digits refuse it."""
        if self.check is None or self.check(_SEPARATORS.sub("", value).upper()):
            return self.score
        return self.failing


class SchemeRecogniser:
    """Finds the values of many schemes in one go. The rule of a finding is ``number:`` and its kind."""

    name = "number"

    def __init__(self, schemes: Sequence[Scheme]) -> None:
        by_digits = sorted(schemes, key=lambda scheme: scheme.digits)
        self._breakable = [scheme for scheme in schemes if scheme.may_break]
        self._tiers = [(least, tuple(tier)) for least, tier in groupby(by_digits, key=lambda scheme: scheme.digits)]

    def find(self, text: str) -> Iterator[Finding]:
        text = unfielded(folded(text))
        pieces = pieces_with_digits(text)
        for least, schemes in self._tiers:
            places = joined(text, [piece for piece in pieces if piece[2] >= least])
            if not places.joined:
                break
            for scheme in schemes:
                yield from _found(scheme, places, text)
        if pieces:
            yield from self._broken(text)

    def _broken(self, text: str) -> Iterator[Finding]:
        runs = broken(text)
        for places in grouped(text, runs):
            for scheme in self._breakable:
                yield from (each for each in _found(scheme, places, text) if _counts(scheme, each, text))
        for places in ungrouped(text, runs):
            for scheme in self._breakable:
                if scheme.check is not None:
                    yield from (each for each in _found(scheme, places, text) if _is_announced(scheme, each, text))


def _found(scheme: Scheme, places: Places, text: str) -> Iterator[Finding]:
    for match in scheme.pattern.finditer(places.joined):
        score = scheme.scored(match.group())
        if score is None:
            continue
        span = places.span(*match.span())
        if span.start and text[span.start - 1] == "/" and _is_in_path(text, span.start):
            continue
        if score < ALONE and len(span) == len(text.strip()):
            score = ALONE + score / 10
        if score < scheme.announced and announced(scheme.words, text, span.start, span.end):
            score = scheme.announced
        yield Finding(scheme.kind, span, score, f"number:{scheme.kind.lower()}")


def _counts(scheme: Scheme, finding: Finding, text: str) -> bool:
    """Whether a broken number is more than numbers of a column."""
    if finding.score >= CLEAR and stands_alone(text, finding.span):
        return is_broken(text, finding.span)
    return _is_announced(scheme, finding, text)


def _is_announced(scheme: Scheme, finding: Finding, text: str) -> bool:
    span = finding.span
    return is_broken(text, span) and announced(scheme.words, text, span.start, span.end)


def _is_in_path(text: str, at: int) -> bool:
    """Whether the place is in the path of a link, where numbers are those of pages."""
    word = text[max(0, at - _LONGEST_LINK) : at].split()[-1]
    return "://" in word and "?" not in word
