"""``vouch eval pii``: runs the evaluation of detection and prints it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evals.pii import (
    GROUPS,
    CaseScores,
    Scores,
    Share,
    cases,
    detect,
    detect_in_documents,
    score,
    score_cases,
    synthetic,
)
from evals.pii_cost import Cost, Costs, documents, measure
from ingest.embed.open import open_embedder
from ingest.label.open import open_detector
from ingest.label.recognisers import recognisers
from ingest.label.settings import LabelSettings

GOALS = {"recall": 0.90, "precision": 0.92, "direct identifiers": 0.97, "street addresses": 0.85}
QUESTIONS = 60


def run(cache: Path, *, tuning: bool = False, as_json: bool = False, cost: bool = True) -> None:
    """Prints tables, or JSON, on stdout and progress on stderr. Raises ``NotFound`` without the data."""
    settings = LabelSettings()
    ours = recognisers(settings)
    detector = open_detector(settings, ours)
    texts = synthetic(tuning=tuning)
    found = detect(detector, [each.text for each in texts], _progress("texts"))
    scores = score(texts, found)
    _say("documents")
    in_documents = score(texts, detect_in_documents(detector, [each.text for each in texts]))
    all_cases = cases()
    whole = score_cases(all_cases, detect(detector, [case.text for case in all_cases], _progress("cases")))
    alone = score_cases(all_cases, [[one for each in ours for one in each.find(case.text)] for case in all_cases])
    costs = None
    if cost:
        _say("costs (about a minute)")
        questions = [each.text for each in synthetic(tuning=True)[:: max(1, 900 // QUESTIONS)]][:QUESTIONS]
        embedder = open_embedder(cache_dir=cache / "models", threads=1)
        costs = measure(detector, embedder, questions, documents())
        embedder.close()
    half = "tuning" if tuning else "test"
    if as_json:
        sys.stdout.write(
            json.dumps(_plain(half, detector.identity, scores, in_documents, whole, alone, costs), indent=2) + "\n"
        )
        return
    _print(half, detector.identity, scores, in_documents, whole, alone, costs)


def _plain(
    half: str,
    identity: str,
    scores: Scores,
    in_documents: Scores,
    whole: CaseScores,
    alone: CaseScores,
    costs: Costs | None,
) -> dict[str, Any]:
    return {
        "half": half,
        "detector": identity,
        "goals": GOALS,
        "synthetic": asdict(scores),
        "synthetic_in_documents": asdict(in_documents),
        "cases": {"detector": asdict(whole), "recognisers_alone": asdict(alone)},
        "costs": None if costs is None else asdict(costs),
    }


def _print(
    half: str,
    identity: str,
    scores: Scores,
    in_documents: Scores,
    whole: CaseScores,
    alone: CaseScores,
    costs: Costs | None,
) -> None:
    console = Console(highlight=False, width=120)
    console.print(f"detector {identity}; {scores.texts} texts of {scores.templates} templates, the {half} half")
    console.print(_scores("Wholly covered spans, and findings that are right (95 % bootstrap over templates)", scores))
    console.print(_scores("The same texts as paragraphs of documents of 2,000 characters", in_documents, brief=True))
    console.print(_cases(whole, alone))
    if costs is not None:
        console.print(_costs(costs))


def _scores(title: str, scores: Scores, *, brief: bool = False) -> Table:
    table = _table(title)
    for column in ("", "recall", "lower bound", "spans", "goal", "precision", "lower bound", "findings"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("all", *_share(scores.recall), f"{GOALS['recall']:.2f}", *_share(scores.precision))
    kinds = sorted((scores.recall_of.keys() | scores.precision_of.keys()) - GROUPS.keys())
    for kind in (*GROUPS, *(() if brief else kinds)):
        goal = f"{GOALS[kind]:.2f}" if kind in GOALS else ""
        table.add_row(kind, *_share(scores.recall_of.get(kind)), goal, *_share(scores.precision_of.get(kind)))
    return table


def _share(share: Share | None) -> tuple[str, str, str]:
    if share is None or not share.total:
        return "", "", ""
    return f"{share.interval.mean:.3f}", f"{share.interval.low:.3f}", str(share.total)


def _cases(whole: CaseScores, alone: CaseScores) -> Table:
    table = _table("Recogniser cases: positives found wholly, near misses left alone")
    for column in ("", "found wholly", "as that kind", "near misses left", "kinds that fail most (failed of all)"):
        table.add_column(column, justify="left" if column in ("", "kinds that fail most (failed of all)") else "right")
    for name, each in (("detector", whole), ("recognisers alone, any score", alone)):
        shares = (f"{hits / total:.3f} of {total}" for hits, total in (each.whole, each.named, each.quiet))
        table.add_row(name, *shares, ", ".join(f"{kind} {bad}/{all_}" for kind, bad, all_ in each.worst[:6]))
    return table


def _costs(costs: Costs) -> Table:
    table = _table("Cost in processor milliseconds, one core; a ratio above 1 means that ours is cheaper")
    for column in ("", "ours", "plain Presidio", "ratio", "embedding", "ratio", "texts"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("question", *_cost(costs.question))
    table.add_row("2,000 characters", *_cost(costs.document))
    for name, each in costs.by_source.items():
        table.add_row(f"  {name.removesuffix('.jsonl.gz')}", *_cost(each))
    return table


def _cost(cost: Cost) -> tuple[str, ...]:
    embedding = ("", "") if cost.embedding is None else (f"{cost.embedding:.1f}", f"{cost.embedding / cost.ours:.2f}")
    return f"{cost.ours:.1f}", f"{cost.presidio:.1f}", f"{cost.presidio / cost.ours:.2f}", *embedding, str(cost.count)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")


def _progress(what: str) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        if done == total or done % 320 == 0:
            _say(f"{what} {done}/{total}")

    return tell


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
