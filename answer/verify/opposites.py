"""Words that say the opposite of each other: where a sentence has one in the place of the other, it is turned around.

The list is short and closed: pairs of what company texts decide, count and time. A word counts against a sentence only
in its place, that is among the same words, and where neither side is negated: ``not accepted`` is ``rejected``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from answer.terms import stem
from core.text import Span

_PAIRS: Sequence[tuple[str, str]] = (
    ("accept accepted approve approval grant permit allow admit authorise authorize",
     "reject refuse refusal decline deny denied denial forbid forbidden forbade prohibit ban banned disallow"),
    ("rise rose risen increase grow grew grown climb raise",
     "fall fell fallen decrease drop decline reduce lower shrink"),
    ("include", "exclude"), ("mandatory compulsory obligatory require", "optional voluntary"),
    ("open", "close closed shut"), ("begin began begun start commence", "end finish expire terminate cease"),
    ("buy bought purchase", "sell sold"), ("add", "remove delete"), ("enable", "disable"), ("valid", "invalid"),
    ("eligible", "ineligible"), ("hire", "dismiss"), ("deposit", "withdraw withdrew withdrawn"),
    ("win won", "lose lost"), ("arrive arrival", "depart departure leave left"), ("lend lent", "borrow"),
    ("credit", "debit"), ("profit", "loss"), ("succeed success", "fail failure"), ("support", "oppose opposition"),
    ("encourage", "discourage"), ("agree", "disagree"), ("appear", "disappear"), ("guilty", "innocent"),
    ("first", "last"), ("early earlier earliest", "late later latest"), ("minimum", "maximum"),
    ("morning", "evening afternoon night"), ("internal", "external"), ("inside indoor", "outside outdoor"),
    ("public", "private"), ("high higher highest", "low lower lowest"), ("long longer", "short shorter"),
    ("better best", "worse worst"), ("large larger largest", "small smaller smallest"), ("safe", "dangerous unsafe"),
    ("import", "export"), ("gross", "net"), ("present presence", "absent absence"),
    ("legal lawful", "illegal unlawful"),
)  # fmt: skip
_SIDES: dict[str, list[tuple[int, int]]] = {}
"""The stem of a word to the pairs it stands in, each with its side."""
for _number, _pair in enumerate(_PAIRS):
    for _side, _words in enumerate(_pair):
        for _word in _words.split():
            _SIDES.setdefault(stem(_word), []).append((_number, _side))
_UN = re.compile(r"un(?=\w{4})")
_NEAR = 4
"""Content words on either side that make the place of a word."""
_PLACE = 0.6
"""Share of these words that both places must have."""


@dataclass(frozen=True, slots=True)
class Opposable:
    """A word that has an opposite: the ``pair``, on which ``side`` of it, and the stems around it."""

    span: Span
    pair: int | str
    side: int
    around: frozenset[str] = field(repr=False)
    negated: bool


def opposables(words: Sequence[tuple[str, Span]], negated: Collection[int]) -> tuple[Opposable, ...]:
    """``words`` are the stems of the content words of a text, ``negated`` the places of those under a negation."""
    found: list[Opposable] = []
    for place, (term, span) in enumerate(words):
        around = frozenset(each for each, _ in (*words[max(0, place - _NEAR) : place], *words[place + 1 :][:_NEAR]))
        prefix = _UN.match(term)
        sides: list[tuple[int | str, int]] = [*_SIDES.get(term, ())]
        # A word with "un" in front is the opposite of the word, whichever it is.
        sides.append((term[prefix.end() :], 1) if prefix else (term, 0))
        found += [Opposable(span, pair, side, around, place in negated) for pair, side in sides]
    return tuple(found)


def opposed(sentence: Sequence[Opposable], sources: Sequence[Sequence[Opposable]]) -> Iterator[Span]:
    """Where the sentence has a word in whose place the sources have its opposite, and nowhere the word itself."""
    stated = {(each.pair, each.side) for each in sentence}
    for own in sentence:
        same = [
            other
            for source in sources
            for other in source
            if other.pair == own.pair and _same_place(own.around, other.around)
        ]
        if (own.pair, 1 - own.side) in stated or any(other.side == own.side for other in same):
            continue
        if any(other.negated == own.negated for other in same):
            yield own.span


def _same_place(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= max(1.0, _PLACE * min(len(one), len(other)))
