"""How well the extractive reader answers, and abstains: ``python -m evals.answering [--fit]``.

Prints the balanced accuracy of answering against abstaining on each set, cross-validated with weights and threshold
fitted on the training folds only, and how much of the gold answers the shown sentences carry. ``--fit`` fits on
everything and writes the shipped ``answer/support_weights.json``.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from answer.candidates import Embed, Reading, weigh_up
from answer.extract import answer
from answer.sentences import sentences
from answer.settings import AnswerSettings
from answer.support import FEATURES, features
from evals.answering_cases import Case
from evals.calibration import Sample
from retrieval.evidence import Evidence

Search = Callable[[str], Evidence]

_TOKEN = re.compile(r"\w+")
_FUNCTION_WORDS = frozenset("a an the of to in on at for and or is are was were be by with that this it as".split())


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question read: its signals, what would be shown if it is answered, and the naive answer beside it."""

    case: Case
    signals: dict[str, float]
    shown: tuple[str, ...] = field(repr=False)
    naive: tuple[str, ...] = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """Of the gold answer's words: share shown; of the shown words: share in the gold answer; and their harmonic mean."""

    recall: float
    precision: float
    f1: float
    sentences: float
    words: float


def gather(cases: Sequence[Case], search: Search, embed: Embed, settings: AnswerSettings) -> list[Outcome]:
    """Search and read every question. ``seconds`` are those of reading, without the search."""
    outcomes: list[Outcome] = []
    for case in cases:
        evidence = search(case.question)
        started = time.perf_counter()
        reading = weigh_up(case.question, evidence, embed, settings)
        signals = features(reading)
        shown = _shown(reading, settings)
        seconds = time.perf_counter() - started
        outcomes.append(Outcome(case, signals, shown, _naive(evidence), seconds))
    return outcomes


def sample(outcomes: Sequence[Outcome], names: Sequence[str] = tuple(FEATURES)) -> Sample:
    return Sample(
        tuple(names),
        np.array([[outcome.signals[name] for name in names] for outcome in outcomes], dtype=np.float64),
        np.array([int(outcome.case.answerable) for outcome in outcomes], dtype=np.int64),
        tuple(outcome.case.set for outcome in outcomes),
    )


def overlap(outcomes: Sequence[Outcome], texts: Callable[[Outcome], Sequence[str]]) -> Overlap:
    """Means over the questions with a gold answer, as if each were answered."""
    rows = [
        (*_match(" ".join(texts(outcome)), outcome.case.gold), len(texts(outcome)), len(" ".join(texts(outcome)).split()))
        for outcome in outcomes
        if outcome.case.gold
    ]
    return Overlap(*(float(value) for value in np.mean(np.array(rows), axis=0)))


def _shown(reading: Reading, settings: AnswerSettings) -> tuple[str, ...]:
    if not reading.candidates:
        return ()
    return tuple(claim.text for claim in answer(reading, 1.0, settings.most_sentences))


def _naive(evidence: Evidence) -> tuple[str, ...]:
    """The first three sentences of the first passage."""
    if not evidence.passages:
        return ()
    top = evidence.passages[0]
    return tuple(unit.text for unit in sentences(top.text, top.spans))[:3]


def _match(shown: str, gold: str) -> tuple[float, float, float]:
    ours, theirs = _tokens(shown), _tokens(gold)
    both = sum((ours & theirs).values())
    if not both:
        return 0.0, 0.0, 0.0
    recall, precision = both / sum(theirs.values()), both / sum(ours.values())
    return recall, precision, 2 * recall * precision / (recall + precision)


def _tokens(text: str) -> Counter[str]:
    return Counter(token for token in _TOKEN.findall(text.lower()) if token not in _FUNCTION_WORDS)
