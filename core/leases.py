"""Leases in the database: whoever holds one works alone, over all processes, until it runs out or is given back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from core.database import insert_missing
from core.tables import LeaseRow


def claim(session: Session, name: str, owner: str, now: datetime, life: timedelta) -> bool:
    """Take or renew the lease ``name`` until ``now + life``. False when somebody else holds it."""
    insert_missing(session, LeaseRow, [{"name": name, "owner": owner, "until": now}])
    taken = session.execute(
        update(LeaseRow)
        .where(LeaseRow.name == name, or_(LeaseRow.owner == owner, LeaseRow.until <= now))
        .values(owner=owner, until=now + life)
    )
    return bool(taken.rowcount)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]


def release(session: Session, name: str, owner: str) -> None:
    session.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.owner == owner))


def holder(session: Session, name: str, now: datetime) -> str | None:
    row = session.get(LeaseRow, name)
    return row.owner if row is not None and row.until > now else None
