"""Verifying the sentences of a draft against the numbered units of its evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from answer.candidates import Embed
from answer.verify.clauses import foreign
from answer.verify.connectives import says_nothing
from answer.verify.exact import Disagreement, compare
from answer.verify.exact import read as read_facts
from answer.verify.shelf import MOST_CITED, Shelf
from answer.verify.signals import Reading, read, signals
from answer.verify.support import SupportModel

Entails = Callable[[str, str], float]
"""The probability that a text, the first argument, carries a sentence."""

_CERTAIN = 0.9
"""Support from which the draft's own citations are not questioned."""
_CLEARLY = 0.08
"""How much better other citations must carry a sentence to take the place of citations that carry it as well."""
_REPLACES = 0.62
"""Cosine from which a unit is about what a dropped sentence was about."""
_REPLACES_WORDS = 0.45
"""Share of the dropped sentence's weight that the unit must have as well."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one sentence.

    ``cited`` are the units that carry it, or those that come nearest where it is not held; ``repaired`` tells that they
    are others than the draft cited. ``says_nothing``: a pure connective, to be dropped without a word.
    """

    holds: bool
    support: float
    cited: tuple[int, ...]
    disagreements: tuple[Disagreement, ...] = ()
    repaired: bool = False
    says_nothing: bool = False


class Ground:
    """The evidence of one answer. ``units`` are its numbered sentences, ``passages`` the passage of each if known.

    Both sides are pseudonymised alike. Units are embedded once, when they are first looked at.
    ``threshold`` is that of the model unless given; ``entails`` takes the place of the model.
    """

    def __init__(
        self,
        units: Sequence[str],
        embed: Embed,
        model: SupportModel,
        *,
        passages: Sequence[int] = (),
        threshold: float | None = None,
        entails: Entails | None = None,
    ) -> None:
        self._shelf = Shelf(units, embed, passages)
        self._embed = embed
        self._model = model
        self._entails = entails
        self._threshold = model.threshold if threshold is None else threshold

    @property
    def threshold(self) -> float:
        """Support from which a sentence holds."""
        return self._threshold

    def verify(self, sentence: str, cited: Sequence[int]) -> Verdict:
        """Whether the cited units, or better ones, carry the sentence. Units are counted from 0; numbers that no unit
        has are passed over, because models invent citations too."""
        if says_nothing(sentence):
            return Verdict(False, 0.0, (), says_nothing=True)
        if not len(self._shelf):
            return Verdict(False, 0.0, ())
        named = tuple(dict.fromkeys(unit for unit in cited if 0 <= unit < len(self._shelf)))
        reading = self._read(sentence, named[:MOST_CITED])
        first = self._judge(reading, named[:MOST_CITED], repaired=False) if named else None
        if first is not None and first.holds and first.support >= _CERTAIN:
            return first
        better = reading.carriers()
        second = self._judge(reading, better, repaired=set(better) != set(named))
        if first is None:
            return second
        if first.holds:
            return second if second.holds and second.support > first.support + _CLEARLY else first
        return second if second.holds or second.support > first.support else first

    def replacement(self, sentence: str) -> int | None:
        """The unit that says, verbatim, what a dropped sentence tried to say; none where none is close enough."""
        if says_nothing(sentence) or not len(self._shelf):
            return None
        reading = self._read(sentence)
        best = int(np.argmax(reading.meanings))
        weights = self._shelf.weights(set(reading.terms))
        shared = sum(weight for term, weight in weights.items() if term in self._shelf.stems[best])
        near = float(reading.meanings[best]) >= _REPLACES and shared >= _REPLACES_WORDS * sum(weights.values())
        return best if near else None

    def _read(self, sentence: str, named: Sequence[int] = ()) -> Reading:
        facts = read_facts(sentence)
        vector = np.asarray(self._embed([facts.text]), dtype=np.float32)[0]
        return read(facts, vector, self._shelf, named)

    def _judge(self, reading: Reading, cited: tuple[int, ...], *, repaired: bool) -> Verdict:
        found = disagreements(reading, cited)
        if self._entails is not None:
            support = self._entails("\n".join(self._shelf.texts[unit] for unit in sorted(cited)), reading.facts.text)
        else:
            support = self._model.probability(signals(reading, cited, found))
        holds = not found and support >= self._threshold
        return Verdict(holds, support, cited, found, repaired)


def disagreements(reading: Reading, cited: Sequence[int]) -> tuple[Disagreement, ...]:
    """What a sentence says otherwise than its cited units, numbers compared with the closest other units as well, and
    the clauses of which they have no word."""
    shelf = reading.shelf
    found = compare(reading.facts, [shelf.facts(unit) for unit in cited], reading.beside(cited))
    together = frozenset[str]().union(*(shelf.stems[unit] for unit in cited))
    return (*found, *(Disagreement("clause", span) for span in foreign(reading.facts.text, together)))
