"""Items that could not be read: kept with their reason, tried again by themselves where that may help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from connectors.sources.base import Fault
from connectors.tables import FailureRow

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=12)


def record(session: Session, source_id: str, faults: Iterable[Fault], now: datetime) -> None:
    """Keep these faults; each further attempt doubles the pause before the next."""
    by_key = {fault.key: fault for fault in faults}
    known = {
        row.key: row
        for row in session.scalars(
            select(FailureRow).where(FailureRow.source_id == source_id, FailureRow.key.in_(by_key))
        )
    }
    for key, fault in by_key.items():
        row = known.get(key)
        if row is None:
            row = FailureRow(source_id=source_id, key=key, attempts=0, first_at=now)
            session.add(row)
        row.attempts += 1
        row.code, row.reason, row.transient, row.last_at = fault.code, fault.reason, fault.transient, now
        row.next_at = now + _pause(row.attempts) if fault.transient else None


def clear(session: Session, source_id: str, keys: Sequence[str]) -> None:
    """These items have been read, or are gone."""
    if keys:
        session.execute(delete(FailureRow).where(FailureRow.source_id == source_id, FailureRow.key.in_(keys)))


def due(session: Session, source_id: str, now: datetime, limit: int) -> tuple[str, ...]:
    """Keys that are to be tried again now, longest waiting first."""
    rows = session.scalars(
        select(FailureRow.key)
        .where(FailureRow.source_id == source_id, FailureRow.next_at <= now)
        .order_by(FailureRow.next_at)
        .limit(limit)
    )
    return tuple(rows)


def among(session: Session, source_id: str, keys: Sequence[str]) -> set[str]:
    """Those of ``keys`` that have failed."""
    query = select(FailureRow.key).where(FailureRow.source_id == source_id, FailureRow.key.in_(keys))
    return set(session.scalars(query))


def next_due(session: Session, source_id: str) -> datetime | None:
    return session.scalar(select(func.min(FailureRow.next_at)).where(FailureRow.source_id == source_id))


def retry_all(session: Session, source_id: str, now: datetime, keys: Sequence[str] | None = None) -> None:
    """Try every item, or those of ``keys``, again at the next occasion, whatever its fault was."""
    which = [FailureRow.source_id == source_id, *(() if keys is None else (FailureRow.key.in_(keys),))]
    session.execute(update(FailureRow).where(*which).values(next_at=now))


def of_source(session: Session, source_id: str, limit: int = 1000) -> tuple[FailureRow, ...]:
    rows = session.scalars(
        select(FailureRow).where(FailureRow.source_id == source_id).order_by(FailureRow.key).limit(limit)
    )
    return tuple(rows)


def _pause(attempts: int) -> timedelta:
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
