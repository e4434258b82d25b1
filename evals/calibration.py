"""Fitting the support model, and honest figures for it: repeated stratified folds, bootstrap intervals.

Weights, means and threshold are fitted on the training folds only. Every set counts the same, and in a set answerable
and unanswerable questions count the same. Weights below zero are taken out and the rest is fitted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from answer.support import Support

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RIDGE = 10.0
"""Penalty on squared weights of standardised signals, against a total sample weight of the number of questions."""


_FLAT = 0.01


@dataclass(frozen=True, slots=True)
class Sample:
    """Signals ``x`` [questions, signals], ``answerable`` 0 or 1, and the set that each question is from."""

    names: tuple[str, ...]
    x: Floats
    answerable: Ints
    sets: tuple[str, ...]

    def take(self, which: npt.NDArray[np.bool_]) -> Sample:
        sets = tuple(name for name, kept in zip(self.sets, which, strict=True) if kept)
        return Sample(self.names, self.x[which], self.answerable[which], sets)

    def of(self, name: str) -> npt.NDArray[np.bool_]:
        return np.array([own == name for own in self.sets])


@dataclass(frozen=True, slots=True)
class Balanced:
    """Balanced accuracy with its 95 % interval; ``answered`` of the answerable, ``abstained`` of the unanswerable."""

    accuracy: float
    low: float
    high: float
    answered: float
    abstained: float


def fit(sample: Sample, *, ridge: float = RIDGE, version: int = 1, fitted_on: str = "") -> Support:
    weight = _sample_weights(sample)
    means = np.average(sample.x, axis=0, weights=weight)
    scales = np.sqrt(np.average((sample.x - means) ** 2, axis=0, weights=weight)) + 1e-9
    z = np.hstack([(sample.x - means) / scales, np.ones((len(sample.x), 1))])
    beta = _non_negative(z, sample.answerable.astype(np.float64), weight, ridge)
    kept = [place for place in range(len(sample.names)) if beta[place] > 0]
    model = Support(
        version=version,
        fitted_on=fitted_on,
        names=tuple(sample.names[place] for place in kept),
        means=tuple(float(means[place]) for place in kept),
        scales=tuple(float(scales[place]) for place in kept),
        weights=tuple(float(beta[place]) for place in kept),
        intercept=float(beta[-1]),
        threshold=0.5,
    )
    return _with_threshold(model, sample)


def probabilities(model: Support, sample: Sample) -> Floats:
    rows = [dict(zip(sample.names, row, strict=True)) for row in sample.x.tolist()]
    return np.array([model.probability(row) for row in rows])


def cross_validate(sample: Sample, *, folds: int = 5, repeats: int = 10, ridge: float = RIDGE) -> Floats:
    """float64[questions]: how often, over the repeats, the right decision was taken while the question was held out."""
    right = np.zeros(len(sample.x))
    for repeat in range(repeats):
        fold = _stratified(sample, folds, np.random.default_rng(repeat))
        for held_out in range(folds):
            model = fit(sample.take(fold != held_out), ridge=ridge)
            test = sample.take(fold == held_out)
            answers = probabilities(model, test) >= model.threshold
            right[fold == held_out] += (answers == (test.answerable == 1)) / repeats
    return right


def balanced(right: Floats, answerable: Ints, *, draws: int = 2000) -> Balanced:
    """Balanced accuracy of decisions; questions are drawn anew within each class for the interval."""
    positive, negative = right[answerable == 1], right[answerable == 0]
    random = np.random.default_rng(0)
    drawn = [
        (random.choice(positive, len(positive)).mean() + random.choice(negative, len(negative)).mean()) / 2
        for _ in range(draws)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    answered, abstained = float(positive.mean()), float(negative.mean())
    return Balanced((answered + abstained) / 2, float(low), float(high), answered, abstained)


def _with_threshold(model: Support, sample: Sample) -> Support:
    """The lowest threshold within ``_FLAT`` of the best balanced accuracy averaged over sets.

    The curve is smoothed so that no single question decides. Its top is flat, and the lower end is taken because a
    reader can check a cited answer and cannot check an abstention.
    """
    p = probabilities(model, sample)
    grid = np.linspace(0.2, 0.8, 121)
    curve = np.mean([_curve(p[own], sample.answerable[own], grid) for own in _by_set(sample)], axis=0)
    smooth = np.convolve(np.pad(curve, 10, mode="edge"), np.ones(21) / 21, "valid")
    threshold = float(grid[int(np.argmax(smooth >= smooth.max() - _FLAT))])
    return replace(model, threshold=threshold)


def _curve(p: Floats, answerable: Ints, grid: Floats) -> Floats:
    answered = (p[answerable == 1][:, None] >= grid).mean(axis=0)
    abstained = (p[answerable == 0][:, None] < grid).mean(axis=0)
    return (answered + abstained) / 2


def _by_set(sample: Sample) -> list[npt.NDArray[np.bool_]]:
    return [sample.of(name) for name in sorted(set(sample.sets))]


def _strata(sample: Sample) -> list[npt.NDArray[np.bool_]]:
    return [own & (sample.answerable == label) for own in _by_set(sample) for label in (0, 1)]


def _sample_weights(sample: Sample) -> Floats:
    weight = np.zeros(len(sample.x))
    for stratum in _strata(sample):
        weight[stratum] = 1 / max(int(stratum.sum()), 1)
    return weight / weight.sum() * len(weight)


def _stratified(sample: Sample, folds: int, random: np.random.Generator) -> Ints:
    fold = np.zeros(len(sample.x), dtype=np.int64)
    for stratum in _strata(sample):
        places = random.permutation(np.flatnonzero(stratum))
        fold[places] = np.arange(len(places)) % folds
    return fold


def _non_negative(z: Floats, y: Floats, weight: Floats, ridge: float) -> Floats:
    """Newton's method on the penalised likelihood; the last column is the intercept and unpenalised."""
    columns = list(range(z.shape[1]))
    while True:
        beta = _newton(z[:, columns], y, weight, np.array([ridge] * (len(columns) - 1) + [0.0]))
        worst = int(np.argmin(beta[:-1])) if len(columns) > 1 else 0
        if len(columns) == 1 or beta[worst] >= 0:
            result = np.zeros(z.shape[1])
            result[columns] = beta
            return result
        columns.pop(worst)


def _newton(z: Floats, y: Floats, weight: Floats, penalty: Floats) -> Floats:
    beta = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(z @ beta)))
        gradient = z.T @ (weight * (p - y)) + penalty * beta
        curvature = (z * (weight * p * (1 - p) + 1e-9)[:, None]).T @ z + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        beta -= step
        if float(np.abs(step).max()) < 1e-8:
            break
    return beta


def auc(scores: Sequence[float] | Floats, answerable: Ints) -> float:
    """Chance that an answerable question scores above an unanswerable one."""
    values = np.asarray(scores)
    positive, negative = values[answerable == 1], values[answerable == 0]
    wins = (positive[:, None] > negative).mean() + 0.5 * (positive[:, None] == negative).mean()
    return float(wins)
