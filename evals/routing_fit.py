"""Fits the difficulty of questions on the tuning half of ``route_routellm``, and says how far it carries.

What is learned is by how much the large model's answer is better. Each set is centred on its own mean, so that the
model learns what makes one question of a set harder than another of it, and weighs as the root of its questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from answer.difficulty import FEATURES, MEANING, Difficulty, Kind, Vector, Weights, counts
from evals.routing import Question, area
from ingest.embed.model_files import PACKAGED_MODEL

Floats = npt.NDArray[np.float64]
Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]

RIDGE = 0.5
WORKING_OUT = (
    "A mathematical problem that takes several steps of calculation.",
    "Prove a theorem or derive a formula.",
    "Solve the equation and find the value of the integral.",
    "A logic puzzle: who is related to whom, and which statement must be true.",
    "Write a program that implements an algorithm.",
    "Compute the probability of an event.",
    "Calculate the force, the energy and the velocity in a physics problem.",
    "Work out total cost, discount and profit over several months.",
    "Compare several quantities and determine how many are left.",
    "Apply the rules of law to the facts of a case and decide the outcome.",
    "Extract figures from a text and return them in a structured form.",
)
"""Tasks that ask for working out, in words of our own: the one end of the signal ``kind``."""
LOOKING_UP = (
    "What is the capital of a country?",
    "Write a short story or a poem.",
    "Define this term.",
    "Who wrote this book?",
    "Give general advice in everyday language.",
    "Describe a place, a person or a historical event.",
    "When does the office open?",
    "Where do I find the form for travel expenses?",
    "Translate or rewrite a sentence politely.",
    "What does this abbreviation stand for?",
)
_BOUNDS = (-0.05, 0.15)
"""Of the projection: about what the middle half of ``mt_bench``'s tuning questions spans."""
_WORDS = tuple(name for name in FEATURES if name != MEANING)
_BOTH = tuple(name for name in FEATURES if name != "numbers")
"""``kind`` says what ``numbers`` does, and better: beside it the weights of the other signals suffer."""


def direction(embed: Embed) -> Kind:
    toward, away = embed(WORKING_OUT).mean(axis=0), embed(LOOKING_UP).mean(axis=0)
    along = (toward - away).astype(np.float64)
    along /= np.linalg.norm(along)
    return Kind(PACKAGED_MODEL, tuple(round(float(value), 4) for value in along), *_BOUNDS)


def fit(questions: Sequence[Question], vectors: Sequence[Vector], kind: Kind) -> Difficulty:
    rows = [_signals(each, vector, kind) for each, vector in zip(questions, vectors, strict=True)]
    sets = ", ".join(sorted({each.set for each in questions}))
    return Difficulty(
        version=1,
        fitted_on=f"route_routellm, tuning half ({sets}; {len(questions)} questions); {datetime.now(UTC):%Y-%m-%d}",
        words=_weights(questions, rows, _WORDS),
        both=_weights(questions, rows, _BOTH),
        kind=kind,
    )


def cross_validated(
    questions: Sequence[Question], vectors: Sequence[Vector], kind: Kind, *, repeats: int = 5
) -> dict[str, float]:
    """Area of each set (see ``evals.routing.area``) with five folds, each ordered by weights fitted on the others."""
    found: dict[str, list[float]] = {each.set: [] for each in questions}
    for repeat in range(repeats):
        fold = np.random.default_rng(repeat).permutation(len(questions)) % 5
        scores = np.zeros(len(questions))
        for held_out in range(5):
            train, test = _places(fold != held_out), _places(fold == held_out)
            model = fit([questions[at] for at in train], [vectors[at] for at in train], kind)
            scores[test] = [model.of(questions[at].text, vectors[at]) for at in test]
        for name, values in found.items():
            own = [at for at, each in enumerate(questions) if each.set == name]
            values.append(area([questions[at] for at in own], scores[own]))
    return {name: float(np.mean(values)) for name, values in found.items()}


def carried(questions: Sequence[Question], vectors: Sequence[Vector], kind: Kind) -> dict[tuple[str, str], float]:
    """Area on the second set when fitted on the first alone, both of the tuning half."""
    names = sorted({each.set for each in questions})
    places = {name: [at for at, each in enumerate(questions) if each.set == name] for name in names}
    found: dict[tuple[str, str], float] = {}
    for first in names:
        model = fit([questions[at] for at in places[first]], [vectors[at] for at in places[first]], kind)
        for second in names:
            if first != second:
                own = [questions[at] for at in places[second]]
                scores = np.array([model.of(questions[at].text, vectors[at]) for at in places[second]])
                found[first, second] = area(own, scores)
    return found


def _places(which: npt.NDArray[np.bool_]) -> list[int]:
    return [at for at, is_in in enumerate(which.tolist()) if is_in]


def _signals(question: Question, vector: Vector, kind: Kind) -> dict[str, float]:
    return {**counts(question.text), MEANING: kind.of(vector)}


def _weights(questions: Sequence[Question], rows: Sequence[dict[str, float]], names: Sequence[str]) -> Weights:
    x = np.array([[row[name] for name in names] for row in rows])
    scales = x.std(axis=0) + 1e-9
    z, gain = x / scales, np.array([each.large - each.small for each in questions])
    parts: list[Floats] = []
    targets: list[Floats] = []
    share = np.zeros(len(questions))
    own_sets = sorted({each.set for each in questions})
    total = sum(np.sqrt(sum(each.set == name for each in questions)) for name in own_sets)
    for name in own_sets:
        own = np.array([each.set == name for each in questions])
        share[own] = 1 / own.sum() / len(own_sets)
        heavy = np.sqrt(np.sqrt(own.sum()) / total / own.sum())
        parts.append((z[own] - z[own].mean(axis=0)) * heavy)
        targets.append((gain[own] - gain[own].mean()) / (gain[own].std() + 1e-9) * heavy)
    beta = _non_negative(np.concatenate(parts), np.concatenate(targets))
    kept = {name: float(value) for name, value in zip(names, beta / scales, strict=True) if value > 0}
    sums = x @ (beta / scales)
    mean = float(np.average(sums, weights=share))
    return Weights(
        {name: round(value, 6) for name, value in kept.items()},
        round(mean, 6),
        round(float(np.sqrt(np.average((sums - mean) ** 2, weights=share))) + 1e-6, 6),
    )


def _non_negative(z: Floats, y: Floats) -> Floats:
    """Ridge regression; the lowest weight below zero is taken out and the rest fitted again."""
    columns = list(range(z.shape[1]))
    beta = np.zeros(z.shape[1])
    while columns:
        own = z[:, columns]
        solved = np.linalg.solve(own.T @ own + RIDGE * np.eye(len(columns)), own.T @ y)
        worst = int(np.argmin(solved))
        if solved[worst] >= 0:
            beta[columns] = solved
            break
        columns.pop(worst)
    return beta
