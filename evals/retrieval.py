"""How well a search finds, on public sets, beside plain reciprocal rank fusion over the same index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from evals.datasets import NORTHWIND, RETRIEVAL_SETS, RetrievalSet, retrieval_set
from evals.metrics import Difference, Interval, Values, hit_at, interval, mean_interval, ndcg_at, paired

Search = Callable[[str, str, int], Sequence[str]]
"""Set name, query and limit to ranked ids: document ids, for Northwind ``FILE.pdf#page=N``; an id may come again."""
Run = Mapping[str, Mapping[str, Sequence[str]]]
"""Set name -> query id -> ranked ids, best first."""
DEPTH = 10
WIDTH = 120


@dataclass(frozen=True, slots=True)
class SetResult:
    """One set: nDCG@10 of both runs, and how sure it is that the first is better."""

    name: str
    queries: int
    product: Interval
    baseline: Interval
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    sets: tuple[SetResult, ...]
    mean: Interval
    baseline_mean: Interval
    difference: Difference
    hit_at_5: Interval | None
    """Northwind pages."""


def run(
    search: Search, *, sets: Sequence[str] = tuple(RETRIEVAL_SETS), limit: int = DEPTH, data: Path | None = None
) -> dict[str, dict[str, list[str]]]:
    """Every query of ``sets`` put to ``search``. Raises ``NotFound`` when a set is absent."""
    return {
        name: {query.id: list(search(name, query.text, limit)) for query in retrieval_set(name, data).queries}
        for name in sets
    }


def compare(product: Run, baseline: Run, *, data: Path | None = None, console: Console | None = None) -> Comparison:
    """Measure both runs on their sets and print the table."""
    loaded = [retrieval_set(name, data) for name in product]
    found = compared(loaded, product, baseline)
    (console or Console(width=WIDTH)).print(_table(found))
    return found


def compared(sets: Sequence[RetrievalSet], product: Run, baseline: Run) -> Comparison:
    """``compare`` without printing."""
    first = [scores(each, product[each.name]) for each in sets]
    second = [scores(each, baseline[each.name]) for each in sets]
    results = tuple(
        SetResult(each.name, len(one), interval(one), interval(other), paired([one], [other]))
        for each, one, other in zip(sets, first, second, strict=True)
    )
    hits = [
        np.array([hit_at(product[each.name].get(query.id, ()), each.relevant[query.id], 5) for query in each.queries])
        for each in sets
        if each.name == NORTHWIND
    ]
    return Comparison(
        results, mean_interval(first), mean_interval(second), paired(first, second), interval(hits[0]) if hits else None
    )


def scores(queries: RetrievalSet, ranked: Mapping[str, Sequence[str]]) -> Values:
    """nDCG@10 of each query; one without a result scores 0."""
    return np.array([ndcg_at(ranked.get(query.id, ()), queries.relevant[query.id], DEPTH) for query in queries.queries])


def _table(found: Comparison) -> Table:
    table = Table(title="nDCG@10, 95 % bootstrap intervals")
    for column in ("set", "queries", "product", "plain RRF", "difference", "p"):
        table.add_column(column, justify="left" if column == "set" else "right", no_wrap=True)
    for row in found.sets:
        table.add_row(
            row.name, str(row.queries), str(row.product), str(row.baseline),
            f"{row.difference.interval.mean:+.3f}", f"{row.difference.p:.4f}",
        )  # fmt: skip
    table.add_section()
    table.add_row(
        "mean", "", str(found.mean), str(found.baseline_mean),
        f"{found.difference.interval.mean:+.3f}", f"{found.difference.p:.4f}",
    )  # fmt: skip
    if found.hit_at_5 is not None:
        table.add_row("Northwind hit@5", "", str(found.hit_at_5), "", "", "")
    return table
