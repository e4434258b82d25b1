"""How hard a question looks: whether the large model is likely to be needed where a small one is not enough.

The signals are counts of what makes a question ask for several steps (quantities, parts of wholes, conditions,
comparisons, clauses, sentences), and whether its meaning lies nearer to calculating, deriving and deciding a case than
to naming, telling and looking up. Weights are non-negative: more of any signal never lowers the difficulty. They are
``difficulty_weights.json``, written by ``vouch eval routing --fit``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

FEATURES: Mapping[str, str] = {
    "length": "words",
    "sentences": "sentences",
    "clauses": "commas a sentence",
    "quantities": "words of amounts and of what is done with them (twice, each, total, remaining)",
    "parts": "whether it has a fraction or a half, third, quarter",
    "conditions": "words that bind one statement to another (if, unless, until, assuming)",
    "steps": "words of an order (first, then, finally)",
    "comparisons": "occurrences of 'than'",
    "negations": "words that deny",
    "numbers": "numbers, of which more than three count as three",
    "kind": "where its meaning lies between looking up (0) and working out (1)",
}
"""Name of each signal and what it is. Counts are logarithms of one more, but for the last two and ``clauses``."""
MEANING = "kind"
"""The signal that needs the question's vector."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NUMBER = re.compile(r"\d[\d,.]*")
_END = re.compile(r"[.!?]+(?:\s|$)")
_PART = re.compile(r"\d\s*/\s*\d|\b(?:half|halves|thirds?|quarters?)\b", re.IGNORECASE)


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_QUANTITY = _listed(
    "half twice double triple third quarter percent percentage times each every per total remaining left more less "
    "fewer than dozen average ratio rate fraction sum difference product rest altogether combined"
)
_CONDITION = _listed(
    "if unless except only until before after when while but however although otherwise whether assuming suppose given "
    "since because instead provided"
)
_STEP = _listed("first second next finally afterwards later then again also additionally step steps")
_NEGATION = _listed(
    "not no never none nor neither without cannot nothing nobody isn't doesn't don't can't won't didn't wasn't"
)
_NUMBERS = 3
_SPREAD = 1.702
"""With it the logistic curve follows the normal one to .01 (Camilli, 1994)."""
_LONGEST = 20_000
"""Characters that are read: a question beyond that is no harder for what follows."""

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Kind:
    """A direction among vectors of ``model``. The projection counts from ``low`` (0) to ``high`` (1): beyond either,
    a question is wholly of its kind, and other signals tell it from its neighbours."""

    model: str
    direction: tuple[float, ...]
    low: float
    high: float

    def of(self, vector: Vector) -> float:
        along = float(np.dot(np.asarray(vector, dtype=np.float64).ravel(), np.asarray(self.direction)))
        return min(1.0, max(0.0, (along - self.low) / (self.high - self.low)))


@dataclass(frozen=True, slots=True)
class Weights:
    """Of plain signals. ``mean`` and ``scale`` are those of the weighted sum over the questions it was fitted on."""

    weights: Mapping[str, float]
    mean: float
    scale: float

    def difficulty(self, signals: Mapping[str, float]) -> float:
        total = sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-_SPREAD * (total - self.mean) / self.scale))


@dataclass(frozen=True, slots=True)
class Difficulty:
    """A fitted model: ``words`` for a question alone, ``both`` for one with its vector."""

    version: int
    fitted_on: str
    words: Weights
    both: Weights
    kind: Kind

    def of(self, question: str, vector: Vector | None) -> float:
        signals = counts(question)
        if vector is None or np.size(vector) != len(self.kind.direction):
            return self.words.difficulty(signals)
        return self.both.difficulty({**signals, MEANING: self.kind.of(vector)})

    def to_json(self) -> str:
        def plain(weights: Weights) -> dict[str, object]:
            return {"mean": weights.mean, "scale": weights.scale, "weights": dict(weights.weights)}

        whole = {
            "version": self.version,
            "fitted_on": self.fitted_on,
            "words": plain(self.words),
            "both": plain(self.both),
            "kind": {"model": self.kind.model, "low": self.kind.low, "high": self.kind.high},
        }
        direction = ", ".join(f"{value:.4f}" for value in self.kind.direction)
        return json.dumps(whole, indent=2)[:-2].rstrip() + f',\n  "direction": [{direction}]\n}}'

    @classmethod
    def from_json(cls, text: str) -> Difficulty:
        raw = json.loads(text)

        def weights(of: str) -> Weights:
            own = raw[of]
            return Weights(
                {str(name): float(value) for name, value in own["weights"].items()},
                float(own["mean"]),
                float(own["scale"]),
            )

        kind = raw["kind"]
        direction = tuple(float(value) for value in raw["direction"])
        return cls(
            version=int(raw["version"]),
            fitted_on=str(raw["fitted_on"]),
            words=weights("words"),
            both=weights("both"),
            kind=Kind(str(kind["model"]), direction, float(kind["low"]), float(kind["high"])),
        )


def difficulty(question: str, vector: Vector | None = None) -> float:
    """In 0..1; .5 is the middle of the questions it was fitted on, which are harder than those of an office.

    ``vector`` float[dimensions] is the question's, of length 1, by the packaged embedding model; give None where
    another model embeds, whose directions mean something else.
    """
    return shipped().of(question, vector)


def is_understood(embedder: str) -> bool:
    """Whether vectors of the embedder with this identity are among those that the shipped direction belongs to."""
    return embedder.partition("@")[0] == shipped().kind.model


def counts(question: str) -> dict[str, float]:
    """The signals of ``FEATURES`` that need no vector."""
    text = question[:_LONGEST]
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    sentences = max(1, sum(1 for each in _END.split(text) if each.strip()))
    return {
        "length": math.log1p(len(words)),
        "sentences": math.log(sentences),
        "clauses": min(4.0, text.count(",") / sentences),
        "quantities": _among(words, _QUANTITY),
        "parts": float(_PART.search(text) is not None),
        "conditions": _among(words, _CONDITION),
        "steps": _among(words, _STEP),
        "comparisons": math.log1p(words.count("than")),
        "negations": _among(words, _NEGATION),
        "numbers": min(_NUMBERS, len(_NUMBER.findall(text))) / _NUMBERS,
    }


def _among(words: list[str], listed: frozenset[str]) -> float:
    return math.log1p(sum(word in listed for word in words))


@cache
def shipped() -> Difficulty:
    """The model that comes with this version."""
    return Difficulty.from_json(files("answer").joinpath("difficulty_weights.json").read_text("utf-8"))
