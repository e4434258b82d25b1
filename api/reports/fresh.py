"""Sources: what was read, what failed, how late it was against its bounds, and whose access changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.reports import listed
from api.reports.period import Period, written
from api.reports.shape import Section, Table, Value, columns, rows
from api.reports.tally import Count, Counted, Event, Tally, figure
from connectors.freshness.lags import day_of, quantile
from connectors.freshness.repository import observed
from connectors.plan import BOUNDS, stored_plan
from connectors.tables import SourceRow

_COUNTS = ("new", "changed", "unchanged", "deleted", "failed")


def counts() -> Mapping[str, Count]:
    return {"source.run": _run}


def _run(event: Event, details: Mapping[str, Any]) -> Counted:
    source = details["source"]
    yield ("runs", source, event["outcome"]), 1
    for name in _COUNTS:
        yield ("items", source, name), details.get(name, 0)


def sources(session: Session, tally: Tally) -> Section:
    period = tally.period
    known = {row.id: row for row in session.scalars(select(SourceRow).order_by(SourceRow.name, SourceRow.id))}
    return Section(
        "sources",
        "Sources",
        (
            figure("runs", "Runs", tally.sum("runs")),
            figure("failed", "Runs that failed", tally.sum("runs", None, "failed"), ("runs", tally.sum("runs"))),
            figure("items_failed", "Items that could not be read", tally.sum("items", None, "failed")),
            *(
                listed.figure(session, period, name)
                for name in ("breaches", "access_changed", "members_changed", "passages_kept_back")
            ),
        ),
        (_read(tally, known), _late(session, period, known), _outside(session, period)),
        ("The last figure is as of the making of the report, and so is none of the period before.",),
    )  # fmt: skip


def _read(tally: Tally, known: Mapping[str, SourceRow]) -> Table:
    head = columns(
        "source", "connector", "state", ("runs", "Runs", "count"), ("failed_runs", "Failed runs", "count"),
        ("new", "New", "count"), ("changed", "Changed", "count"), ("deleted", "Deleted", "count"),
        ("failed", "Failed items", "count"), ("runs_before", "Runs before", "count"),
        ("failed_before", "Failed before", "count"), ("confirmed_at", "Last confirmed", "moment"),
    )  # fmt: skip
    items = ("new", "changed", "deleted", "failed")
    ran = {key[0] for key in tally.under("runs")}
    those = [(each.id, each.name, each) for each in known.values() if each.state != "removed" or each.id in ran]
    lines: list[Mapping[str, Value]] = []
    for source, name, row in [*those, *((each, f"(gone) {each}", None) for each in sorted(ran - set(known)))]:
        total, failed = tally.sum("runs", source), tally.n("runs", source, "failed")
        confirmed = None if row is None or row.confirmed_at is None else written(row.confirmed_at)
        line = (
            name, "" if row is None else row.kind, "removed" if row is None else row.state, total.now, failed.now,
            *(tally.n("items", source, each).now for each in items),
            total.before, failed.before, confirmed,
        )  # fmt: skip
        lines.append({**rows(head, (line,))[0], "id": source})
    return Table(
        "by_source", "Synchronisation", head, tuple(lines), bars="runs",
        counted={
            **dict.fromkeys(("runs", "runs_before"), ("runs", "{id}")),
            **dict.fromkeys(("failed_runs", "failed_before"), ("runs", "{id}", "failed")),
            **{each: ("items", "{id}", each) for each in items},
        },
    )  # fmt: skip


def _late(session: Session, period: Period, known: Mapping[str, SourceRow]) -> Table:
    """Lags that were observed on the days that the period touches."""
    head = columns(
        "source", "kind", ("bound", "Bound", "seconds"), ("observed", "Changes observed", "count"),
        ("late", "Late", "count"), ("in_time", "In time", "share"), ("p95", "95 % within", "seconds"),
        ("observed_before", "Observed before", "count"), ("late_before", "Late before", "count"),
    )  # fmt: skip
    lines: list[Mapping[str, Value]] = []
    for row in known.values():
        if row.state == "removed":
            continue
        bounds = stored_plan(row.plan).bounds
        now, before = _lags(session, row.id, period), _lags(session, row.id, period.before)
        for kind in BOUNDS:
            counted, late = _sum(now, kind)
            bound, p95 = bounds.of(kind), quantile(now.get(kind, _NONE)[0], 0.95)
            line = (
                row.name, kind, None if bound is None else bound.total_seconds(), counted, late,
                round(1 - late / counted, 4) if counted else None, None if p95 is None else p95.total_seconds(),
                *_sum(before, kind),
            )  # fmt: skip
            lines.append({**rows(head, (line,))[0], "id": row.id})
    return Table(
        "freshness", "Freshness against its bounds", head, tuple(lines),
        listed={
            **dict.fromkeys(("observed", "observed_before"), ("observed", "{id}", "{kind}")),
            **dict.fromkeys(("late", "late_before"), ("late", "{id}", "{kind}")),
        },
        note="Content, deletions and permissions each have a bound and a lag of their own, counted by UTC day.",
    )  # fmt: skip


_Lags = dict[str, tuple[Counter[float], int]]
_NONE: tuple[Counter[float], int] = (Counter(), 0)


def _lags(session: Session, source_id: str, period: Period) -> _Lags:
    last = period.until - timedelta(microseconds=1)
    found: _Lags = {}
    for kind, _, each in observed(session, source_id, day_of(period.since), day_of(last)):
        histogram, late = found.get(kind, (Counter(), 0))
        histogram[each.bucket] += each.count
        found[kind] = histogram, late + each.late
    return found


def _sum(lags: _Lags, kind: str) -> tuple[int, int]:
    histogram, late = lags.get(kind, _NONE)
    return sum(histogram.values()), late


def _outside(session: Session, period: Period) -> Table:
    head = columns(
        "source", "kind", "state", ("began_at", "Began", "moment"), ("ended_at", "Ended", "moment"),
        ("seconds", "Within the period", "seconds"),
    )  # fmt: skip
    lines: list[list[Value]] = []
    for row in listed.breaches(period).rows(session):
        began, ended = row["began_at"], row["ended_at"]
        within = min(ended or period.until, period.until) - max(began, period.since)
        lines.append([
            row["source"], row["kind"], row["state"], written(began), None if ended is None else written(ended),
            round(within.total_seconds()),
        ])  # fmt: skip
    return Table("breaches", "Outside a bound", head, rows(head, lines))
