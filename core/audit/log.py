"""Where writers hand in events. An event is acknowledged once it is committed in the pending table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import orjson
from sqlalchemy import event as database_events
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.audit.commitments import Commitments, pseudonym
from core.audit.events import Event, body
from core.audit.tables import PendingRow
from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.secrets import COMMITMENT, SUBJECT, Keyring

_PENDING = insert(PendingRow.__table__)  # pyright: ignore[reportArgumentType]
HINT = "No log, no answer: check the disk and the database, then run: vouch audit verify"


class Follower(Protocol):
    """Whoever moves pending events on. ``check`` raises Refused while it cannot."""

    def check(self) -> None: ...

    def wake(self) -> None: ...


class AuditLog:
    """The writers' side of the log. Safe to use from many threads."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._commitment = keyring.key(COMMITMENT)
        self._subject = keyring.key(SUBJECT)
        self._clock = clock
        self._follower: Follower | None = None

    def append(self, event: Event) -> str:
        """Write ``event`` in a transaction of its own and return its id; what is returned survives a killed process.

        Raises Refused when it cannot be written, or when earlier events cannot be chained: then nothing may be shown.
        Not to be called inside ``database.writing()``, which holds SQLite's only write lock: use ``enlist`` there.
        """
        if self._follower is not None:
            self._follower.check()
        try:
            with self._database.writing() as session:
                self._insert(session, event)
        except SQLAlchemyError as error:
            raise Refused("The audit log cannot be written.", hint=HINT) from error
        if self._follower is not None:
            self._follower.wake()
        return event.id

    def enlist(self, session: Session, event: Event) -> str:
        """Write ``event`` in the caller's transaction, so that a change and its record are kept or lost together."""
        follower = self._follower
        if follower is not None:
            follower.check()
            database_events.listen(session, "after_commit", _waker(follower), once=True)
        try:
            self._insert(session, event)
        except SQLAlchemyError as error:
            raise Refused("The audit log cannot be written.", hint=HINT) from error
        return event.id

    def commitments(self) -> Commitments:
        """Commitments for one event, with a fresh salt. Give its ``salt`` to the event."""
        return Commitments.new(self._commitment)

    def subject(self, person_id: str) -> str:
        """The pseudonym under which the log knows this person."""
        return pseudonym(self._subject, person_id)

    def follow(self, follower: Follower) -> None:
        """Wake ``follower`` after each event, and refuse events while it fails."""
        self._follower = follower

    def _insert(self, session: Session, event: Event) -> None:
        # The sequencer makes it canonical; here it only has to arrive.
        row = {"event": orjson.dumps(body(event)), "created_at": self._clock()}
        session.execute(_PENDING, row)


def _waker(follower: Follower) -> Callable[[Session], None]:
    def wake(session: Session) -> None:
        follower.wake()

    return wake
