"""The one writer of the chain: moves pending events into it, in order, and signs its head."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable
from pathlib import Path

import orjson
from filelock import Timeout
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.audit import repository
from core.audit.checkpoints import (
    BadCheckpoint,
    Checkpoint,
    head_lock,
    open_checkpoint,
    prepare_head,
    publish_head,
    read_head,
    sign,
    upcoming,
)
from core.audit.events import SCHEMA, Event, canonical
from core.audit.log import AuditLog
from core.audit.repository import Link
from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.secrets import Keyring

BATCH = 500
GATHER_SECONDS = 0.5
TICK_SECONDS = 1.0
TAMPERED = (
    "Run: vouch audit verify. If the database was restored from a backup, an operator has to accept its head;"
    " otherwise keep the data directory as evidence."
)

_logger = logging.getLogger(__name__)


class Sequencer:
    """One per installation: whoever holds the lock beside the head file may extend the chain.

    ``run_once`` and ``drain`` work in the calling thread; ``start`` runs a thread that each event wakes. While the
    chain cannot be extended (the disk, the database, or a head that does not fit), ``log`` refuses events.
    """

    def __init__(self, log: AuditLog, database: Database, keyring: Keyring, head: Path, clock: Clock) -> None:
        self._log = log
        self._database = database
        self._key = keyring.signing_key()
        self._public = keyring.public_key()
        self._head = head
        self._clock = clock
        self._lock = head_lock(head)
        self._failure: Refused | None = None
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        log.follow(self)

    def run_once(self) -> int:
        """Move up to 500 pending events into the chain in one transaction; returns how many.

        Raises Refused, and lets the log refuse events, until a run succeeds.
        """
        try:
            with self._lock:
                moved = self._sequence()
        except Refused as error:
            self._failure = error
            raise
        except (SQLAlchemyError, OSError, Timeout) as error:
            self._failure = Refused(
                f"The audit log cannot be continued ({type(error).__name__}).",
                hint="Check the disk, the database and the data directory, then run: vouch audit verify",
            )
            raise self._failure from error
        self._failure = None
        return moved

    def drain(self) -> None:
        """Return once no event is pending."""
        while self.run_once():
            pass

    def start(self) -> None:
        """Chain what an earlier run left, then keep doing so in a thread. Raises Refused as ``run_once`` does."""
        self.drain()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="audit-sequencer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after everything pending is chained; raises Refused when that fails (nothing is lost)."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.drain()

    def wake(self) -> None:
        self._woken.set()

    def check(self) -> None:
        failure = self._failure
        if failure is not None:
            raise Refused(failure.message, hint=failure.hint)
        thread = self._thread
        if thread is not None and not thread.is_alive():
            raise Refused("The audit log's sequencer has ended.", hint="Restart Vouch and report what its log says.")

    def accept_head(self, subject: str) -> None:
        """Go on from a database that was restored from a backup, by decision of the operator ``subject``.

        The database must be whole by itself. What the head file vouched for is written into the log, as the
        ``audit.verified`` event that stands where the lost records were.
        """
        with self._lock:
            with self._database.reading() as session:
                last = self._last(session)
            try:
                head = read_head(self._head, self._public)
            except BadCheckpoint:
                head = None
            prepare_head(self._head, last)
            publish_head(self._head)
        self._failure = None
        self._log.append(_accepted(subject, last, head, self._clock))

    def _run(self) -> None:
        while not self._stopping.is_set():
            # Events of the next moments join the batch: they share one signature and one flush of the disk.
            if self._woken.wait(TICK_SECONDS) and self._stopping.wait(GATHER_SECONDS):
                return
            self._woken.clear()
            try:
                self.drain()
            except Refused as error:
                _logger.error("%s", error)

    def _sequence(self) -> int:
        with self._database.reading() as session:
            last = self._standing(session)
            rows = repository.pending(session, BATCH)
        if not rows:
            return 0
        try:
            links = chain(last.seq, last.head, (event for _, event in rows))
        except (TypeError, ValueError):
            raise Refused("An event in audit_pending was edited before it was chained.", hint=TAMPERED) from None
        checkpoint = sign(self._key, links[-1].seq, [one.hash for one in links], self._clock())
        # The database is locked only for the inserts: hashing, signing and the head file's flush come before.
        prepare_head(self._head, checkpoint)
        with self._database.writing() as session:
            self._confirm(session)
            repository.extend(session, links, checkpoint, [number for number, _ in rows])
        repository.flush(self._database)
        publish_head(self._head)
        return len(rows)

    def _confirm(self, session: Session) -> None:
        """Raise Conflict when another sequencer has taken over. In an installation of one process there is none."""

    def _standing(self, session: Session) -> Checkpoint:
        """Where the chain ends, once database and head file agree on it. Never extends a chain that was cut."""
        last = self._last(session)
        try:
            head = read_head(self._head, self._public)
            if head is None and last.seq == 0:
                prepare_head(self._head, last)
                publish_head(self._head)
                return last
            if head is None:
                raise Refused("The audit log's head file is missing.", hint=TAMPERED)
            if head.statement == last.statement:
                return last
            prepared = read_head(upcoming(self._head), self._public)
        except BadCheckpoint as error:
            raise Refused(f"The audit log's head file is {error}.", hint=TAMPERED) from None
        if head.seq == last.seq == 0:
            return last
        if prepared is None or prepared.statement != last.statement or prepared.before != head.seq:
            raise Refused("The audit log does not end where its head file says.", hint=TAMPERED)
        publish_head(self._head)
        return last

    def _last(self, session: Session) -> Checkpoint:
        """The newest checkpoint of the database, after checking it against the newest record."""
        newest = next(iter(repository.latest(session, 1)), None)
        row = repository.latest_checkpoint(session)
        if newest is None and row is None:
            return sign(self._key, 0, (), self._clock())
        try:
            last = open_checkpoint(self._public, *row) if row is not None else None
        except BadCheckpoint as error:
            raise Refused(f"The audit log's newest checkpoint is {error}.", hint=TAMPERED) from None
        if last is None or newest is None or (last.seq, last.head) != (newest.seq, newest.hash):
            raise Refused("The audit log does not end at its newest checkpoint.", hint=TAMPERED)
        return last


def chain(seq: int, prev: bytes, events: Iterable[bytes]) -> list[Link]:
    """The records of ``events``, following record ``seq`` whose hash is ``prev``.

    A record is the canonical JSON of the event with ``v``, ``seq`` and ``prev``; its hash is SHA-256 of that.
    """
    links: list[Link] = []
    for event in events:
        seq += 1
        record = canonical({**orjson.loads(event), "v": SCHEMA, "seq": seq, "prev": prev.hex()})
        prev = hashlib.sha256(record).digest()
        links.append(Link(seq, record, prev))
    return links


def _accepted(subject: str, last: Checkpoint, head: Checkpoint | None, clock: Clock) -> Event:
    expected = {} if head is None else {
        "expected": head.head.hex(), "expected_records": head.seq, "expected_at": head.at,
    }  # fmt: skip
    found = {"ok": False, "records": last.seq, "head": last.head.hex(), "reason": "head_accepted"}
    return Event("audit.verified", subject, "accept_head", "done", clock(), details={**found, **expected})
