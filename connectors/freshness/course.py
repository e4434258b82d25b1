"""How stale a source was over time, as its runs tell: the line that a chart draws against the bound."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.freshness import repository
from connectors.plan import Bound, Plan, Task
from connectors.tables import RunRow

RUNS_READ = 5000
"""Of one task at most; what came before them is left out of the line."""
SHORTEST = timedelta(minutes=1)
"""How far a line reaches back at least."""
LONGEST = timedelta(days=365)
"""How long before its beginning the pass before may have been."""


@dataclass(frozen=True, slots=True)
class Point:
    """The stretch of time that ends ``at``: the worst staleness in it, None while the source was never read."""

    at: datetime
    staleness: timedelta | None


@dataclass(frozen=True, slots=True)
class _Confirmations:
    """When passes of one task ended, and when each began."""

    ended: list[datetime]
    began: list[datetime]

    def known_at(self, moment: datetime) -> datetime | None:
        """The start of the last pass that had ended by then."""
        place = bisect_right(self.ended, moment)
        return self.began[place - 1] if place else None


def course(
    session: Session, source_id: str, plan: Plan, kind: Bound, since: datetime, now: datetime, count: int
) -> tuple[Point, ...]:
    """``count`` points from ``since``, or from when the source was added, to ``now``."""
    added = repository.created_at(session, [source_id]).get(source_id, since)
    since = min(max(since, added), now - SHORTEST)
    passes = [_confirmations(session, source_id, task, since) for task in plan.confirming(kind)]
    step = (now - since) / count
    points: list[Point] = []
    for number in range(count):
        begin, end = since + step * number, since + step * (number + 1)
        points.append(Point(end, _worst(passes, begin, end)))
    return tuple(points)


def _worst(passes: Sequence[_Confirmations], begin: datetime, end: datetime) -> timedelta | None:
    # It grows until a pass ends: the highest values are just before those moments, and at the end of the stretch.
    instant = timedelta(microseconds=1)
    turns = [moment - instant for each in passes for moment in each.ended if begin < moment <= end]
    known = [found for moment in (*turns, end) if (found := _staleness(passes, moment)) is not None]
    return max(known) if known else None


def _staleness(passes: Sequence[_Confirmations], moment: datetime) -> timedelta | None:
    """All of the tasks have to have confirmed: the one that did so first counts."""
    began = [each.known_at(moment) for each in passes]
    known = [each for each in began if each is not None]
    return max(moment - min(known), timedelta(0)) if known and len(known) == len(began) else None


def _confirmations(session: Session, source_id: str, task: Task, since: datetime) -> _Confirmations:
    which = (RunRow.source_id == source_id, RunRow.task == task)
    before = select(RunRow.started_at).where(*which, RunRow.state == "done", RunRow.finished_at <= since)
    # From the pass before the last one on, so that all slices of the last one are there.
    earlier = session.scalars(before.order_by(RunRow.started_at.desc()).limit(2)).all()
    first = earlier[1] if len(earlier) > 1 else since - LONGEST
    rows = session.execute(
        select(RunRow.state, RunRow.started_at, RunRow.finished_at)
        .where(*which, RunRow.state.in_(("done", "stopped")), RunRow.started_at >= first)
        .order_by(RunRow.started_at.desc())
        .limit(RUNS_READ)
    ).all()
    ended: list[datetime] = []
    began: list[datetime] = []
    slices: datetime | None = None
    for state, started, finished in reversed(rows):
        # A pass that was cut into slices began with the first of them.
        slices = slices or started
        if state == "done" and finished is not None:
            ended.append(finished)
            began.append(slices)
            slices = None
    return _Confirmations(ended, began)
