"""The numbered units of one answer, read once: vectors, words, facts; and which of them carry a sentence best."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from answer.candidates import Embed, Vectors
from answer.terms import prior
from answer.verify.clauses import content
from answer.verify.exact import Facts, read

MOST_CITED = 3
"""Units that carry one sentence."""

LOOKED_AT = 12
"""Units whose meaning is compared with that of a sentence, beside those that it cites."""
_MEANING = 0.6
"""Weight of the cosine against the share of the sentence's words, when units are looked for."""
_FURTHER = 0.3
"""How much of it counts for a unit beside the first: that one must add words."""
_SAME_GROUP = 0.05
_FACT = 2.0
"""How much more a term of a name or a number counts, when units are looked for."""
_ADDS = 0.04
"""Share of the sentence's weight that a further unit must add."""
_BESIDE = 4
_NEAR = 2
"""Without known passages, units at most this far apart count as of one passage."""


class Shelf:
    """``texts`` are the units; ``passages`` tells for each which passage it stands in, where that is known.

    ``embed`` is called for units when they are first looked at.
    """

    def __init__(self, texts: Sequence[str], embed: Embed, passages: Sequence[int] = ()) -> None:
        if passages and len(passages) != len(texts):
            raise ValueError("passages must name one passage for each unit")
        self.texts = tuple(texts)
        self.embed = embed
        self.contents = tuple(content(text) for text in texts)
        self.stems = tuple(frozenset(each) for each in self.contents)
        self._passages = tuple(passages)
        self._frequency = Counter(term for held in self.stems for term in held)
        self._facts: dict[int, Facts] = {}
        self._vectors: dict[int, Vectors] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def vectors(self, units: Sequence[int]) -> Vectors:
        """float32[len(units), dimensions], rows of unit length. Each unit is embedded once, when first asked for."""
        new = [unit for unit in dict.fromkeys(units) if unit not in self._vectors]
        if new:
            rows = np.asarray(self.embed([self.texts[unit] for unit in new]), dtype=np.float32)
            self._vectors.update(zip(new, rows, strict=True))
        return np.stack([self._vectors[unit] for unit in units])

    def meanings(self, vector: Vectors, terms: Collection[str], named: Sequence[int] = ()) -> Vectors:
        """float32[units]: the cosine of a sentence to the units ``named`` and to those that share most of its words;
        0 for all others, since embedding the whole evidence would cost more than everything else."""
        weights = self.weights(set(terms))
        shares = [sum(weight for term, weight in weights.items() if term in held) for held in self.stems]
        likely = sorted((unit for unit, share in enumerate(shares) if share), key=lambda unit: -shares[unit])
        looked = list(dict.fromkeys((*named, *likely[:LOOKED_AT])))
        found = np.zeros(len(self), dtype=np.float32)
        if looked:
            found[looked] = self.vectors(looked) @ vector
        return found

    def facts(self, unit: int) -> Facts:
        if unit not in self._facts:
            self._facts[unit] = read(self.texts[unit])
        return self._facts[unit]

    def together(self, one: int, other: int) -> bool:
        """Whether two units stand in one passage, as far as is known."""
        if self._passages:
            return self._passages[one] == self._passages[other]
        return abs(one - other) <= _NEAR

    def has(self, term: str) -> bool:
        """Whether any unit has a term."""
        return self._frequency[term] > 0

    def weights(self, terms: Collection[str]) -> dict[str, float]:
        """How much each term of a sentence says: rare among the units, and not a common word."""
        return {term: self._weight(term) for term in terms}

    def nearest(self, meanings: Vectors, without: Collection[int] = ()) -> tuple[int, ...]:
        """The units closest in meaning, at most ``_BESIDE``."""
        order = np.argsort(-meanings, kind="stable")[:_BESIDE]
        return tuple(int(unit) for unit in order if int(unit) not in without)

    def choose(
        self,
        terms: Sequence[str],
        meanings: Vectors,
        *,
        facts: Collection[str] = (),
        most: int = MOST_CITED,
    ) -> tuple[int, ...]:
        """The units that say a sentence best, best first: close in meaning, then each adding words still missing.

        ``terms`` are the sentence's stems, ``meanings`` its cosine to every unit; ``facts`` are those stems that stand
        in names and numbers, and must be found more than others.
        """
        missing = self.weights(terms)
        for term in facts:
            missing[term] = _FACT * missing.get(term, 0.0)
        total = sum(missing.values()) or 1.0
        chosen: list[int] = []
        while len(chosen) < most and len(chosen) < len(self):
            gains = [sum(weight for term, weight in missing.items() if term in held) / total for held in self.stems]
            scores = [
                (_FURTHER if chosen else 1.0) * _MEANING * float(meanings[unit])
                + gain
                + (_SAME_GROUP if any(self.together(unit, other) for other in chosen) else 0.0)
                if unit not in chosen
                else -math.inf
                for unit, gain in enumerate(gains)
            ]
            best = max(range(len(scores)), key=scores.__getitem__)
            if chosen and gains[best] < _ADDS:
                break
            chosen.append(best)
            for term in self.stems[best]:
                missing.pop(term, None)
        return tuple(chosen)

    def _weight(self, term: str) -> float:
        frequency = self._frequency[term]
        rarity = math.log(1 + (len(self) - frequency + 0.5) / (frequency + 0.5)) if frequency else 0.0
        return prior(term) + rarity
