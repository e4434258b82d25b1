"""Quality over cost of the shipped router, against random routing and the oracle: ``vouch eval routing``.

``route_routellm`` has, for each question, how right a small and a large model were. The router gets the question only;
what it chooses first (``answer.routing.choose`` with one small and one large deployment) decides whose quality counts.
Sweeping ``large_from`` gives the curve. Random routing at the same share of large calls is the chord between the two
models; the oracle asks the large model just where it is better.

Questions are divided by a hash of their text into a half for tuning and a half for the figures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import fmean

import numpy as np
import numpy.typing as npt

from answer.models.entry import ModelEntry, Prices
from answer.routing import Asked, RoutingPolicy, choose, estimated_price
from core.errors import NotFound
from core.policy import Policy
from evals.datasets import data_folder, json_lines
from evals.metrics import Interval

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FOLDER = "route_routellm"
RESAMPLES = 2_000
STEPS = 101
"""Thresholds of a curve, from no question to every question for the large model."""
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MIDDLE = (0.2, 0.8)
_DAY = date(2026, 1, 1)
_ENTRIES = (
    ModelEntry(
        name="small", provider="openai", model="small-2026-01-01", tier="small", prices=Prices(input=0.24, output=0.24)
    ),
    ModelEntry(
        name="large", provider="openai", model="large-2026-01-01", tier="large", prices=Prices(input=10, output=30)
    ),
)
"""Prices of the two models of the set, per million tokens, in 2024."""


@dataclass(frozen=True, slots=True)
class Question:
    """``small`` and ``large`` are the quality of the two models' answers, 0 to 1."""

    set: str
    text: str = field(repr=False)
    small: float
    large: float


@dataclass(frozen=True, slots=True)
class Point:
    """At a share of large calls: qualities, and by how much the router is better than random routing."""

    share: float
    cost: float
    """Of the cost of asking the large model everything."""
    router: float
    random: float
    oracle: float
    gain: Interval


@dataclass(frozen=True, slots=True)
class Curve:
    """``recovered`` is the mean over shares of the gap between small and large that is closed (APGR; random: .5).
    ``half`` and ``most`` are the shares of large calls at which 50 % and 80 % of the gap are closed (random: the same).
    ``dominates``: at every point of the middle the interval of ``gain`` lies above zero."""

    set: str
    questions: int
    small: float
    large: float
    recovered: Interval
    half: float
    most: float
    points: tuple[Point, ...]

    @property
    def middle(self) -> tuple[Point, ...]:
        return tuple(point for point in self.points if MIDDLE[0] - 1e-9 <= point.share <= MIDDLE[1] + 1e-9)

    @property
    def dominates(self) -> bool:
        return all(point.gain.low > 0 for point in self.middle)


def questions(*, tuning: bool, data: Path | None = None, folder: str = FOLDER) -> list[Question]:
    """One half of every file that is there, without the prompts that the set's authors drop. Raises ``NotFound``.

    A conversation is one question, its first; both answers count.
    """
    home = (data or data_folder()) / folder
    paths = [path for path in sorted(home.iterdir()) if ".jsonl" in path.name] if home.is_dir() else []
    if not paths:
        raise NotFound(
            f"The evaluation set {folder} is not here.", hint="Set VOUCH_EVAL_DATA to the folder that holds it."
        )
    found: list[Question] = []
    for row in (row for path in paths for row in json_lines(path)):
        if row.get("contaminated"):
            continue
        if "turns" in row:
            small, large = (fmean(row[whose]) / 10 for whose in ("weak_scores", "strong_scores"))
            found.append(Question(row["task"], row["turns"][0], small, large))
        else:
            found.append(Question(row["task"], row["prompt"], float(row["weak_correct"]), float(row["strong_correct"])))
    return [each for each in found if is_tuning(each.text) == tuning]


def is_tuning(text: str) -> bool:
    return hashlib.sha256(f"route-split:{text}".encode()).digest()[0] % 2 == 0


def routed(asked: Sequence[Question], difficulties: Floats) -> tuple[Flags, Floats]:
    """bool[questions, thresholds]: whether the shipped router asks the large model first; and the thresholds.

    They are quantiles of the difficulties, so that the points lie evenly over the curve.
    """
    thresholds = np.unique(np.concatenate([[0.0], np.quantile(difficulties, np.linspace(0, 1, STEPS)), [1.0]]))
    policies = [RoutingPolicy(large_from=float(threshold)) for threshold in thresholds]
    organisation = Policy(0, {}, {("public", "external"): "allow"})
    flags = np.zeros((len(asked), len(thresholds)), dtype=np.bool_)
    for row, (each, hard) in enumerate(zip(asked, difficulties, strict=True)):
        known = Asked(
            answered=True, support=1.0, difficulty=float(hard), plain=True, question_level="public", levels=(),
            characters=len(each.text),
        )  # fmt: skip
        for column, policy in enumerate(policies):
            route = choose(policy, _ENTRIES, organisation, known, _DAY)
            flags[row, column] = route.attempts[0].tier == "large"
    return flags, thresholds


def curve(name: str, asked: Sequence[Question], flags: Flags, *, seed: int = 0) -> Curve:
    """The figures of one set, with 95 % intervals of the paired bootstrap over its questions."""
    small = np.array([each.small for each in asked])
    gain = np.array([each.large for each in asked]) - small
    drawn = np.random.default_rng(seed).integers(0, len(asked), (RESAMPLES, len(asked)))
    weights = np.stack([np.bincount(row, minlength=len(asked)) for row in drawn]) / len(asked)
    whole = np.full((1, len(asked)), 1 / len(asked))
    shares = flags.mean(axis=0)
    over, recovered = _over_random(whole, flags, gain)
    over_drawn, recovered_drawn = _over_random(weights, flags, gain)
    qualities = small.mean() + shares * gain.mean() + over[0]
    prices = np.array([[estimated_price(entry, len(each.text)) for entry in _ENTRIES] for each in asked])
    points = [
        Point(
            share=float(shares[at]),
            cost=float(np.where(flags[:, at], prices[:, 1], prices[:, 0]).sum() / prices[:, 1].sum()),
            router=float(qualities[at]),
            random=float(small.mean() + shares[at] * gain.mean()),
            oracle=float(small.mean() + _best(gain, shares[at])),
            gain=_interval(float(over[0, at]), over_drawn[:, at]),
        )
        for at in (int(np.argmin(np.abs(shares - share))) for share in SHARES)
    ]
    closed = (qualities - small.mean()) / gain.mean()
    return Curve(
        set=name,
        questions=len(asked),
        small=float(small.mean()),
        large=float(small.mean() + gain.mean()),
        recovered=_interval(float(recovered[0]), recovered_drawn),
        half=float(min(shares[closed >= 0.5 - 1e-9])),
        most=float(min(shares[closed >= 0.8 - 1e-9])),
        points=tuple(sorted(points, key=lambda point: point.share)),
    )


def area(asked: Sequence[Question], scores: Floats) -> float:
    """Mean share of the gap that is closed when the questions go to the large model in the order of ``scores``."""
    gain = np.array([each.large - each.small for each in asked])
    thresholds = np.unique(scores)[::-1]
    flags = scores[:, None] >= np.concatenate([[np.inf], thresholds])
    return float(_over_random(np.full((1, len(asked)), 1 / len(asked)), flags, gain)[1][0])


def _over_random(weights: Floats, flags: Flags, gain: Floats) -> tuple[Floats, Floats]:
    """float[resamples, thresholds] quality above random routing at the same share, and float[resamples] APGR."""
    chosen = flags.astype(np.float64)
    shares, means = weights @ chosen, weights @ gain
    over = weights @ (chosen * gain[:, None]) - shares * means[:, None]
    order = np.argsort(flags.mean(axis=0), kind="stable")
    # Between two thresholds one goes by chance: the curve is a line there.
    widths = np.diff(shares[:, order], axis=1)
    between = (over[:, order][:, 1:] + over[:, order][:, :-1]) / 2
    return over, 0.5 + (between * widths).sum(axis=1) / means


def _best(gain: Floats, share: float) -> float:
    """Of the gain, what the best choice of at most this share of the questions gets."""
    most = round(share * len(gain))
    ordered = np.sort(gain)[::-1][:most]
    return float(ordered[ordered > 0].sum() / len(gain))


def _interval(value: float, drawn: Floats) -> Interval:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))
