"""Queries on sources and their runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import exists, select, tuple_, update
from sqlalchemy.orm import Session

from connectors.tables import CursorRow, RunRow, SourceRow, SourceVersionRow
from core.errors import NotFound
from core.ids import stable_id
from core.tables import LeaseRow

UNDER_WAY = ("running", "stopping")
STOPPED = "Stopped by somebody. It goes on at its next turn."


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source as configured now."""

    id: str
    name: str
    kind: str
    config: dict[str, Any]
    plan: dict[str, Any]
    state: str
    version: int
    demo: bool
    confirmed_at: datetime | None


def id_of(name: str) -> str:
    """The id that a source of this name has, whenever it is added."""
    return stable_id("source", name)


def find(session: Session, name: str) -> SourceRecord | None:
    row = session.scalar(select(SourceRow).where(SourceRow.name == name, SourceRow.state != "removed"))
    return None if row is None else _record(row)


def by_id(session: Session, source_id: str) -> SourceRecord | None:
    row = session.get(SourceRow, source_id)
    return None if row is None else _record(row)


def by_name(session: Session, name: str) -> SourceRecord:
    record = find(session, name)
    if record is None:
        raise unknown(name)
    return record


def unknown(name: str) -> NotFound:
    """For a source that is not there, and for one that the asker is not to know of."""
    return NotFound(f"There is no source named “{name}”.", hint="See vouch sources list for those that exist.")


def everything(session: Session) -> tuple[SourceRecord, ...]:
    return tuple(
        _record(row)
        for row in session.scalars(select(SourceRow).where(SourceRow.state != "removed").order_by(SourceRow.name))
    )


def put(
    session: Session, name: str, kind: str, config: dict[str, Any], *, by: str, now: datetime, demo: bool = False,
    plan: dict[str, Any] | None = None,
) -> SourceRecord:  # fmt: skip
    """Create a source, bring back a removed one, or give it a new configuration or plan; the old one stays in its
    history. Without ``plan`` the present one stays."""
    row = session.scalar(select(SourceRow).where(SourceRow.name == name))
    if row is None:
        row = SourceRow(
            id=id_of(name), name=name, kind=kind, config=config, plan=plan or {}, state="active",
            version=1, demo=demo, created_at=now, confirmed_at=None,
        )  # fmt: skip
        session.add(row)
    else:
        wanted = (kind, config, row.plan if plan is None else plan, "paused" if row.state == "paused" else "active")
        if (row.kind, row.config, row.plan, row.state) == wanted:
            return _record(row)
        if row.state == "removed":
            # It begins anew: what was confirmed once is forgotten.
            row.created_at, row.confirmed_at = now, None
        row.kind, row.config, row.plan, row.state = wanted
        row.version += 1
    session.flush()
    session.add(
        SourceVersionRow(
            source_id=row.id, version=row.version, config=config, plan=row.plan, changed_by=by, changed_at=now
        )
    )
    session.flush()
    return _record(row)


def set_state(session: Session, source_id: str, state: str) -> None:
    session.execute(update(SourceRow).where(SourceRow.id == source_id).values(state=state))


def versions(session: Session, source_id: str) -> tuple[SourceVersionRow, ...]:
    """Who changed it how and when, latest first."""
    rows = session.scalars(
        select(SourceVersionRow)
        .where(SourceVersionRow.source_id == source_id)
        .order_by(SourceVersionRow.version.desc())
    )
    return tuple(rows)


def cursor(session: Session, source_id: str) -> dict[str, Any] | None:
    row = session.get(CursorRow, source_id)
    return None if row is None else row.value


def move_cursor(session: Session, source_id: str, value: dict[str, Any] | None, now: datetime) -> None:
    """None forgets it: the next poll reads everything."""
    row = session.get(CursorRow, source_id)
    if value is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(CursorRow(source_id=source_id, value=value, moved_at=now))
    else:
        row.value, row.moved_at = value, now


def start_run(session: Session, source_id: str, now: datetime, task: str = "poll") -> str:
    run_id = str(uuid4())
    session.add(
        RunRow(id=run_id, source_id=source_id, task=task, state="running", counts={}, error=None, started_at=now)
    )
    return run_id


def tell_run(session: Session, run_id: str, counts: dict[str, int]) -> None:
    """How far a run is."""
    session.execute(update(RunRow).where(RunRow.id == run_id).values(counts=counts))


def ask_to_stop(session: Session, source_id: str) -> int:
    """Have the run of the source end after the page that it is at. Returns how many run."""
    asked = session.execute(
        update(RunRow).where(RunRow.source_id == source_id, RunRow.state == "running").values(state="stopping")
    )
    return asked.rowcount  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def is_to_stop(session: Session, run_id: str) -> bool:
    return session.scalar(select(RunRow.state).where(RunRow.id == run_id)) == "stopping"


def was_stopped(session: Session, source_id: str, since: datetime) -> bool:
    """Whether somebody had a run of the source end since then. A slice of time that ended has no ``error``."""
    found = select(RunRow.id).where(
        RunRow.source_id == source_id, RunRow.state == "stopped", RunRow.error.is_not(None),
        RunRow.finished_at >= since,
    )  # fmt: skip
    return session.scalar(found.limit(1)) is not None


def finish_run(
    session: Session, run_id: str, state: str, counts: dict[str, int], now: datetime, error: str | None = None
) -> None:
    run = session.get_one(RunRow, run_id)
    run.state, run.counts, run.error, run.finished_at = state, counts, error, now
    if state == "done" and run.task == "poll":
        session.execute(update(SourceRow).where(SourceRow.id == run.source_id).values(confirmed_at=run.started_at))


def end_interrupted(session: Session, now: datetime) -> None:
    """Runs that a stop of the process cut off are failed; the next run of the source completes them."""
    session.execute(
        update(RunRow)
        .where(RunRow.state.in_(UNDER_WAY))
        .values(state="failed", error="The process stopped before the run ended.", finished_at=now)
    )


def end_abandoned(session: Session, now: datetime) -> None:
    """Runs whose process is gone are failed: a run holds the lease of its source for as long as it lasts."""
    held = exists().where(LeaseRow.name == "source:" + RunRow.source_id, LeaseRow.until > now)
    session.execute(
        update(RunRow)
        .where(RunRow.state.in_(UNDER_WAY), ~held)
        .values(state="failed", error="Its process stopped before the run ended.", finished_at=now)
        .execution_options(synchronize_session=False)
    )


def last_run(session: Session, source_id: str) -> RunRow | None:
    return next(iter(runs(session, source_id, 1)), None)


def runs(
    session: Session, source_id: str, limit: int, before: tuple[datetime, str] | None = None
) -> tuple[RunRow, ...]:
    """The last runs of a source, latest first; ``before`` is the start and id of the last one that was told."""
    query = select(RunRow).where(RunRow.source_id == source_id)
    if before is not None:
        query = query.where(tuple_(RunRow.started_at, RunRow.id) < before)
    rows = session.scalars(query.order_by(RunRow.started_at.desc(), RunRow.id.desc()).limit(limit))
    return tuple(rows)


def _record(row: SourceRow) -> SourceRecord:
    return SourceRecord(
        row.id, row.name, row.kind, dict(row.config), dict(row.plan), row.state, row.version, row.demo,
        row.confirmed_at,
    )  # fmt: skip
