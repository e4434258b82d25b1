"""Whether the evidence answers the question: a calibrated probability from a handful of signals.

The model is a logistic regression with non-negative weights: more of any signal never lowers the support, so it
cannot learn a quirk of the sets it was fitted on in the implausible direction. Its weights and the one shipped
threshold are ``support_weights.json``, written by ``python -m evals.answering --fit``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from answer.candidates import Reading, scope
from answer.terms import covered, stems

FEATURES: Mapping[str, str] = {
    "best_sentence": "score of the best sentence (see answer.candidates)",
    "passage_match": "highest cosine of a passage to the question times its coverage of the question's words",
    "best_meaning": "highest cosine of a sentence or a passage to the question",
}
"""Name of each signal, in the order of the weights, and what it is. All speak for an answer.

The product asks for both at once: a passage about the topic that says nothing of a word that matters, or one that has
the words and is about something else, does not answer. Either a sentence or a passage may be close in meaning: a short
answer can stand in a passage about much else, and a long one be spread over its sentences.
"""


def features(reading: Reading) -> dict[str, float]:
    """The signals of ``FEATURES`` for one question; all zero where nothing was found."""
    if not reading.passages or not reading.candidates:
        return dict.fromkeys(FEATURES, 0.0)
    passages, candidates, weights = reading.passages, reading.candidates, reading.weights
    terms = [stems(scope(passage) + passage.text) for passage in passages]
    matches = [passage.dense * covered(weights, held) for passage, held in zip(passages, terms, strict=True)]
    return {
        "best_sentence": candidates[0].score,
        "passage_match": max(matches),
        "best_meaning": max(*(passage.dense for passage in passages), *(each.dense for each in candidates)),
    }


@dataclass(frozen=True, slots=True)
class Support:
    """A fitted model. ``weights`` are of standardised signals; below a support of ``threshold`` an answer abstains."""

    version: int
    fitted_on: str
    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    threshold: float

    def probability(self, signals: Mapping[str, float]) -> float:
        """Support in 0..1. Raises ``KeyError`` for a signal that the weights name and ``signals`` lacks."""
        total = self.intercept
        for name, mean, scale, weight in zip(self.names, self.means, self.scales, self.weights, strict=True):
            total += weight * (signals[name] - mean) / scale
        return 1 / (1 + math.exp(-total))

    def to_json(self) -> str:
        return json.dumps(
            {
                "version": self.version,
                "fitted_on": self.fitted_on,
                "threshold": self.threshold,
                "intercept": self.intercept,
                "signals": [
                    {"name": name, "mean": mean, "scale": scale, "weight": weight}
                    for name, mean, scale, weight in zip(self.names, self.means, self.scales, self.weights, strict=True)
                ],
            },
            indent=2,
        )

    @classmethod
    def from_json(cls, text: str) -> Support:
        raw = json.loads(text)
        signals = raw["signals"]
        return cls(
            version=int(raw["version"]),
            fitted_on=str(raw["fitted_on"]),
            names=tuple(str(signal["name"]) for signal in signals),
            means=tuple(float(signal["mean"]) for signal in signals),
            scales=tuple(float(signal["scale"]) for signal in signals),
            weights=tuple(float(signal["weight"]) for signal in signals),
            intercept=float(raw["intercept"]),
            threshold=float(raw["threshold"]),
        )


@cache
def shipped() -> Support:
    """The model that comes with this version."""
    return Support.from_json(files("answer").joinpath("support_weights.json").read_text("utf-8"))
