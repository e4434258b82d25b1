"""Which retrieved texts read like instructions to a model, for reviewers and for what an answer may rest on.

A small model over the signs of ``answer.signs``, each counted once: the score is the calibrated probability that the
text was written to steer a model. Nothing is taken out of an answer for it; what instructs carries no sentence of a
model, that is all.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from answer.cleared import offsets
from answer.numbered import Unit
from answer.sign_patterns import Word
from answer.signs import found
from answer.terms import stems
from core.text import Span
from retrieval.evidence import Passage

_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_FENCE = "```"
_LONGEST = 20_000
"""Characters that are looked at. A passage is far shorter."""
_ADDRESS = re.compile(r"(?:\b[a-z]+://|\bwww\.)\S+|\b[\w.+-]*@?(?:[a-z0-9-]+\.)+[a-z]{2,8}\b(?:/\S*)?", re.IGNORECASE)
_POINTING = stems(
    "according document text passage source visit see go open click follow find more here link website site page web"
    " address contact check read information details learn says states available"
)
_LEAST_SAID = 1
"""Words that a sentence with an address must have beside it and beside those that only point there."""
_NEAR = 400
"""Characters on each side of an instruction, within its paragraph, that are taken for part of it."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """``score`` in 0..1; ``reasons`` in the order of the text, ``spans`` where each of them stands."""

    score: float
    reasons: tuple[Word, ...]
    spans: tuple[Span, ...]
    flagged: bool


@dataclass(frozen=True, slots=True)
class Scorer:
    """Weights of signs. A text is flagged from ``flag_from``; a single sentence instructs from ``instructs_from``."""

    version: int
    fitted_on: str
    weights: Mapping[str, float] = field(repr=False)
    intercept: float
    flag_from: float
    instructs_from: float

    def score(self, signs: Collection[str]) -> float:
        total = self.intercept + sum(self.weights.get(sign, 0.0) for sign in set(signs))
        return 1 / (1 + math.exp(-total))

    def to_json(self) -> str:
        return json.dumps(
            {
                "version": self.version,
                "fitted_on": self.fitted_on,
                "flag_from": self.flag_from,
                "instructs_from": self.instructs_from,
                "intercept": self.intercept,
                "weights": dict(self.weights),
            },
            indent=2,
        )

    @classmethod
    def from_json(cls, text: str) -> Scorer:
        raw = json.loads(text)
        return cls(
            version=int(raw["version"]),
            fitted_on=str(raw["fitted_on"]),
            weights={str(name): float(weight) for name, weight in raw["weights"].items()},
            intercept=float(raw["intercept"]),
            flag_from=float(raw["flag_from"]),
            instructs_from=float(raw["instructs_from"]),
        )


@cache
def shipped() -> Scorer:
    """The weights that come with this version."""
    return Scorer.from_json(files("answer").joinpath("suspicion_weights.json").read_text("utf-8"))


def suspicious(text: str, scorer: Scorer | None = None) -> Suspicion:
    """How much ``text`` reads like an instruction to a model, and why. Deterministic."""
    scorer = scorer or shipped()
    pairs = sorted(set(found(text[:_LONGEST])), key=lambda pair: (pair[1], pair[0]))
    score = scorer.score({word for word, _ in pairs})
    return Suspicion(
        score=score,
        reasons=tuple(word for word, _ in pairs),
        spans=tuple(span for _, span in pairs),
        flagged=score >= scorer.flag_from,
    )


def instructs(text: str) -> bool:
    """Whether one sentence, of the evidence or of a draft, speaks to a model rather than to a reader."""
    scorer = shipped()
    return suspicious(text, scorer).score >= scorer.instructs_from


class Guard:
    """What keeps instructions in the evidence of one answer from speaking through a model.

    ``texts`` are the units that a sentence may rest on, for ``Ground``: empty for one that instructs, so that it
    neither holds a sentence nor replaces one, and for one that states nothing: a question, a bare address.
    """

    def __init__(self, units: Sequence[Unit], question: str) -> None:
        self.instructing, self.flagged = _examined(units)
        self.texts = tuple(
            "" if at in self.instructing or _states_nothing(unit.own) else unit.text for at, unit in enumerate(units)
        )
        known = stems(" ".join((question, *self.texts)))
        above = (each for each in {heading(unit.passage) for unit in units} if suspicious(each).flagged)
        self._foreign = stems(" ".join((*(units[at].text for at in sorted(self.instructing)), *above))) - known

    def refuses(self, sentence: str) -> bool:
        """Whether a sentence of a draft speaks to a model, has a word that it can only have from an instruction, or
        says nothing but where to go."""
        return instructs(sentence) or not self._foreign.isdisjoint(stems(sentence)) or _only_leads_away(sentence)


def heading(passage: Passage) -> str:
    """What stands above the text of a passage: its model is given that as well."""
    return "\n".join((passage.document.title, *passage.headings))


def _states_nothing(unit: str) -> bool:
    return unit.rstrip("\"'”’)] ").endswith("?") or _only_leads_away(unit)


def _only_leads_away(sentence: str) -> bool:
    rest, addresses = _ADDRESS.subn(" ", sentence)
    return bool(addresses) and len(stems(rest) - _POINTING) < _LEAST_SAID


def instructing(units: Sequence[Unit]) -> frozenset[int]:
    """The places, in ``units``, of those that instruct a model, or stand right beside words that do.

    No sentence of a model may rest on them, and none of them replaces one: what a text tells a model to say often
    stands in the sentence after the one that tells it to.
    """
    return _examined(units)[0]


def _examined(units: Sequence[Unit]) -> tuple[frozenset[int], tuple[str, ...]]:
    """The same, and the chunks that are flagged for reviewers."""
    bad: set[int] = set()
    flagged: list[str] = []
    for passage, places in _by_passage(units):
        ranges = {place: standing(passage, units[place]) for place in places}
        whole = suspicious(passage.text)
        if whole.flagged or suspicious(heading(passage)).flagged:
            flagged.append(passage.chunk_id)
        anchors = list(whole.spans) if whole.flagged else []
        anchors += [ranges[place] for place in places if instructs(units[place].own)]
        zones = [_around(passage.text, anchor) for anchor in anchors]
        bad.update(place for place in places if any(ranges[place].overlaps(zone) for zone in zones))
    return frozenset(bad), tuple(flagged)


def _by_passage(units: Sequence[Unit]) -> list[tuple[Passage, list[int]]]:
    grouped: dict[str, tuple[Passage, list[int]]] = {}
    for place, unit in enumerate(units):
        grouped.setdefault(unit.passage.chunk_id, (unit.passage, []))[1].append(place)
    return list(grouped.values())


def standing(passage: Passage, unit: Unit) -> Span:
    """Where a unit, without its lead, stands in its passage's text."""
    pieces = [piece for span in unit.sentence.own_spans for piece in offsets(passage.spans, span)]
    return Span(min(low for low, _ in pieces), max(high for _, high in pieces)) if pieces else Span(0, 0)


def _around(text: str, anchor: Span) -> Span:
    """The paragraph of an instruction, as far as it is near."""
    before = [match.end() for match in _PARAGRAPH.finditer(text, max(0, anchor.start - _NEAR), anchor.start)]
    after = _PARAGRAPH.search(text, anchor.end, min(len(text), anchor.end + _NEAR))
    start = before[-1] if before else max(0, anchor.start - _NEAR)
    end = after.start() if after else min(len(text), anchor.end + _NEAR)
    if text.count(_FENCE, anchor.start, end) % 2:
        # Code goes on over empty lines, to the end of its block.
        close = text.find(_FENCE, end)
        end = len(text) if close < 0 else close + len(_FENCE)
    return Span(start, end)
