"""How well units carry a sentence, as signals that each speak for it the higher they are.

Sentences that a model invents seldom differ as a whole: a clause, a name or a number was put into one that is
otherwise true. So beside the likeness of the whole there is what its worst piece has: the longest run of words that the
units do not have, the worst window of words, pairs of neighbouring words that no unit brings together.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from answer.candidates import Vectors
from answer.verify.clauses import content
from answer.verify.exact import Disagreement, Facts
from answer.verify.shelf import Shelf

SIGNALS: Mapping[str, str] = {
    "likeness": "highest cosine of a cited unit to the sentence",
    "joint_likeness": "cosine of the cited units together to the sentence",
    "coverage": "share of the sentence's weight in the cited units together",
    "best_coverage": "the highest such share of one cited unit",
    "wide_coverage": "the same share of all units of the answer",
    "missing": "minus the logarithm of the weight that the cited units lack",
    "missing_run": "minus the logarithm of the weight of the longest run of words that they lack",
    "worst_window": "the share of a window of words that the best cited unit for it has, for the worst window",
    "pairs": "share of neighbouring words that one cited unit has both of",
    "phrases": "share of neighbouring words that stand side by side in a cited unit",
    "numbers": "minus the numbers that disagree, at most 3",
    "dates": "minus the dates that disagree, at most 3",
    "names": "minus the names that disagree, at most 3",
    "quotes": "minus the quotations that are not verbatim, at most 3",
    "turns": "minus negations, obligations and limits that disagree, at most 3",
    "opposites": "minus 1 where the sentence has a word whose opposite stands in the units in its place",
}

_WINDOW = 3
"""Content words."""
_MANY = 3
_TURNS = ("negation", "modality", "limit", "order")

_OPPOSITES: Sequence[tuple[str, str]] = (
    ("increas", "decreas"), ("increas", "reduc"), ("rise", "fall"), ("ris", "fall"), ("rais", "lower"), ("high", "low"),
    ("higher", "lower"), ("upregul", "downregul"), ("promot", "inhibit"), ("activ", "inhibit"), ("gain", "los"),
    ("improv", "worsen"), ("enhanc", "reduc"), ("accept", "reject"), ("accept", "refus"), ("allow", "prohibit"),
    ("allow", "forbid"), ("permit", "prohibit"), ("positiv", "negativ"), ("better", "worse"), ("win", "los"),
    ("first", "last"), ("prevent", "caus"), ("approv", "den"), ("approv", "reject"), ("help", "harm"),
    ("early", "late"), ("earli", "later"), ("short", "long"), ("enabl", "prevent"), ("stimul", "suppress"),
    ("presenc", "absenc"), ("mandatory", "optional"), ("mandator", "option"), ("required", "optional"),
    ("full", "part"), ("paid", "unpaid"), ("includ", "exclud"), ("internal", "external"), ("buy", "sell"),
    ("hir", "dismiss"), ("open", "clos"), ("start", "end"), ("guilt", "innocent"), ("support", "oppos"),
    ("success", "fail"), ("minimum", "maximum"), ("minim", "maxim"), ("before", "after"), ("more", "less"),
    ("most", "least"), ("always", "never"), ("sensitiv", "resistan"), ("eligib", "ineligib"), ("valid", "invalid"),
)  # fmt: skip


@dataclass(slots=True)
class Reading:
    """A sentence of a draft, read once against the units of ``shelf``: ``terms`` are its content stems in order.

    Units are embedded when something depends on their meaning: a sentence that its own citations carry never has the
    other units looked at. ``named`` are units that are among those looked at in any case.
    """

    facts: Facts = field(repr=False)
    terms: tuple[str, ...] = field(repr=False)
    vector: Vectors = field(repr=False)
    shelf: Shelf = field(repr=False)
    named: tuple[int, ...] = ()
    _meanings: Vectors | None = field(default=None, init=False, repr=False)

    @property
    def meanings(self) -> Vectors:
        """Its cosine to every unit that is looked at, and 0 for the others."""
        if self._meanings is None:
            self._meanings = self.shelf.meanings(self.vector, self.terms, self.named)
        return self._meanings

    def likeness(self, units: Sequence[int]) -> float:
        """Its highest cosine to one of ``units``."""
        return float((self.shelf.vectors(units) @ self.vector).max())

    def carriers(self) -> tuple[int, ...]:
        """The units that carry the sentence best."""
        stated = [name.span for name in self.facts.names] + [each.span for each in self.facts.quantities]
        hard = {term for span in stated for term in content(span.of(self.facts.text))}
        return self.shelf.choose(self.terms, self.meanings, facts=hard.intersection(self.terms))

    def beside(self, cited: Sequence[int]) -> Iterator[Facts]:
        """The facts of the other units that are closest in meaning."""
        for unit in self.shelf.nearest(self.meanings, cited):
            yield self.shelf.facts(unit)


def read(facts: Facts, vector: Vectors, shelf: Shelf, named: Sequence[int] = ()) -> Reading:
    """``named`` are units that are compared with it in any case."""
    return Reading(facts, content(facts.text), vector, shelf, tuple(named))


def signals(reading: Reading, cited: Sequence[int], disagreements: Sequence[Disagreement]) -> dict[str, float]:
    """The values of ``SIGNALS`` for a sentence on its cited units. Raises ``ValueError`` where none is cited."""
    if not cited:
        raise ValueError("signals need at least one cited unit")
    shelf, terms = reading.shelf, reading.terms
    by_term = shelf.weights(set(terms))
    weights = [by_term[term] for term in terms]
    total = sum(weights) or 1.0
    held = [shelf.stems[unit] for unit in cited]
    together = frozenset[str]().union(*held)
    lacking = [0.0 if term in together else weight for term, weight in zip(terms, weights, strict=True)]
    everywhere = sum(w for t, w in zip(terms, weights, strict=True) if shelf.has(t))
    kinds = Counter(each.kind for each in disagreements)
    joint = shelf.vectors(list(cited)).sum(axis=0)
    neighbours = list(pairwise(terms))
    phrases = {pair for unit in cited for pair in pairwise(shelf.contents[unit])}
    return {
        "likeness": reading.likeness(cited),
        "joint_likeness": float(joint @ reading.vector) / (float(np.linalg.norm(joint)) or 1.0),
        "coverage": 1.0 - sum(lacking) / total,
        "best_coverage": max(_share(terms, weights, each) for each in held),
        "wide_coverage": everywhere / total if terms else 1.0,
        "missing": -math.log1p(sum(lacking)),
        "missing_run": -math.log1p(_longest_run(lacking)),
        "worst_window": _worst_window(terms, weights, held),
        "pairs": _mean([any(one in each and other in each for each in held) for one, other in neighbours]),
        "phrases": _mean([pair in phrases for pair in neighbours]),
        "numbers": -float(min(kinds["number"], _MANY)),
        "dates": -float(min(kinds["date"], _MANY)),
        "names": -float(min(kinds["name"], _MANY)),
        "quotes": -float(min(kinds["quote"], _MANY)),
        "turns": -float(min(sum(kinds[kind] for kind in _TURNS), _MANY)),
        "opposites": -float(_opposed(frozenset(terms), together)),
    }


def _share(terms: Sequence[str], weights: Sequence[float], held: Collection[str]) -> float:
    total = sum(weights)
    return sum(w for t, w in zip(terms, weights, strict=True) if t in held) / total if total else 1.0


def _longest_run(lacking: Sequence[float]) -> float:
    longest = run = 0.0
    for weight in lacking:
        run = run + weight if weight else 0.0
        longest = max(longest, run)
    return longest


def _worst_window(terms: Sequence[str], weights: Sequence[float], held: Sequence[Collection[str]]) -> float:
    starts = range(max(1, len(terms) - _WINDOW + 1))
    windows = [(terms[at : at + _WINDOW], weights[at : at + _WINDOW]) for at in starts]
    return min(max(_share(part, weight, each) for each in held) for part, weight in windows)


def _mean(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 1.0


def _opposed(own: frozenset[str], theirs: frozenset[str]) -> bool:
    mine, others = own - theirs, theirs - own
    return any(
        any(term.startswith(one) for term in mine) and any(term.startswith(other) for term in others)
        for pair in _OPPOSITES
        for one, other in (pair, pair[::-1])
    )
