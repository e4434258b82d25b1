"""``vouch eval routing``: runs the evaluation of the router and prints it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from answer.difficulty import difficulty
from evals.remembered import Remembered
from evals.routing import MIDDLE, Curve, Question, curve, questions, routed
from evals.routing_fit import carried, cross_validated, direction, fit
from ingest.embed.base import Matrix
from ingest.embed.open import open_embedder

WEIGHTS = Path(__file__).resolve().parents[1] / "answer" / "difficulty_weights.json"
IS_NOT = (
    "What this is not: the qualities are those of two models of 2023 on grade-school mathematics and open tasks, "
    "without evidence; not those of cited answers, where a sentence that the evidence does not carry is dropped and "
    "the next tier is asked, whatever was first. It says how well difficulty is told from the question alone."
)


def run(cache: Path, *, refit: bool = False, as_json: bool = False) -> None:
    """Prints tables, or JSON, on stdout. ``refit`` writes the weights anew, from the tuning half. Raises
    ``NotFound`` without the data."""
    embedder = Remembered(open_embedder(cache_dir=cache / "models"), cache)
    told: dict[str, Any] = {}
    if refit:
        told["fit"] = _fit(embedder)
    asked = questions(tuning=False)
    curves = {
        "with the question's vector": _curves(asked, embedder.embed([each.text for each in asked])),
        "words alone": _curves(asked, None),
    }
    told["microseconds"] = _microseconds(asked)
    embedder.save()
    embedder.close()
    if as_json:
        told |= {name: [asdict(each) | {"dominates": each.dominates} for each in made] for name, made in curves.items()}
        sys.stdout.write(json.dumps({**told, "is_not": IS_NOT}, indent=2) + "\n")
        return
    console = Console(highlight=False, width=130)
    if refit:
        console.print(_fitted(told["fit"]))
    for name, made in curves.items():
        for each in made:
            console.print(_table(name, each))
    console.print(f"Difficulty of a question whose vector is there: {told['microseconds']:.0f} microseconds.")
    console.print(IS_NOT)


def _fit(embedder: Remembered) -> dict[str, Any]:
    """Fit, write, and say how well it does on questions it was not fitted on, all of the tuning half."""
    tuning = questions(tuning=True)
    vectors = list(embedder.embed([each.text for each in tuning]))
    kind = direction(embedder.embed)
    fitted = fit(tuning, vectors, kind)
    WEIGHTS.write_text(fitted.to_json() + "\n", encoding="utf-8")
    return {
        "fitted_on": fitted.fitted_on,
        "words": dict(fitted.words.weights),
        "both": dict(fitted.both.weights),
        "cross_validated": cross_validated(tuning, vectors, kind),
        "carried": {f"{first} to {second}": value for (first, second), value in carried(tuning, vectors, kind).items()},
    }


def _curves(asked: Sequence[Question], vectors: Matrix | None) -> list[Curve]:
    difficulties = np.array(
        [difficulty(each.text, None if vectors is None else vectors[at]) for at, each in enumerate(asked)]
    )
    made: list[Curve] = []
    for name in sorted({each.set for each in asked}):
        own = [at for at, each in enumerate(asked) if each.set == name]
        chosen = [asked[at] for at in own]
        flags, _ = routed(chosen, difficulties[own])
        made.append(curve(name, chosen, flags))
    return made


def _microseconds(asked: Sequence[Question]) -> float:
    vector = np.full(384, 384**-0.5, dtype=np.float32)
    difficulty(asked[0].text, vector)
    began = time.perf_counter()
    for each in asked:
        difficulty(each.text, vector)
    return (time.perf_counter() - began) / len(asked) * 1e6


def _fitted(told: dict[str, Any]) -> Table:
    table = Table(title=f"Fitted on {told['fitted_on']}; APGR within the tuning half (random: .5)")
    table.add_column("")
    table.add_column("")
    for name, value in told["cross_validated"].items():
        table.add_row(f"{name}, cross-validated", f"{value:.3f}")
    for name, value in told["carried"].items():
        table.add_row(f"fitted on the one alone, {name}", f"{value:.3f}")
    for part in ("words", "both"):
        weights = ", ".join(f"{name} {value:.3f}" for name, value in told[part].items())
        table.add_row(f"weights, {'with the vector' if part == 'both' else 'words alone'}", weights)
    return table


def _table(way: str, made: Curve) -> Table:
    verdict = "above zero" if made.dominates else "not everywhere above zero"
    low, high = (f"{share:.0%}" for share in MIDDLE)
    table = Table(
        title=f"{made.set}, test half, {made.questions} questions, {way}: small {made.small:.3f}, large "
        f"{made.large:.3f}; gap closed on average (APGR) {made.recovered}; half of it with {made.half:.0%} large "
        f"calls, 80 % with {made.most:.0%}; over random from {low} to {high}: {verdict}"
    )
    for column in ("large calls", "cost", "router", "random", "oracle", "router over random, 95 %"):
        table.add_column(column, justify="right")
    for each in made.points:
        table.add_row(
            f"{each.share:.0%}", f"{each.cost:.2f}", f"{each.router:.3f}", f"{each.random:.3f}", f"{each.oracle:.3f}",
            f"{each.gain.mean:+.3f} [{each.gain.low:+.3f}, {each.gain.high:+.3f}]",
        )  # fmt: skip
    return table
