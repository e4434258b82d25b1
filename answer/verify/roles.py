"""What changed its role: where a sentence says "from A to B" and its source "from B to A", where it takes one half of
"A leads X and B leads Y" with the other half of the other, and where who does something and who has it done change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from core.text import Span

_ROLE = re.compile(
    r"\b(from|to|into|in|by|of|for|over|with|than|before|after|against)\s+(?:the\s+|an?\s+)?$", re.IGNORECASE
)
_JOINT = re.compile(r"[;,]\s+(?:(?:and|but|while|whereas)\s+)?|\s+(?:and|but|while|whereas)\s+", re.IGNORECASE)
_PASSIVE = re.compile(r"\bby\b|\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?\w+(?:ed|en)\b", re.IGNORECASE)
_ALL_BUT = 0.8
"""Share of the words of a clause from which another has the same."""
_SAME = {"into": "to"}


@dataclass(frozen=True, slots=True)
class Role:
    """A name or number right behind a preposition."""

    span: Span
    key: str = field(repr=False)
    preposition: str


@dataclass(frozen=True, slots=True)
class Clause:
    """The content stems of a clause in order. ``passive``: what stands in front is not who does it."""

    stems: tuple[str, ...] = field(repr=False)
    passive: bool

    def around(self, word: str) -> tuple[frozenset[str], frozenset[str]]:
        """What stands before a word, and what stands behind it."""
        place = self.stems.index(word)
        return frozenset(self.stems[:place]), frozenset(self.stems[place + 1 :])


def roles(text: str, named: Sequence[tuple[Span, str]]) -> tuple[Role, ...]:
    """The roles of what stands at these spans, each known by its key."""
    found: list[Role] = []
    for span, key in named:
        if match := _ROLE.search(text[max(0, span.start - 20) : span.start]):
            preposition = match[1].lower()
            found.append(Role(span, key, _SAME.get(preposition, preposition)))
    return tuple(found)


def exchanged(sentence: Sequence[Role], sources: Sequence[Sequence[Role]]) -> Iterator[Span]:
    """Pairs whose two roles are the other way round in a source, and nowhere as in the sentence."""
    stated = {frozenset((role.key, role.preposition) for role in source) for source in sources}
    for one, other in combinations(sentence, 2):
        if one.preposition != other.preposition and one.key != other.key:
            as_here = {(one.key, one.preposition), (other.key, other.preposition)}
            turned = {(one.key, other.preposition), (other.key, one.preposition)}
            if any(turned <= held for held in stated) and not any(as_here <= held for held in stated):
                yield one.span


def clauses(text: str, content: Callable[[str], Sequence[str]]) -> tuple[Clause, ...]:
    """The clauses of a text that have more than a word."""
    parts = ((tuple(content(part)), _PASSIVE.search(part) is not None) for part in _JOINT.split(text))
    return tuple(Clause(stems, passive) for stems, passive in parts if len(stems) > 1)


def turned(sentence: Sequence[Clause], sources: Sequence[Sequence[Clause]]) -> bool:
    """Whether a clause of the sentence puts one thing in the place of the other around a word that it shares with the
    sources: the first half of one of their clauses with the second half of the next, or both halves of one exchanged."""
    return any(
        any(_mixed(own, one, other) or _mixed(own, other, one) for each in sources for one, other in pairwise(each))
        or any(_inverted(own, other) for each in sources for other in each)
        for own in sentence
        if not any(frozenset(own.stems) <= frozenset(other.stems) and not _inverted(own, other) for each in sources for other in each)
    )


def _mixed(own: Clause, one: Clause, other: Clause) -> bool:
    """``own`` has the beginning of ``one`` and the end of ``other``, and nothing else that tells them apart."""
    for word in {*own.stems} & {*one.stems} & {*other.stems}:
        (start, end), (begin, stop), (first, last) = own.around(word), one.around(word), other.around(word)
        begin, first = begin - {*other.stems}, first - {*one.stems}
        stop, last = stop - {*other.stems}, last - {*one.stems}
        if begin and first and stop and last and begin & start and last & end:
            if not {*own.stems} & (first | stop):
                return True
    return False


def _inverted(own: Clause, other: Clause) -> bool:
    """What stands before a word in one stands behind it in the other."""
    if own.passive != other.passive or len({*own.stems} & {*other.stems}) < _ALL_BUT * len({*own.stems}):
        return False
    for word in {*own.stems} & {*other.stems}:
        (start, end), (begin, stop) = own.around(word), other.around(word)
        if start and begin and start <= stop and begin <= end and not start & begin:
            return True
    return False
