"""Who guesses has to wait, longer each time. It is kept in the database, so that all processes know."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from api.identity.tables import FailureRow
from core.database import insert_missing
from core.errors import TooMany

FREE = 5
"""Attempts before the first delay."""
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
"""Longer ones would let anybody keep somebody else out."""
FORGOTTEN_AFTER = timedelta(hours=24)


def account_of(kind: str, name: str) -> str:
    """What is counted: the hash of a kind of sign-in and the name that was typed in, whoever that is."""
    return hashlib.sha256(f"{kind}\x1f{name.strip().lower()}".encode()).hexdigest()


def attempt(session: Session, account: str, now: datetime) -> int:
    """Count an attempt before it is tried, so that many at once gain nothing. Returns how many there were without
    success. Raises ``TooMany`` where none is heard now; that one does not count.

    To be committed whatever comes of the attempt.
    """
    session.execute(delete(FailureRow).where(FailureRow.last_at < now - FORGOTTEN_AFTER))
    insert_missing(session, FailureRow, [{"account": account, "count": 0, "last_at": now, "until": None}])
    row = session.get_one(FailureRow, account, populate_existing=True)
    if row.until is not None and row.until > now:
        seconds = (row.until - now).total_seconds()
        raise TooMany(
            "There were too many failed sign-ins.", hint=f"Try again in {int(seconds) + 1} s.", retry_after=seconds
        )
    row.count += 1
    row.last_at = now
    row.until = now + delay_after(row.count) if row.count >= FREE else None
    session.flush()
    return row.count


def succeed(session: Session, account: str) -> None:
    session.execute(delete(FailureRow).where(FailureRow.account == account))


def delay_after(failures: int) -> timedelta:
    """Doubled with each failure from ``FREE`` on."""
    doubled = min(failures - FREE, 20)
    return min(LONGEST_DELAY, FIRST_DELAY * 2**doubled) if failures >= FREE else timedelta()
