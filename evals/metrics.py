"""Retrieval metrics and how sure they are. A run maps a query's id to the ranked ids of what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
import numpy.typing as npt

from core.text import Span

Values = npt.NDArray[np.float64]
"""float64[queries]: one value of a metric for each query, in one order for all runs of a set."""
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the 95 % percentile interval of its bootstrap."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better the first run is; ``p`` is two-sided, from the paired bootstrap."""

    interval: Interval
    p: float


def ndcg_at(ranked: Sequence[str], relevant: Mapping[str, float], depth: int = 10) -> float:
    """Normalised discounted cumulative gain with linear gains (trec_eval). An id found twice counts once."""
    found = list(dict.fromkeys(ranked))[:depth]
    gain = sum(relevant.get(each, 0.0) / log2(place + 2) for place, each in enumerate(found))
    ideal = sorted((value for value in relevant.values() if value > 0), reverse=True)[:depth]
    best = sum(value / log2(place + 2) for place, value in enumerate(ideal))
    return gain / best if best else 0.0


def hit_at(ranked: Sequence[str], relevant: Mapping[str, float], depth: int) -> float:
    """1 when any of the first ``depth`` is relevant."""
    return float(any(relevant.get(each, 0.0) > 0 for each in list(dict.fromkeys(ranked))[:depth]))


def recall_at(ranked: Sequence[str], relevant: Mapping[str, float], depth: int) -> float:
    """Share of the relevant that are among the first ``depth``."""
    wanted = {each for each, value in relevant.items() if value > 0}
    return len(wanted.intersection(list(dict.fromkeys(ranked))[:depth])) / len(wanted) if wanted else 0.0


def span_overlap(found: Sequence[Span], gold: Sequence[Span]) -> tuple[float, float]:
    """Recall and intersection over union, in characters of one text; each side is the union of its spans."""
    first, second = _union(found), _union(gold)
    common = sum(max(0, min(one.end, other.end) - max(one.start, other.start)) for one in first for other in second)
    wanted = sum(len(span) for span in second)
    union = sum(len(span) for span in first) + wanted - common
    return (common / wanted if wanted else 0.0, common / union if union else 0.0)


def interval(values: Values, *, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """The mean over queries."""
    return _interval(float(values.mean()), _means(values, np.random.default_rng(seed), resamples))


def mean_interval(sets: Sequence[Values], *, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """The mean over sets, each resampled by itself, so that a large set weighs as much as a small one."""
    return _interval(float(np.mean([values.mean() for values in sets])), _set_means(sets, seed, resamples))


def paired(
    first: Sequence[Values], second: Sequence[Values], *, seed: int = 0, resamples: int = RESAMPLES
) -> Difference:
    """The difference of the means over sets, by the paired bootstrap over queries (Efron and Tibshirani, 1993).

    Raises ``ValueError`` when the runs do not have the same queries.
    """
    differences = [one - other for one, other in zip(first, second, strict=True)]
    means = _set_means(differences, seed, resamples)
    observed = float(np.mean([values.mean() for values in differences]))
    side = min(np.count_nonzero(means <= 0), np.count_nonzero(means >= 0))
    return Difference(_interval(observed, means), min(1.0, 2 * (float(side) + 1) / (resamples + 1)))


def _union(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _set_means(sets: Sequence[Values], seed: int, resamples: int) -> Values:
    random = np.random.default_rng(seed)
    return np.mean([_means(values, random, resamples) for values in sets], axis=0)


def _means(values: Values, random: np.random.Generator, resamples: int) -> Values:
    """float64[resamples]: means of resampled queries."""
    drawn = random.integers(0, len(values), (resamples, len(values)))
    return values[drawn].mean(axis=1)


def _interval(mean: float, means: Values) -> Interval:
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(mean, float(low), float(high))
