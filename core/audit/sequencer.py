"""The one writer of the chain: moves pending events into it, in order, and signs its head."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from filelock import Timeout
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.audit import merkle, repository
from core.audit.checkpoints import (
    GENESIS,
    BadCheckpoint,
    Checkpoint,
    head_lock,
    open_checkpoint,
    prepare_head,
    publish_head,
    read_head,
    upcoming,
)
from core.audit.events import SCHEMA, Event, canonical
from core.audit.keys import Generations
from core.audit.log import AuditLog
from core.audit.merkle import EMPTY, Frontier
from core.audit.repository import TILE_LEVELS, Link, Missing, Nodes, Tile
from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.secrets import Keyring

BATCH = 2000
GATHER_SECONDS = 0.5
TICK_SECONDS = 1.0
IDLE = timedelta(minutes=1)
"""How old the signed head gets while nothing happens."""
ROTATED = "audit.rotated"
TAMPERED = (
    "Run: vouch audit verify. If the database was restored from a backup, an operator has to accept its head;"
    " otherwise keep the data directory as evidence."
)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _End:
    """Where the log ends: its newest checkpoint, the key that signed it, how many records the one before was over, and
    the tree and last leaf hash under it."""

    checkpoint: Checkpoint
    generation: int
    before: int
    tree: Frontier
    leaf: bytes


@dataclass(frozen=True, slots=True)
class _Batch:
    """Records that follow, the subtrees that they complete, and which keys have to sign them."""

    links: list[Link]
    tiles: list[Tile]
    tree: Frontier
    signers: tuple[int, ...]


class Sequencer:
    """One per installation: whoever holds the lock beside the head file may extend the chain.

    ``run_once`` and ``drain`` work in the calling thread; ``start`` runs a thread that each event wakes. While the
    chain cannot be extended (the disk, the database, or a head that does not fit), ``log`` refuses events.
    """

    def __init__(self, log: AuditLog, database: Database, keyring: Keyring, head: Path, clock: Clock) -> None:
        self._log = log
        self._database = database
        self._keys = Generations(keyring)
        self._head = head
        self._clock = clock
        self._lock = head_lock(head)
        self._end: _End | None = None
        self._failure: Refused | None = None
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        log.follow(self)

    def run_once(self, *, sealing: bool = False) -> int:
        """Move up to 2,000 pending events into the chain in one transaction; returns how many. Where there are none, an
        old head is signed anew, or any with ``sealing``.

        Raises Refused, and lets the log refuse events, until a run succeeds.
        """
        try:
            with self._lock:
                moved = self._sequence(sealing=sealing)
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

    def drain(self, *, sealing: bool = False) -> None:
        """Return once no event is pending; with ``sealing``, once the head was signed after that."""
        while self.run_once(sealing=sealing):
            pass

    def start(self) -> None:
        """Chain what an earlier run left, then keep doing so in a thread. Raises Refused as ``run_once`` does."""
        self.drain()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="audit-sequencer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after everything pending is chained and the head is signed; raises Refused when that fails
        (nothing is lost)."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.drain(sealing=True)

    def wake(self) -> None:
        self._woken.set()

    def check(self) -> None:
        failure = self._failure
        if failure is not None:
            raise Refused(failure.message, hint=failure.hint)
        thread = self._thread
        if thread is not None and not thread.is_alive():
            raise Refused("The audit log's sequencer has ended.", hint="Restart Vouch and report what its log says.")

    def current(self) -> Checkpoint:
        """The newest signed checkpoint, as the head file has it. Raises Refused when it does not fit the database."""
        with self._lock:
            with self._database.reading() as session:
                self._ending(session)
            try:
                head = read_head(self._head, self._keys.keys)
            except BadCheckpoint as error:
                raise _damaged(error) from None
        assert head is not None
        return head

    def rotate(self, subject: str) -> int:
        """Change the signing key, by decision of the operator ``subject``: the log names the new key, and the
        checkpoint over that record is signed by both. Returns the new key's number."""
        with self._lock:
            # Whoever else may chain waits for the lock: nothing gets between the key and the record that names it.
            while self._sequence(sealing=False):
                pass
            with self._database.reading() as session:
                generation = self._ending(session).generation + 1
            key = self._keys.following(generation - 1)
            details = {"generation": generation, "key": key.raw.hex()}
            self._log.append(Event(ROTATED, subject, "rotate", "done", self._clock(), details=details))
            while self._sequence(sealing=False):
                pass
        return generation

    def accept_head(self, subject: str) -> None:
        """Go on from a database that was restored from a backup, by decision of the operator ``subject``.

        The database must be whole by itself. What the head file vouched for is written into the log, as the
        ``audit.verified`` event that stands where the lost records were.
        """
        with self._lock:
            with self._database.reading() as session:
                last = self._last(session).checkpoint
            try:
                head = read_head(self._head, self._keys.keys)
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

    def _sequence(self, *, sealing: bool) -> int:
        with self._database.reading() as session:
            end = self._ending(session)
            rows = repository.pending(session, BATCH)
        if not rows:
            self._sign_anew(end, sealing=sealing)
            return 0
        try:
            batch = self._batch(end, [event for _, event in rows])
        except (TypeError, ValueError, KeyError):
            raise Refused("An event in audit_pending was edited before it was chained.", hint=TAMPERED) from None
        size, root = batch.tree.size, batch.tree.root()
        checkpoint = self._keys.sign(batch.signers, size, root, self._clock())
        # The database is locked only for the inserts: hashing, signing and the head file's flush come before.
        prepare_head(self._head, checkpoint)
        moved = [number for number, _ in rows[: len(batch.links)]]
        with self._log.alone(), self._database.writing() as session:
            self._confirm(session)
            repository.extend(session, batch.links, batch.tiles, checkpoint, moved)
        repository.flush(self._database)
        publish_head(self._head)
        self._end = _End(checkpoint, batch.signers[-1], end.checkpoint.size, batch.tree, batch.links[-1].hash)
        return len(moved)

    def _batch(self, end: _End, events: list[bytes]) -> _Batch:
        """The records of ``events``, up to the one that changes the key. Raises ValueError, KeyError or TypeError for
        events that no writer wrote."""
        decoded: list[dict[str, Any]] = []
        signers = (end.generation,)
        for event in events:
            decoded.append(orjson.loads(event))
            if decoded[-1]["kind"] == ROTATED:
                signers = (end.generation, self._named(decoded[-1]["details"]["key"], end.generation))
                break
        links = chain(end.checkpoint.size, end.leaf, decoded)
        tree, tiles = end.tree.copy(), list[Tile]()
        for link in links:
            for level, index, found in tree.add(link.hash):
                if level and level % TILE_LEVELS == 0:
                    tiles.append(Tile(level // TILE_LEVELS, index, found))
        return _Batch(links, tiles, tree, signers)

    def _named(self, key: str, generation: int) -> int:
        """The number of the key that an event names, which has to be another one that is held here."""
        number = self._keys.number(bytes.fromhex(key))
        if number is None:
            # Another process may have made it.
            self._keys.look()
            number = self._keys.number(bytes.fromhex(key))
        if number is None or number == generation:
            raise ValueError("a key that this installation does not hold")
        return number

    def _sign_anew(self, end: _End, *, sealing: bool) -> None:
        """Sign the head once more, with the time, so that its age tells how long nothing can have been cut off."""
        head = read_head(self._head, self._keys.keys)
        now = self._clock()
        if head is None or (now - head.moment < IDLE and not sealing):
            return
        last = end.checkpoint
        prepare_head(self._head, self._keys.sign((end.generation,), last.size, last.root, now))
        publish_head(self._head)

    def _confirm(self, session: Session) -> None:
        """Raise Conflict when another sequencer has taken over. In an installation of one process there is none."""

    def _ending(self, session: Session) -> _End:
        """Where the log ends, once database and head file agree on it. Never extends a log that was cut."""
        end = self._last(session)
        last = end.checkpoint
        try:
            head = read_head(self._head, self._keys.keys)
            if head is None and last.size == 0:
                prepare_head(self._head, last)
                publish_head(self._head)
                return end
            if head is None:
                raise Refused("The audit log's head file is missing.", hint=TAMPERED)
            if head.agrees(last):
                return end
            prepared = read_head(upcoming(self._head), self._keys.keys)
        except BadCheckpoint as error:
            raise _damaged(error) from None
        if prepared is None or not prepared.agrees(last) or end.before != head.size:
            raise Refused("The audit log does not end where its head file says.", hint=TAMPERED)
        publish_head(self._head)
        return end

    def _last(self, session: Session) -> _End:
        """Where the database ends, after checking its newest checkpoint against the records under it."""
        newest = next(iter(repository.latest(session, 1)), None)
        row = repository.latest_checkpoint(session)
        if newest is None and row is None:
            first = self._keys.sign((0,), 0, EMPTY, self._clock())
            return _End(first, 0, 0, Frontier(), GENESIS)
        if newest is None or row is None:
            raise _cut()
        note, hashes = row
        known = self._end
        if known is not None and (known.checkpoint.note, known.leaf) == (note, newest.hash):
            if newest.seq != known.checkpoint.size:
                raise _cut()
            return known
        last, generation = self._opened(note)
        before = last.size - len(hashes) // len(GENESIS)
        if last.size != newest.seq:
            raise _cut()
        try:
            tree = merkle.frontier(Nodes(session), last.size - 1)
        except Missing:
            raise _cut() from None
        tree.add(newest.hash)
        if tree.root() != last.root:
            raise _cut()
        self._end = _End(last, generation, before, tree, newest.hash)
        return self._end

    def _opened(self, note: bytes) -> tuple[Checkpoint, int]:
        try:
            last, signers = open_checkpoint(note, self._keys.keys)
        except BadCheckpoint:
            # Another process may have changed the key.
            self._keys.look()
            try:
                last, signers = open_checkpoint(note, self._keys.keys)
            except BadCheckpoint as error:
                raise Refused(f"The audit log's newest checkpoint is {error}.", hint=TAMPERED) from None
        return last, self._keys.newest(signers)


def chain(seq: int, prev: bytes, events: Iterable[dict[str, Any]]) -> list[Link]:
    """The records of ``events``, following record ``seq`` whose hash is ``prev``.

    A record is the canonical JSON of the event with ``v``, ``seq`` and ``prev``; its hash is the leaf hash of that.
    """
    links: list[Link] = []
    for event in events:
        seq += 1
        record = canonical({**event, "v": SCHEMA, "seq": seq, "prev": prev.hex()})
        prev = merkle.leaf_hash(record)
        links.append(Link(seq, record, prev))
    return links


def _damaged(error: BadCheckpoint) -> Refused:
    return Refused(f"The audit log's head file is {error}.", hint=TAMPERED)


def _cut() -> Refused:
    return Refused("The audit log does not end at its newest checkpoint.", hint=TAMPERED)


def _accepted(subject: str, last: Checkpoint, head: Checkpoint | None, clock: Clock) -> Event:
    expected = {} if head is None else {
        "expected": head.root.hex(), "expected_records": head.size, "expected_at": head.at,
    }  # fmt: skip
    found = {"ok": False, "records": last.size, "root": last.root.hex(), "reason": "head_accepted"}
    return Event("audit.verified", subject, "accept_head", "done", clock(), details={**found, **expected})
