"""Forgetting a source: what it brought leaves the answers, and what it said of people counts no more."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from connectors import accounts
from connectors import repository as sources
from connectors.freshness import breaches
from connectors.repository import SourceRecord
from connectors.tables import CursorRow, FailureRow, LagRow, RunRow, TaskRow
from core.clock import Clock
from core.database import Database
from core.errors import Conflict
from core.leases import Leases
from ingest.keep import drop
from ingest.repository import HELD
from ingest.tables import DocumentRow

WAIT_SECONDS = 60.0
"""How long a run that goes on may take to end."""
LOOK_AGAIN_SECONDS = 0.1


def forget(
    database: Database, record: SourceRecord, clock: Clock, note: Callable[[Session], None], *,
    wait_seconds: float = WAIT_SECONDS,
) -> int:  # fmt: skip
    """Take a source out, with everything that is known through it. Returns how many documents left the answers; what
    the index is to do about them is in the outbox.

    Suppressed documents stay suppressed, should it ever come back. ``note`` joins the transaction, for the log. Raises
    ``Conflict`` when a run does not end in time; the source is paused then, and nothing is forgotten.
    """
    leases = Leases(database, clock)
    with database.writing() as session:
        sources.set_state(session, record.id, "paused")
    ends = time.monotonic() + wait_seconds
    while True:
        # No run may go on while this happens: its next page would bring documents back.
        with leases.hold(f"source:{record.id}") as lease:
            if lease is not None:
                with database.writing() as session:
                    lease.confirm(session)
                    dropped = _forget(session, record, clock)
                    note(session)
                break
        if time.monotonic() >= ends:
            raise Conflict(
                f"{record.name} is still being read. It is paused now, and nothing is removed yet.",
                hint=f"Once its run has ended, remove it again: vouch sources show {record.name} tells.",
            )
        time.sleep(LOOK_AGAIN_SECONDS)
    return dropped


def _forget(session: Session, record: SourceRecord, clock: Clock) -> int:
    now = clock()
    held = select(DocumentRow.id).where(DocumentRow.source_id == record.id, DocumentRow.state.in_(HELD))
    documents = session.scalars(held).all()
    drop(session, documents, "gone", now)
    accounts.forget_accounts(session, record.id, now)
    breaches.close(session, record.id, now)
    for table in (CursorRow, TaskRow, FailureRow, RunRow, LagRow):
        session.execute(delete(table).where(table.source_id == record.id))
    sources.set_state(session, record.id, "removed")
    return len(documents)
