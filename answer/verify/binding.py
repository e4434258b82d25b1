"""Whether a number stands where the sources have it: next to the same words.

A model that takes a number from the wrong place ("8 weeks" of notice as the length of the leave) passes any check that
only asks whether the number occurs. So each number of a sentence is compared by its neighbourhood with every mention of
a number of its kind: where a mention of a value that the sentence does not state stands among the sentence's words, and
no mention of its own value does nearly as well, the number is out of place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from answer.terms import STOPWORDS, prior, stem
from answer.verify.days import Day
from answer.verify.quantities import Quantity
from core.text import Span

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_REACH = 6
"""Content words on either side that belong to a number."""
_FADE = 0.15
"""How much less a word counts for each word that lies between it and the number."""
_BEYOND = 0.5
"""How much less it counts across the end of a clause."""
_MARGIN = 0.25
"""By how much of the neighbourhood's weight another value must fit better."""
_ENOUGH = 0.45
"""Share of the neighbourhood's weight that the other value's mention must have."""
_WITHIN = 0.45
"""The same margin where the text has both values, which stand among much the same words."""
_DURATIONS = ("second", "month", "working day")
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
_CLAUSE = re.compile(r"[;:]|,\s|\b(?:and|but|or|while|whereas)\b")


@dataclass(frozen=True, slots=True)
class Mention:
    """A number or date with the words around it, each by how near it is, 0 to 1."""

    kind: str
    what: Quantity | Day
    around: Mapping[str, float] = field(repr=False)

    @property
    def span(self) -> Span:
        return self.what.span


def mentions(text: str, quantities: Sequence[Quantity], days: Sequence[Day]) -> Iterator[Mention]:
    found: list[tuple[str, Quantity | Day]] = [("date", day) for day in days if day.day is not None]
    found += [(_kind(text, quantity), quantity) for quantity in quantities if _counts(quantity)]
    taken = [what.span for _, what in found]
    words = [
        (match.start(), stem(match.group()))
        for match in _WORD.finditer(text)
        if match.group().lower() not in STOPWORDS and not any(span.start <= match.start() < span.end for span in taken)
    ]
    ends = [match.start() for match in _CLAUSE.finditer(text)]
    for kind, what in found:
        yield Mention(kind, what, _around(what.span, words, ends))


def misplaced(sentence: Sequence[Mention], sources: Sequence[Sequence[Mention]]) -> Iterator[Mention]:
    """The mentions of the sentence in whose place the sources have another value."""
    for mention in sentence:
        total = sum(prior(term) * near for term, near in mention.around.items())
        if not total:
            continue
        fits = [_fits(mention, theirs, sentence, total) for theirs in sources]
        own = max((mine for mine, _ in fits), default=0.0)
        for mine, other in fits:
            margin = _WITHIN if mine else _MARGIN
            if other >= _ENOUGH and other > own + margin:
                yield mention
                break


def _fits(
    mention: Mention, theirs: Sequence[Mention], sentence: Sequence[Mention], total: float
) -> tuple[float, float]:
    """How well one text's mentions of the same value fit, and those of values that the sentence does not state."""
    own = other = 0.0
    for each in theirs:
        if each.kind == mention.kind:
            fit = _fit(mention.around, each.around) / total
            if _same(mention, each):
                own = max(own, fit)
            elif not any(_same(stated, each) for stated in sentence):
                other = max(other, fit)
    return own, other


def _around(span: Span, words: Sequence[tuple[int, str]], ends: Collection[int]) -> dict[str, float]:
    before = [each for each in words if each[0] < span.start][-_REACH:][::-1]
    after = [each for each in words if each[0] >= span.end][:_REACH]
    near: dict[str, float] = {}
    for side in (before, after):
        for distance, (start, term) in enumerate(side):
            crossed = sum(min(start, span.start) < end < max(start, span.end) for end in ends)
            weight = _BEYOND**crossed / (1 + _FADE * distance)
            near[term] = max(near.get(term, 0.0), weight)
    return near


def _fit(own: Mapping[str, float], theirs: Mapping[str, float]) -> float:
    return sum(prior(term) * min(near, theirs[term]) for term, near in own.items() if term in theirs)


def _same(one: Mention, other: Mention) -> bool:
    if isinstance(one.what, Quantity) and isinstance(other.what, Quantity):
        return one.what.agrees(other.what)
    if isinstance(one.what, Day) and isinstance(other.what, Day):
        pairs = ((one.what.year, other.what.year), (one.what.month, other.what.month), (one.what.day, other.what.day))
        swapped = one.what.swappable or other.what.swappable
        return swapped or all(None in pair or pair[0] == pair[1] for pair in pairs)
    return False


def _kind(text: str, quantity: Quantity) -> str:
    if quantity.unit is not None:
        return "duration" if quantity.unit in _DURATIONS else quantity.unit
    if _YEAR.fullmatch(quantity.span.of(text)):
        return "year"
    return "number"


def _counts(quantity: Quantity) -> bool:
    """Whether it is a number, and not the mark of a thing (``AV-520``), which has no place of its own."""
    return all(isinstance(value, Decimal) for value in quantity.values)
