"""Queries on lags, on the runs that confirm, and on breaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from connectors.plan import Bound, Task
from connectors.tables import BreachRow, LagRow, RunRow, SourceRow, TaskRow


@dataclass(frozen=True, slots=True)
class Observed:
    """Observations of one bucket: how many, and how many of them were late."""

    bucket: float
    count: int
    late: int


@dataclass(frozen=True, slots=True)
class Passes:
    """What the runs of one task tell: when the last one began that went through, and whether the last to end failed."""

    confirmed_at: datetime | None
    failing: bool


@dataclass(frozen=True, slots=True)
class OpenBreach:
    """A breach, or a time in which nobody can tell, that has not ended. ``since`` is the beginning of all that it
    follows on without a gap."""

    id: str
    kind: str
    state: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Outside:
    """A source that is outside a bound now, or of which nobody can tell, as those who read from it need it."""

    source_id: str
    source: str
    kind: Bound
    since: datetime
    refuse: bool
    """Its owner wants no answers from it meanwhile."""


def day_text(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


# Lags


def add(session: Session, source_id: str, kind: Bound, day: str, observed: Sequence[Observed]) -> None:
    """Add to what the day holds. Two workers that do it at once add up."""
    if not observed:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(LagRow)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["source_id", "kind", "day", "bucket"],
            set_={
                "count": LagRow.count + statement.excluded.count,
                "late": LagRow.late + statement.excluded.late,
            },
        ),
        [
            {
                "source_id": source_id, "kind": kind, "day": day,
                "bucket": each.bucket, "count": each.count, "late": each.late,
            }
            for each in observed
        ],
    )  # fmt: skip


def observed(session: Session, source_id: str, first_day: str, last_day: str) -> list[tuple[str, str, Observed]]:
    """Kind, day and what was observed, for the days from ``first_day`` to ``last_day``, both inclusive."""
    rows = session.execute(_OBSERVED, {"source": source_id, "first": first_day, "last": last_day})
    return [(kind, day, Observed(bucket, count, late)) for kind, day, bucket, count, late in rows]


def forget(session: Session, before_day: str) -> None:
    """Delete the observations of the days before ``before_day``."""
    session.execute(delete(LagRow).where(LagRow.day < before_day))


_OBSERVED = select(LagRow.kind, LagRow.day, LagRow.bucket, LagRow.count, LagRow.late).where(
    LagRow.source_id == bindparam("source"), LagRow.day >= bindparam("first"), LagRow.day <= bindparam("last")
)


# Runs


def known_passes(session: Session, source_ids: Sequence[str]) -> dict[tuple[str, str], Passes]:
    """By source and task, what ``source_tasks`` says of those tasks that have ever gone through."""
    return {
        (row.source_id, row.task): Passes(row.succeeded_at, row.failures > 0)
        for row in session.execute(_TASKS, {"sources": source_ids})
    }


def passes_by_runs(session: Session, source_id: str, task: Task) -> Passes:
    """A pass that was cut into slices began with the first of them: what changed since then it may not have seen."""
    which = {"source": source_id, "task": task}
    ended = session.execute(_LAST_ENDED, which).first()
    if ended is None:
        return Passes(None, failing=False)
    failing = ended.state != "done"
    began = session.scalar(_LAST_DONE, which) if failing else ended.started_at
    if began is None:
        return Passes(None, failing)
    before = session.execute(_BEFORE, {**which, "before": began}).first()
    if before is not None and before.state == "stopped":
        whole = session.scalar(_LAST_WHOLE_BEFORE, {**which, "before": began})
        first = session.scalar(_FIRST_SLICE if whole else _FIRST_SLICE_EVER, {**which, "before": began, "whole": whole})
        began = first or began
    return Passes(began, failing)


_TASKS = select(TaskRow.source_id, TaskRow.task, TaskRow.succeeded_at, TaskRow.failures).where(
    TaskRow.source_id.in_(bindparam("sources", expanding=True)), TaskRow.succeeded_at.is_not(None)
)
_RUNS = (RunRow.source_id == bindparam("source"), RunRow.task == bindparam("task"))
_EARLIER = RunRow.started_at < bindparam("before")
_NEWEST = RunRow.started_at.desc()
_LAST_ENDED = (
    select(RunRow.state, RunRow.started_at)
    .where(*_RUNS, RunRow.state.in_(("done", "failed")))
    .order_by(_NEWEST)
    .limit(1)
)
_LAST_DONE = select(RunRow.started_at).where(*_RUNS, RunRow.state == "done").order_by(_NEWEST).limit(1)
_BEFORE = select(RunRow.state).where(*_RUNS, _EARLIER).order_by(_NEWEST).limit(1)
_LAST_WHOLE_BEFORE = (
    select(RunRow.started_at)
    .where(*_RUNS, _EARLIER, RunRow.state == "done")
    .order_by(_NEWEST)
    .limit(1)
)  # fmt: skip
_FIRST_SLICE_EVER = select(func.min(RunRow.started_at)).where(*_RUNS, _EARLIER, RunRow.state == "stopped")
_FIRST_SLICE = _FIRST_SLICE_EVER.where(RunRow.started_at > bindparam("whole"))


def created_at(session: Session, source_ids: Sequence[str]) -> dict[str, datetime]:
    return {row.id: row.created_at for row in session.execute(_CREATED, {"sources": source_ids})}


_CREATED = select(SourceRow.id, SourceRow.created_at).where(SourceRow.id.in_(bindparam("sources", expanding=True)))


# Breaches


def open_breaches(session: Session, source_ids: Sequence[str]) -> dict[tuple[str, str], OpenBreach]:
    """Those that have not ended, by source and kind."""
    return {
        (row.source_id, row.kind): OpenBreach(
            row.id, row.kind, row.state, _since(session, row.source_id, row.kind, row.began_at)
        )
        for row in session.execute(_OPEN, {"sources": source_ids}).all()
    }


def outside(session: Session) -> list[Outside]:
    """Everything that is outside its bounds now."""
    return [
        Outside(
            row.source_id,
            row.name,
            cast("Bound", row.kind),
            _since(session, row.source_id, row.kind, row.began_at),
            # No default of any sort of source refuses, so that what was declared is all there is to look at.
            row.plan.get("stale") == "refuse",
        )
        for row in session.execute(_OUTSIDE).all()
    ]


def source_ids(session: Session) -> list[str]:
    return list(session.scalars(select(SourceRow.id)))


def _since(session: Session, source_id: str, kind: str, began_at: datetime) -> datetime:
    """When all began that goes on at ``began_at``: a breach may have followed a time in which nobody could tell."""
    which = {"source": source_id, "kind": kind}
    while (earlier := session.scalar(_ENDED_AT, {**which, "at": began_at})) is not None:
        began_at = earlier
    return began_at


_STILL = BreachRow.ended_at.is_(None)
_OPEN = select(BreachRow.id, BreachRow.source_id, BreachRow.kind, BreachRow.state, BreachRow.began_at).where(
    BreachRow.source_id.in_(bindparam("sources", expanding=True)), _STILL
)
_OUTSIDE = (
    select(BreachRow.source_id, BreachRow.kind, BreachRow.began_at, SourceRow.name, SourceRow.plan)
    .join(SourceRow, SourceRow.id == BreachRow.source_id)
    .where(_STILL, SourceRow.state != "removed")
)
_ENDED_AT = select(BreachRow.began_at).where(
    BreachRow.source_id == bindparam("source"),
    BreachRow.kind == bindparam("kind"),
    BreachRow.ended_at == bindparam("at"),
    BreachRow.began_at < bindparam("at"),
)


def begin(session: Session, source_id: str, kind: Bound, state: str, began_at: datetime) -> None:
    session.add(BreachRow(id=str(uuid4()), source_id=source_id, kind=kind, state=state, began_at=began_at))
    session.flush()


def end(session: Session, breach_id: str, now: datetime) -> None:
    session.execute(update(BreachRow).where(BreachRow.id == breach_id).values(ended_at=now))


def history(session: Session, source_id: str, limit: int = 100) -> list[BreachRow]:
    """The breaches of a source, the latest first."""
    return list(
        session.scalars(
            select(BreachRow).where(BreachRow.source_id == source_id).order_by(BreachRow.began_at.desc()).limit(limit)
        )
    )
