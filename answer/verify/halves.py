"""Halves put together wrongly: of "A leads X and B leads Y" a sentence takes A and Y, or it says that X leads A.

Each piece of such a sentence stands in its source, so that neither words nor numbers give it away. What does is the
order of the words in the clauses; no parser is needed for clauses that are built alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from answer.terms import STOPWORDS

_JOINT = re.compile(
    r"(?P<other>;\s+(?:and\s+|but\s+)?|,?\s+(?:but|while|whereas)\s+)|,\s+(?:and\s+)?|\s+and\s+", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_PLACING = {
    **{word: word for word in "above below before after within until since more less no not without".split()},  # noqa: SIM905
    "over": "above",
    "under": "below",
}
"""Stop words that tell one thing from another, each as it is compared."""
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es|s|e)$")
_PASSIVE = re.compile(r"\bby\b|\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?\w+(?:ed|en)\b", re.IGNORECASE)
_ALL_BUT = 0.8
"""Share of a clause's words from which another clause speaks of the same."""


@dataclass(frozen=True, slots=True)
class Clause:
    """The words of a clause in order, without stop words and endings.

    ``passive``: what stands in front is not who does it. ``other``: what is said is set against the clause before it.
    """

    words: tuple[str, ...] = field(repr=False)
    passive: bool
    other: bool

    def around(self, word: str) -> tuple[frozenset[str], frozenset[str]]:
        """What stands before a word, and what stands behind it."""
        place = self.words.index(word)
        return frozenset(self.words[:place]), frozenset(self.words[place + 1 :])


def clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a text that have more than one word."""
    found: list[Clause] = []
    start, other = 0, False
    for joint in [*_JOINT.finditer(text), None]:
        part = text[start : joint.start() if joint else len(text)]
        words = tuple(
            _PLACING.get(word) or _ENDING.sub("", word) for word in _WORD.findall(part.lower()) if _tells(word)
        )
        if len(words) > 1:
            found.append(Clause(words, _PASSIVE.search(part) is not None, other))
        if joint:
            start, other = joint.end(), joint["other"] is not None
    return tuple(found)


def exchanged(sentence: Sequence[Clause], sources: Sequence[Sequence[Clause]]) -> bool:
    """Whether a clause of the sentence puts pieces of the sources together in another way, and none has it as it is."""
    whole = {word for clause in sentence for word in clause.words}
    neighbours = [pair for each in sources for pair in pairwise(each)]
    every = [clause for each in sources for clause in each]
    return any(
        any(_mixed(own, one, other) or _mixed(own, other, one) for one, other in neighbours)
        or any(
            _misnumbered(own, one, other, whole) or _misnumbered(own, other, one, whole) for one, other in neighbours
        )
        or any(len(sentence) == 1 and _set_against(own, one, other) for one, other in neighbours)
        or any(_inverted(own, other) for other in every)
        for own in sentence
        if not any({*own.words} <= {*other.words} and not _inverted(own, other) for other in every)
    )


def _mixed(own: Clause, one: Clause, other: Clause) -> bool:
    """``own`` has the beginning of ``one`` and the end of ``other``, and nothing else that tells them apart."""
    mine, only, others = {*own.words}, {*one.words} - {*other.words}, {*other.words} - {*one.words}
    for word in mine & {*one.words} & {*other.words}:
        (start, end), (begin, stop), (first, last) = own.around(word), one.around(word), other.around(word)
        begin, stop, first, last = begin & only, stop & only, first & others, last & others
        if first and stop and begin & start and last & end and not mine & (first | stop):
            return True
    return False


def _misnumbered(own: Clause, one: Clause, other: Clause, whole: set[str]) -> bool:
    """``own`` has a number of ``one`` with what ``other`` says, whose own number is nowhere in the sentence."""
    mine, only, others = {*own.words}, {*one.words} - {*other.words}, {*other.words} - {*one.words}
    numbers, theirs = _numbers(only), _numbers(others)
    taken = numbers & mine and theirs and not theirs & whole
    return bool(taken and (others - theirs) & mine and only - numbers - mine) and _speaks_of(own, one, other)


def _set_against(own: Clause, one: Clause, other: Clause) -> bool:
    """``own`` says of the one what is said of the other, which is set against it."""
    mine, only, others = {*own.words}, {*one.words} - {*other.words}, {*other.words} - {*one.words}
    mixed = all(part & mine and part - mine for part in (only, others))
    return other.other and mixed and _speaks_of(own, one, other)


def _speaks_of(own: Clause, *others: Clause) -> bool:
    """Whether these clauses have nearly all words of ``own``."""
    mine = {*own.words}
    return len(mine & {word for each in others for word in each.words}) >= _ALL_BUT * len(mine)


def _inverted(own: Clause, other: Clause) -> bool:
    """What stands before a word in one stands behind it in the other."""
    mine, theirs = {*own.words}, {*other.words}
    if own.passive != other.passive or not _speaks_of(own, other):
        return False
    for word in mine & theirs:
        (start, end), (begin, stop) = own.around(word), other.around(word)
        if start and begin and start <= stop and begin <= end and not start & begin:
            return True
    return False


def _numbers(words: set[str]) -> set[str]:
    return {word for word in words if word[0].isdigit()}


def _tells(word: str) -> bool:
    return word not in STOPWORDS or word in _PLACING
