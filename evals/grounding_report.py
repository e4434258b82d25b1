"""``vouch eval grounding``: runs the evaluation of verification and prints it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from answer.candidates import Embed
from answer.verify import ground
from answer.verify.support import WEIGHTS, SupportModel, shipped
from evals.calibration import fit, probabilities
from evals.grounding import (
    RIDGE,
    Measured,
    auc,
    cross_validated,
    curve,
    fitted,
    measure,
    point,
    scores,
    shown,
)
from evals.grounding_sets import RAGTRUTH, SCIFACT, WICE, Statement, statements
from evals.metrics import Interval
from evals.remembered import Remembered
from ingest.embed.open import open_embedder

WRITTEN = Path(ground.__file__).with_name(WEIGHTS)
SETS = (RAGTRUTH, WICE, SCIFACT)
GOALS = {"unsupported among shown, of what models wrote": 0.5, "supported kept": 0.70}
_TIMED = 40
"""Sentences whose cost is measured, against the evidence of ``_UNITS`` units."""
_UNITS = 60


def run(cache: Path, *, refit: bool = False, as_json: bool = False) -> None:
    """Prints tables, or JSON, on stdout and progress on stderr; with ``refit`` writes the weights anew from the tuning
    halves first. Raises ``NotFound`` without the data."""
    bare = open_embedder(cache_dir=cache / "models")
    embedder = Remembered(bare, cache)
    everything = statements()
    _say(f"{len(everything)} statements (about two minutes the first time)")
    data = measure(everything, embedder.embed)
    embedder.save()
    tuning, test = data.take(data.tuning), data.take(~data.tuning)
    if refit:
        model = fitted(tuning, fitted_on=f"tuning halves of {', '.join(sorted(SETS))}; {datetime.now(UTC):%Y-%m-%d}")
        WRITTEN.write_text(model.to_json() + "\n", encoding="utf-8")
        _say(f"wrote {WRITTEN.name}: threshold {model.threshold:.3f}")
    else:
        model = shipped()
    report = _measured(tuning, test, model)
    report["milliseconds"] = cost(everything, model, bare.embed)
    embedder.close()
    if as_json:
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        _print(report)


def _measured(tuning: Measured, test: Measured, model: SupportModel) -> dict[str, Any]:
    """All figures as plain values; those on the tuning halves are of folds that were held out."""
    report: dict[str, Any] = {"fitted_on": model.fitted_on, "threshold": model.threshold, "goals": GOALS, "sets": {}}
    held_out = cross_validated(tuning)
    for name in SETS:
        own = test.take(test.of(name))
        ranked = scores(own, model)
        others = tuning.take(~tuning.of(name))
        transferred = probabilities(fit(others.sample(), ridge=RIDGE), own.sample())
        inside = tuning.of(name)
        report["sets"][name] = {
            "statements": len(own.x),
            "documents": len(set(own.documents)),
            "unsupported_before": float(1 - own.supported.mean()),
            "auc": {label: asdict(auc(own, score)) for label, score in ranked.items()},
            "auc_fitted_on_other_sets": asdict(auc(own, transferred)),
            "auc_tuning_cross_validated": asdict(auc(tuning.take(inside), held_out[inside])),
            "curve": {
                label: [asdict(each) for each in curve(own, ranked[label])] for label in ("similarity", "combined")
            },
            "exact_checks_alone": asdict(point(own, own.agrees, 0.0)),
            "shipped": asdict(point(own, shown(own, model), model.threshold)),
        }
    return report


def cost(
    everything: Sequence[Statement],
    model: SupportModel,
    embed: Embed,
    clock: Callable[[], float] = time.perf_counter,
) -> Mapping[str, float]:
    """Milliseconds of verifying one sentence against ``_UNITS`` units that were read before, and of embedding it.

    Units are embedded when they are first looked at, so that each sentence is verified twice: what the second time
    takes, without what is still embedded in it, is the cost.
    """
    about = [each for each in everything if each.set == RAGTRUTH]
    units = list(dict.fromkeys(unit for each in about for unit in each.source.units))[:_UNITS]
    embedding: list[float] = []

    def timed(texts: Sequence[str]) -> Any:
        started = clock()
        vectors = embed(texts)
        embedding.append(clock() - started)
        return vectors

    checked = ground.Ground(units, timed, model)
    for each in about[:_TIMED]:
        checked.verify(each.text, [0])
    apart: list[float] = []
    embedded: list[float] = []
    for each in about[:_TIMED]:
        embedding.clear()
        started = clock()
        checked.verify(each.text, [0])
        apart.append(clock() - started - sum(embedding))
        embedded += embedding
    return {
        "verifying_median": float(np.median(apart)) * 1000,
        "verifying_p95": float(np.percentile(apart, 95)) * 1000,
        "embedding_median": float(np.median(embedded)) * 1000,
    }


def _print(report: Mapping[str, Any]) -> None:
    console = Console(highlight=False, width=130)
    console.print(f"weights fitted on {report['fitted_on']}; everything below is on the test halves")
    console.print(_aucs(report["sets"]))
    console.print(_points(report["sets"]))
    for name in SETS:
        console.print(_curves(name, report["sets"][name]))
    cost = report["milliseconds"]
    console.print(
        f"One sentence against {_UNITS} units: median {cost['verifying_median']:.1f} ms, p95"
        f" {cost['verifying_p95']:.1f} ms, beside embedding it ({cost['embedding_median']:.1f} ms)"
    )


def _aucs(sets: Mapping[str, Any]) -> Table:
    labels = ("exact checks", "similarity", "support", "combined")
    table = _table("Telling supported from unsupported: AUC with 95 % bootstrap intervals over documents")
    for column in ("set", "statements", "documents", "unsupported", *labels, "fitted on other sets"):
        table.add_column(column, justify="left" if column == "set" else "right")
    for name, each in sets.items():
        figures = (_interval(each["auc"][label]) for label in labels)
        counts = (str(each["statements"]), str(each["documents"]), f"{each['unsupported_before']:.3f}")
        table.add_row(name, *counts, *figures, _interval(each["auc_fitted_on_other_sets"]))
    return table


def _points(sets: Mapping[str, Any]) -> Table:
    table = _table("At the operating point: what is shown")
    for column in ("set", "shown by", "supported kept", "unsupported among shown", "before"):
        table.add_column(column, justify="left" if column in ("set", "shown by") else "right")
    for name, each in sets.items():
        for label, key in (("exact checks alone", "exact_checks_alone"), ("as shipped", "shipped")):
            shares = (_interval(each[key][share]) for share in ("kept", "unsupported"))
            table.add_row(name, label, *shares, f"{each['unsupported_before']:.3f}")
    return table


def _curves(name: str, measured: Mapping[str, Any]) -> Table:
    table = _table(f"{name}: unsupported share among shown, where so much of the supported is kept")
    table.add_column("kept")
    for each in measured["curve"]["combined"]:
        table.add_column(f"{each['kept']['mean']:.2f}", justify="right")
    for label, points in measured["curve"].items():
        table.add_row(label, *(f"{each['unsupported']['mean']:.3f}" for each in points))
    return table


def _interval(value: Mapping[str, float]) -> str:
    return str(Interval(value["mean"], value["low"], value["high"]))


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
