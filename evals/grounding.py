"""How well sentences that their evidence does not carry are told from those that it carries: ``vouch eval grounding``.

Everything that is chosen (weights, their penalty, the operating point) is chosen on the tuning halves, by folds of
whole documents; the test halves are only reported. Intervals are bootstrapped over documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from answer.candidates import Embed
from answer.verify import exact
from answer.verify.ground import disagreements
from answer.verify.shelf import Shelf
from answer.verify.signals import SIGNALS, read, signals
from answer.verify.support import SupportModel
from evals.calibration import Sample, fit, probabilities
from evals.grounding_sets import RAGTRUTH, Statement
from evals.metrics import Interval

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RESAMPLES = 2_000
RIDGE = 300.0
"""Penalty on squared weights. Signals of likeness and coverage say much the same; a strong penalty lets them share."""
FOLDS = 5
KEPT = 0.76
"""Share of the supported sentences that the operating point keeps on the tuning half of the sentences of models: above
the 70 % asked for by what such a share varies between halves."""
CURVE = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Measured:
    """Statements with their signals. ``agrees`` where the exact checks find nothing; rows are statements."""

    x: Floats
    supported: Bools
    agrees: Bools
    tuning: Bools
    sets: tuple[str, ...]
    documents: tuple[str, ...]

    def take(self, which: Bools) -> Measured:
        return Measured(
            self.x[which],
            self.supported[which],
            self.agrees[which],
            self.tuning[which],
            tuple(name for name, kept in zip(self.sets, which, strict=True) if kept),
            tuple(name for name, kept in zip(self.documents, which, strict=True) if kept),
        )

    def of(self, *names: str) -> Bools:
        return np.array([name in names for name in self.sets])

    def signal(self, name: str) -> Floats:
        return self.x[:, list(SIGNALS).index(name)]

    def sample(self) -> Sample:
        return Sample(tuple(SIGNALS), self.x, self.supported.astype(np.int64), self.sets)


@dataclass(frozen=True, slots=True)
class Point:
    """At one threshold: how many of the supported are kept, and the unsupported share of what is shown."""

    threshold: float
    kept: Interval
    unsupported: Interval


def measure(statements: Sequence[Statement], embed: Embed) -> Measured:
    """The signals of every statement on the units that the product would cite for it."""
    shelves: dict[str, Shelf] = {}
    rows: list[list[float]] = []
    agrees: list[bool] = []
    for each in statements:
        if each.source.id not in shelves:
            # Statements about one document stand together; older ones are not needed again.
            shelves = {each.source.id: Shelf(each.source.units, embed)}
        shelf = shelves[each.source.id]
        reading = read(exact.read(each.text), embed([each.text])[0], shelf)
        cited = reading.carriers()
        found = disagreements(reading, cited)
        values = signals(reading, cited, found)
        rows.append([values[name] for name in SIGNALS])
        agrees.append(not found)
    return Measured(
        np.array(rows),
        np.array([each.supported for each in statements]),
        np.array(agrees),
        np.array([each.source.tuning for each in statements]),
        tuple(each.set for each in statements),
        tuple(each.source.id for each in statements),
    )


def fitted(tuning: Measured, *, fitted_on: str = "", ridge: float = RIDGE) -> SupportModel:
    """Weights out of these statements, each set weighing the same, with the operating point for sentences of models."""
    model = fit(tuning.sample(), ridge=ridge, fitted_on=fitted_on)
    if RAGTRUTH not in tuning.sets:
        return model
    held_out = cross_validated(tuning, ridge=ridge)
    own = tuning.of(RAGTRUTH)
    return replace(model, threshold=operating_point(held_out[own], tuning.take(own)))


def cross_validated(data: Measured, *, ridge: float = RIDGE) -> Floats:
    """Support of every statement from a model that saw nothing of its document."""
    names = sorted(set(data.documents))
    fold_of = {name: place % FOLDS for place, name in enumerate(np.random.default_rng(0).permutation(names))}
    fold = np.array([fold_of[name] for name in data.documents])
    support = np.zeros(len(data.x))
    for number in range(FOLDS):
        model = fit(data.take(fold != number).sample(), ridge=ridge)
        support[fold == number] = probabilities(model, data.take(fold == number).sample())
    return support


def operating_point(support: Floats, data: Measured) -> float:
    """The threshold that keeps ``KEPT`` of the supported statements, those with a disagreement being dropped anyway."""
    good = np.sort(np.where(data.agrees, support, 0.0)[data.supported])
    return float(round(good[int((1 - KEPT) * len(good))], 4))


def scores(data: Measured, model: SupportModel) -> dict[str, Floats]:
    """What ranks the statements, by name. Combined: the model's support, and nothing where an exact check fails."""
    support = probabilities(model, data.sample())
    exactly = data.x[:, [list(SIGNALS).index(name) for name in ("numbers", "dates", "names", "quotes", "turns")]]
    return {
        "exact checks": exactly.sum(axis=1),
        "similarity": data.signal("likeness"),
        "support": support,
        "combined": np.where(data.agrees, support, support - 1.0),
    }


def shown(data: Measured, model: SupportModel) -> Bools:
    """Which statements the product shows."""
    return data.agrees & (probabilities(model, data.sample()) >= model.threshold)


def point(data: Measured, kept: Bools, threshold: float) -> Point:
    """Both shares of what is shown, with intervals over documents."""
    draws = _draws(data.documents)
    good, bad = data.supported, ~data.supported

    def shares(weight: Floats) -> tuple[float, float]:
        shown_weight = float((weight * kept).sum())
        return (
            float((weight * (kept & good)).sum()) / max(float((weight * good).sum()), 1.0),
            float((weight * (kept & bad)).sum()) / max(shown_weight, 1.0),
        )

    here = shares(np.ones(len(kept)))
    drawn = np.array([shares(weight) for weight in draws])
    return Point(threshold, _interval(here[0], drawn[:, 0]), _interval(here[1], drawn[:, 1]))


def curve(data: Measured, score: Floats) -> tuple[Point, ...]:
    """The points that keep the shares of ``CURVE``."""
    good = np.sort(score[data.supported])
    thresholds = [float(good[int((1 - kept) * len(good))]) for kept in CURVE]
    return tuple(point(data, score >= threshold, threshold) for threshold in thresholds)


def auc(data: Measured, score: Floats) -> Interval:
    """Chance that a supported statement scores above an unsupported one, ties counting half."""
    ranks = _Ranks(score, data.supported)
    return _interval(ranks.auc(np.ones(len(score))), np.array([ranks.auc(weight) for weight in _draws(data.documents)]))


class _Ranks:
    """Scores sorted once, for the AUC under many weights."""

    def __init__(self, score: Floats, positive: Bools) -> None:
        self._order = np.argsort(score, kind="stable")
        self._positive = positive[self._order].astype(np.float64)
        sorted_scores = score[self._order]
        self._starts = np.flatnonzero(np.r_[True, sorted_scores[1:] != sorted_scores[:-1]])

    def auc(self, weight: Floats) -> float:
        own = weight[self._order]
        good = np.add.reduceat(own * self._positive, self._starts)
        bad = np.add.reduceat(own * (1 - self._positive), self._starts)
        below = np.cumsum(bad) - bad
        total = float(good.sum() * bad.sum())
        return float((good * (below + bad / 2)).sum()) / total if total else 0.5


def _draws(documents: Sequence[str], seed: int = 0) -> Iterable[Floats]:
    """How often each statement is drawn when whole documents are drawn with replacement."""
    names, place = np.unique(np.array(documents), return_inverse=True)
    random = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        counts = np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))
        yield counts[place].astype(np.float64)


def _interval(value: float, drawn: Floats) -> Interval:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))
