"""Where writers hand in events. An event is acknowledged once it is committed in the pending table."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import orjson
from sqlalchemy import Connection, insert
from sqlalchemy import event as database_events
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.audit import intents
from core.audit.commitments import Commitments, pseudonym
from core.audit.events import Event, body
from core.audit.tables import PendingRow
from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.secrets import COMMITMENT, SUBJECT, Keyring

_PENDING = insert(PendingRow.__table__)  # pyright: ignore[reportArgumentType]
_QUICK = "INSERT INTO audit_pending (event, created_at) VALUES (?, ?)"
HINT = "No log, no answer: check the disk and the database, then run: vouch audit verify"


class Follower(Protocol):
    """Whoever moves pending events on. ``check`` raises Refused while it cannot."""

    def check(self) -> None: ...

    def wake(self) -> None: ...


class Interrupted(Exception):
    """Whoever was writing for others was interrupted."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """An event on its way into the database."""

    event: Event
    content: bytes
    at: datetime
    done: bool = False
    failure: SQLAlchemyError | sqlite3.Error | Interrupted | None = None


class AuditLog:
    """The writers' side of the log. Safe to use from many threads."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._commitment = keyring.key(COMMITMENT)
        self._subject = keyring.key(SUBJECT)
        self._clock = clock
        self._follower: Follower | None = None
        self._queue: list[_Waiting] = []
        self._arriving = threading.Lock()
        self._sqlite = database.engine.dialect.name == "sqlite"
        self._writing = threading.Lock()

    def append(self, event: Event) -> str:
        """Write ``event`` and return its id; what is returned is committed and survives a killed process. Events that
        arrive while a transaction is at work share the next one.

        Raises Refused when it cannot be written, or when earlier events cannot be chained: then nothing may be shown.
        Not to be called inside ``database.writing()``, which holds SQLite's only write lock: use ``enlist`` there.
        """
        return self._append(event, self._follower)

    def unfollowed(self, event: Event) -> str:
        """As ``append``, also while the log cannot be continued: what was found about it then waits with the others."""
        return self._append(event, None)

    def _append(self, event: Event, follower: Follower | None) -> str:
        if follower is not None:
            follower.check()
        # The sequencer makes it canonical; here it only has to arrive.
        waiting = _Waiting(event, orjson.dumps(body(event)), self._clock())
        with self._arriving:
            self._queue.append(waiting)
        with self._writing:
            if not waiting.done:
                with self._arriving:
                    group, self._queue = self._queue, []
                self._commit(group)
        if waiting.failure is not None:
            raise Refused("The audit log cannot be written.", hint=HINT) from waiting.failure
        if follower is not None:
            follower.wake()
        return event.id

    def enlist(self, session: Session, event: Event) -> str:
        """Write ``event`` in the caller's transaction, so that a change and its record are kept or lost together."""
        follower = self._follower
        if follower is not None:
            follower.check()
            database_events.listen(session, "after_commit", _waker(follower), once=True)
        try:
            self._insert(session, [_Waiting(event, orjson.dumps(body(event)), self._clock())])
        except SQLAlchemyError as error:
            raise Refused("The audit log cannot be written.", hint=HINT) from error
        return event.id

    def close_open_intents(self, before: datetime | None = None) -> int:
        """Log the outcome ``unknown`` of every intent that has none, or has none since ``before``; returns how many."""
        return intents.close(self._database, self.enlist, self._clock, before)

    def commitments(self) -> Commitments:
        """Commitments for one event, with a fresh salt. Give its ``salt`` to the event."""
        return Commitments.new(self._commitment)

    def subject(self, person_id: str) -> str:
        """The pseudonym under which the log knows this person."""
        return pseudonym(self._subject, person_id)

    def follow(self, follower: Follower) -> None:
        """Wake ``follower`` after each event, and refuse events while it fails."""
        self._follower = follower

    @contextmanager
    def alone(self) -> Generator[None]:
        """While no event of this process is being written: two writers of SQLite in one process would sleep in turn."""
        with self._writing:
            yield

    def _commit(self, group: Sequence[_Waiting]) -> None:
        """Write all of them in one transaction. Each has to hear when that fails, since nothing of it is kept then."""
        failure: SQLAlchemyError | sqlite3.Error | Interrupted | None = Interrupted()
        try:
            if self._sqlite and not any(intents.concerns(each.event) for each in group):
                self._insert_quickly(group)
            else:
                with self._database.engine.begin() as connection:
                    self._insert(connection, group)
            failure = None
        except (SQLAlchemyError, sqlite3.Error) as error:
            failure = error
        finally:
            for each in group:
                each.failure, each.done = failure, True

    def _insert_quickly(self, group: Sequence[_Waiting]) -> None:
        """As ``_insert``, straight to SQLite: what SQLAlchemy does around a row takes several times as long."""
        raw = self._database.engine.raw_connection()
        try:
            # Given back to the pool it is rolled back, where it was not committed.
            cursor = raw.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany(_QUICK, [(each.content, _written(each.at)) for each in group])
            cursor.execute("COMMIT")
            cursor.close()
        finally:
            raw.close()

    def _insert(self, to: Session | Connection, group: Sequence[_Waiting]) -> None:
        to.execute(_PENDING, [{"event": each.content, "created_at": each.at} for each in group])
        for each in group:
            intents.follow(to, each.event)


def _written(at: datetime) -> str:
    """As SQLAlchemy writes a ``Moment`` to SQLite."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _waker(follower: Follower) -> Callable[[Session], None]:
    def wake(session: Session) -> None:
        follower.wake()

    return wake
