"""Queries on sources and their runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from connectors.tables import RunRow, SourceRow, SourceVersionRow
from core.errors import NotFound
from core.ids import stable_id


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source as configured now."""

    id: str
    name: str
    kind: str
    config: dict[str, Any]
    version: int
    demo: bool
    confirmed_at: datetime | None


def find(session: Session, name: str) -> SourceRecord | None:
    row = session.scalar(select(SourceRow).where(SourceRow.name == name))
    return None if row is None else _record(row)


def by_name(session: Session, name: str) -> SourceRecord:
    record = find(session, name)
    if record is None:
        raise NotFound(f"There is no source named {name!r}.", hint="See vouch sources list for those that exist.")
    return record


def everything(session: Session) -> tuple[SourceRecord, ...]:
    return tuple(_record(row) for row in session.scalars(select(SourceRow).order_by(SourceRow.name)))


def put(
    session: Session, name: str, kind: str, config: dict[str, Any], *, by: str, now: datetime, demo: bool = False
) -> SourceRecord:
    """Create a source, or give it a new configuration; the old one stays in its history."""
    row = session.scalar(select(SourceRow).where(SourceRow.name == name))
    if row is None:
        row = SourceRow(
            id=stable_id("source", name), name=name, kind=kind, config=config, version=1, demo=demo,
            created_at=now, confirmed_at=None,
        )  # fmt: skip
        session.add(row)
    elif row.config == config and row.kind == kind:
        return _record(row)
    else:
        row.kind, row.config, row.version = kind, config, row.version + 1
    session.flush()
    session.add(SourceVersionRow(source_id=row.id, version=row.version, config=config, changed_by=by, changed_at=now))
    session.flush()
    return _record(row)


def start_run(session: Session, source_id: str, now: datetime) -> str:
    run_id = str(uuid4())
    session.add(RunRow(id=run_id, source_id=source_id, state="running", counts={}, error=None, started_at=now))
    return run_id


def finish_run(
    session: Session, run_id: str, state: str, counts: dict[str, int], now: datetime, error: str | None = None
) -> None:
    run = session.get_one(RunRow, run_id)
    run.state, run.counts, run.error, run.finished_at = state, counts, error, now
    if state == "done":
        session.execute(update(SourceRow).where(SourceRow.id == run.source_id).values(confirmed_at=run.started_at))


def end_interrupted(session: Session, now: datetime) -> None:
    """Runs that a stop of the process cut off are failed; the next run of the source completes them."""
    session.execute(
        update(RunRow)
        .where(RunRow.state == "running")
        .values(state="failed", error="The process stopped before the run ended.", finished_at=now)
    )


def last_run(session: Session, source_id: str) -> RunRow | None:
    return session.scalar(
        select(RunRow).where(RunRow.source_id == source_id).order_by(RunRow.started_at.desc()).limit(1)
    )


def _record(row: SourceRow) -> SourceRecord:
    return SourceRecord(row.id, row.name, row.kind, dict(row.config), row.version, row.demo, row.confirmed_at)
