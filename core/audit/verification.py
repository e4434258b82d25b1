"""Reads the whole log again and names the first record that is not as it was written.

Needs the public key only. What each finding rests on: a record's hash covers its bytes, the next record repeats that
hash, a signed checkpoint lists it, each checkpoint begins where the one before ended, and the head file repeats the
newest checkpoint outside the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.audit import repository
from core.audit.checkpoints import (
    GENESIS,
    BadCheckpoint,
    Checkpoint,
    head_lock,
    open_checkpoint,
    read_head,
    upcoming,
)
from core.audit.repository import Stored
from core.database import Database

PROGRESS_EVERY = 1000
Progress = Callable[[int, int], None]
"""Called with records read and records in all."""


@dataclass(frozen=True, slots=True)
class Verification:
    """``records`` are whole and signed, before the first broken one; ``head`` is the hash, in hex, of the newest
    record that a good checkpoint lists (the last record, when all is well).

    ``first_broken`` is a sequence number, counted from 1, and what is wrong there.
    """

    ok: bool
    records: int
    head: str
    first_broken: tuple[int, str] | None


class _Broken(Exception):
    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.found = (seq, reason)


@dataclass(slots=True)
class _Reading:
    """How far the log was found whole: the last good record and its hash, how many are signed, the last checkpoint."""

    seq: int = 0
    hash: bytes = GENESIS
    signed: int = 0
    sealed: Checkpoint | None = None

    def took(self, signed: bytes) -> None:
        self.seq, self.hash = self.seq + 1, signed


def verify(database: Database, public: Ed25519PublicKey, head: Path, progress: Progress | None = None) -> Verification:
    """Check every record against its successor, the checkpoints and the head file. Memory use is constant.

    Events that still are pending are not part of the log: drain the sequencer first.
    """
    reading = _Reading()
    try:
        with _together(database, head, public) as (session, ends):
            _read(session, public, reading, progress)
            _end(reading, ends)
    except _Broken as broken:
        return _result(reading, broken.found)
    except SQLAlchemyError as error:
        reason = f"cannot be read: the database is damaged ({type(error).__name__})"
        return _result(reading, (reading.seq + 1, reason))
    return _result(reading, None)


def _result(reading: _Reading, broken: tuple[int, str] | None) -> Verification:
    head = reading.sealed.head if reading.sealed is not None else GENESIS
    records = reading.signed if broken is None else max(0, min(reading.signed, broken[0] - 1))
    return Verification(broken is None, records, head.hex(), broken)


@dataclass(frozen=True, slots=True)
class _Ends:
    """The head file and the one prepared beside it; ``trouble`` says why the head file cannot be used."""

    head: Checkpoint | None
    prepared: Checkpoint | None
    trouble: str = ""
    missing: bool = False


@contextmanager
def _together(database: Database, head: Path, public: Ed25519PublicKey) -> Generator[tuple[Session, _Ends]]:
    """A snapshot of the database and the head file of the same moment."""
    with repository.snapshot(database) as session:
        with ExitStack() as held:
            # A copy on read-only media cannot be locked, and has no sequencer that could move it.
            with suppress(OSError):
                held.enter_context(head_lock(head))
            repository.latest_checkpoint(session)
            ends = _ends(head, public)
        yield session, ends


def _ends(path: Path, public: Ed25519PublicKey) -> _Ends:
    try:
        prepared = read_head(upcoming(path), public)
    except (BadCheckpoint, OSError):
        prepared = None
    try:
        head = read_head(path, public)
    except BadCheckpoint as error:
        return _Ends(None, prepared, f"the head file is {error}")
    except OSError as error:
        return _Ends(None, prepared, f"the head file cannot be read ({error.strerror})")
    if head is None:
        return _Ends(None, prepared, "the head file is missing", missing=True)
    return _Ends(head, prepared)


def _read(session: Session, public: Ed25519PublicKey, reading: _Reading, progress: Progress | None) -> None:
    newest = next(iter(repository.latest(session, 1)), None)
    total = newest.seq if newest is not None else 0
    with repository.all_checkpoints(session) as seals, repository.all_records(session) as records:
        for row in seals:
            seal = _seal(row, public, reading.seq + 1)
            for signed in seal.hashes:
                _check(next(records, None), signed, reading)
                reading.took(signed)
                reading.signed = reading.seq
                if progress is not None and (reading.seq % PROGRESS_EVERY == 0 or reading.seq == total):
                    progress(reading.seq, total)
            reading.sealed = seal
        for row in records:
            # Nothing vouches for these any more, but an edit among them can still be named.
            stored = row[2] or b""
            _check(row, stored, reading)
            reading.took(stored)


def _seal(row: Stored, public: Ed25519PublicKey, first: int) -> Checkpoint:
    """The checkpoint in ``row``, which has to be signed and to cover the records from ``first`` on."""
    seq, statement, signature = row
    try:
        seal = open_checkpoint(public, statement or b"", signature or b"")
    except BadCheckpoint as error:
        raise _Broken(first, f"is vouched for no more: the checkpoint at {seq} is {error}") from None
    if seal.seq != seq or seal.before != first - 1 or not seal.hashes:
        raise _Broken(first, f"is vouched for no more: its checkpoint is gone, and the one at {seq} is for others")
    return seal


def _check(row: Stored | None, signed: bytes, reading: _Reading) -> None:
    """Whether ``row`` is the record that comes next and has the hash that was signed."""
    expected = reading.seq + 1
    if row is None or row[0] > expected:
        raise _Broken(expected, "is missing")
    seq, content, stored = row
    if seq < expected:
        raise _Broken(seq, "was inserted: there is no such place in the log")
    if content is None or hashlib.sha256(content).digest() != signed:
        raise _Broken(seq, "is not the record that was signed: it was edited, moved or inserted")
    if stored != signed:
        raise _Broken(seq, "does not match its hash: the hash was edited")
    try:
        members = orjson.loads(content)
        place = (members["seq"], members["prev"])
    except (ValueError, KeyError, TypeError):
        raise _Broken(seq, "is not an audit record") from None
    if place != (seq, reading.hash.hex()):
        raise _Broken(seq, "does not follow the record before it")


def _end(reading: _Reading, ends: _Ends) -> None:
    """Compare the end of the database with the checkpoints and with the head file outside it."""
    last, head = reading.sealed, ends.head
    if head is not None and head.seq > reading.seq:
        raise _Broken(reading.seq + 1, f"is missing: the head file stands for {head.seq} records")
    if reading.seq > reading.signed:
        raise _Broken(reading.signed + 1, "is under no signed checkpoint: it was added, or its checkpoint removed")
    if last is None and ends.missing:
        return
    if head is None:
        raise _Broken(max(reading.seq, 1), f"is not vouched for: {ends.trouble}")
    if last is None or head.statement == last.statement:
        return
    # A process that was killed between its commit and the head file left the checkpoint prepared beside it.
    interrupted = ends.prepared is not None and ends.prepared.statement == last.statement
    if not interrupted or last.before != head.seq:
        raise _Broken(head.seq + 1, "is not in the head file: that file was put back to an older state")
