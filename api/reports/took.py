"""How long answers took: from the question until the whole answer, and until its first sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from api.reports.shape import Figure, Section, Table, Value, columns, rows
from api.reports.tally import Counted, Tally, figure
from connectors.freshness.lags import quantile

UNTIL = (("total", "whole answer"), ("first_sentence", "first sentence"))
SHARES = ((0.5, "p50", "Half of them"), (0.95, "p95", "95 of 100"))
_Histogram = Counter[float]


def taken(details: Mapping[str, Any]) -> Counted:
    """Of the outcome of a question; only of answers, as without one there is nothing that somebody waited to read."""
    if details["status"] != "answered":
        return
    for until, _ in UNTIL:
        if (seconds := details.get("timings", {}).get(until)) is not None:
            # Three digits are as much as anybody reads, and keep the count of a year small.
            yield ("took", until, details.get("tier") or "unknown", f"{seconds:.3g}"), 1


def latency(tally: Tally) -> Section:
    head = columns(
        "tier", ("answers", "Answers", "count"), ("p50", "Half within", "seconds"), ("p95", "95 % within", "seconds"),
        ("answers_before", "Answers before", "count"), ("p50_before", "Half before", "seconds"),
        ("p95_before", "95 % before", "seconds"),
    )  # fmt: skip
    tiers = sorted({key[0] for key in tally.under("took", "total")})
    timed = figure("timed", "Answers", tally.sum("took", "total"))
    return Section(
        "latency",
        "How long answers took",
        (timed, *_figures(tally)),
        (
            Table(
                "tiers",
                "By what answered",
                head,
                rows(head, (_line(tally, tier) for tier in tiers)),
                counted=dict.fromkeys(("answers", "answers_before"), ("took", "total", "{tier}")),
            ),
        ),
        ("From the question until its answer stood whole, as the log has it; without questions that got no answer.",),
    )


def _figures(tally: Tally) -> Iterator[Figure]:
    for until, what in UNTIL:
        now, before = _histograms(tally, until)
        for share, name, of in SHARES:
            yield Figure(
                f"{until}_{name}", f"{of}: {what} within", _quantile(now, share), _quantile(before, share), "seconds"
            )


def _line(tally: Tally, tier: str) -> list[Value]:
    made: list[Value] = [tier]
    for each in _histograms(tally, "total", tier):
        made += [each.total(), *(_quantile(each, share) for share, _, _ in SHARES)]
    return made


def _histograms(tally: Tally, until: str, tier: str | None = None) -> tuple[_Histogram, _Histogram]:
    """How often which time was taken, now and before."""
    now, before = _Histogram(), _Histogram()
    for (of, seconds), both in tally.under("took", until).items():
        if tier is None or tier == of:
            now[float(seconds)] += both.now
            before[float(seconds)] += both.before
    return now, before


def _quantile(histogram: _Histogram, share: float) -> float | None:
    found = quantile(histogram, share)
    return None if found is None else found.total_seconds()
