"""Reads the whole log again and names the first record that is not as it was written.

Needs the public key only. What each finding rests on: a record's hash covers its bytes; the next record repeats that
hash; a signed checkpoint repeats it where a batch ended and says how many records it covers; the head file repeats the
newest checkpoint outside the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from core.audit.events import SCHEMA
from core.audit.repository import Stored
from core.database import Database

PROGRESS_EVERY = 1000
Progress = Callable[[int, int], None]
"""Called with records read and records in all."""


@dataclass(frozen=True, slots=True)
class Verification:
    """``records`` were found whole before the first broken one; ``head`` is the hash, in hex, that the last good
    checkpoint signs (the last record's, when all is well).

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


@dataclass(frozen=True, slots=True)
class _Record:
    """``prev`` is the hash, in hex, that the record gives for the one before it."""

    seq: int
    hash: bytes
    prev: str


@dataclass(slots=True)
class _Reading:
    """How far the log was found whole: ``last`` is the last record read, ``sealed`` the last good checkpoint."""

    last: _Record
    sealed: Checkpoint | None = None

    @property
    def sealed_seq(self) -> int:
        return self.sealed.seq if self.sealed is not None else 0


def verify(database: Database, public: Ed25519PublicKey, head: Path, progress: Progress | None = None) -> Verification:
    """Check every record against its successor, the checkpoints and the head file. Memory use is constant.

    Events that still are pending are not part of the log: drain the sequencer first.
    """
    reading = _Reading(_Record(0, GENESIS, ""))
    try:
        with _together(database, head, public) as (session, ends):
            _read(session, public, reading, progress)
            _end(reading, ends)
    except _Broken as broken:
        return _result(reading, broken.found)
    except SQLAlchemyError as error:
        reason = f"cannot be read: the database is damaged ({type(error).__name__})"
        return _result(reading, (reading.last.seq + 1, reason))
    return _result(reading, None)


def _result(reading: _Reading, broken: tuple[int, str] | None) -> Verification:
    records = reading.last.seq if broken is None else max(0, min(reading.last.seq, broken[0] - 1))
    head = reading.sealed.head if reading.sealed is not None else GENESIS
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
    records = _Ahead(repository.all_records(session))
    checkpoints = _Ahead(repository.all_checkpoints(session))
    while (row := records.take()) is not None:
        record = _opened(row, reading.last.seq + 1)
        seal = _seal(checkpoints, record, reading, public)
        if record.prev != reading.last.hash.hex():
            raise _boundary(reading, record, records.peek(), seal)
        if seal is not None:
            _check_seal(seal, record, reading)
            reading.sealed = seal
        reading.last = record
        if progress is not None and (record.seq % PROGRESS_EVERY == 0 or record.seq == total):
            progress(record.seq, total)
    if checkpoints.peek() is not None:
        raise _Broken(reading.last.seq + 1, "is missing: a signed checkpoint stands for it")
    if reading.last.seq != reading.sealed_seq:
        raise _Broken(reading.sealed_seq + 1, "is under no signed checkpoint: it was added, or its checkpoint removed")


def _opened(row: Stored, expected: int) -> _Record:
    """The record in ``row`` after every check that needs no other row."""
    seq, content, stored = row
    if seq > expected:
        raise _Broken(expected, "is missing")
    if seq < expected:
        raise _Broken(seq, "was inserted: there is no such place in the log")
    if content is None or hashlib.sha256(content).digest() != stored:
        raise _Broken(seq, "does not match its hash: it was edited")
    try:
        members: Any = orjson.loads(content)
        found, version, prev = members["seq"], members["v"], members["prev"]
    except (ValueError, KeyError, TypeError):
        raise _Broken(seq, "is not an audit record: it was rewritten") from None
    if found != seq:
        raise _Broken(seq, f"was written as record {found}: it was moved")
    if version != SCHEMA:
        raise _Broken(seq, "has a schema that this version cannot read, or was rewritten")
    return _Record(seq, hashlib.sha256(content).digest(), str(prev))


def _seal(checkpoints: _Ahead, record: _Record, reading: _Reading, public: Ed25519PublicKey) -> Checkpoint | None:
    """The checkpoint that stands at ``record``, its signature checked."""
    row = checkpoints.peek()
    if row is None or row[0] > record.seq:
        return None
    checkpoints.take()
    seq, statement, signature = row
    try:
        seal = open_checkpoint(public, statement or b"", signature or b"")
    except BadCheckpoint as error:
        raise _Broken(reading.sealed_seq + 1, f"has a checkpoint (at {seq}) that is {error}") from None
    if seal.seq != seq or seq != record.seq:
        raise _Broken(reading.sealed_seq + 1, f"has a checkpoint (at {seq}) that was moved")
    return seal


def _check_seal(seal: Checkpoint, record: _Record, reading: _Reading) -> None:
    first = reading.sealed_seq + 1
    if seal.head != record.hash:
        raise _Broken(first, f"or one up to {seal.seq} was rewritten: the signed checkpoint there has another hash")
    if seal.seq - seal.count != reading.sealed_seq:
        raise _Broken(first, f"has lost its signed checkpoint: the next one, at {seal.seq}, does not follow the last")


def _boundary(reading: _Reading, record: _Record, following: Stored | None, seal: Checkpoint | None) -> _Broken:
    """Which of two neighbours that do not fit was rewritten: the one that nothing else vouches for."""
    before = reading.last
    vouched = seal is not None and seal.head == record.hash
    if following is not None and not vouched:
        try:
            vouched = _opened(following, record.seq + 1).prev == record.hash.hex()
        except _Broken:
            vouched = False
    if before.seq > reading.sealed_seq and vouched:
        return _Broken(before.seq, f"was rewritten: record {record.seq} holds another hash of it")
    return _Broken(record.seq, "does not follow the record before it: it was rewritten or inserted")


def _end(reading: _Reading, ends: _Ends) -> None:
    """Compare the end of the database with the head file outside it."""
    last, head = reading.sealed, ends.head
    if last is None and head is None and ends.missing:
        return
    if head is None:
        raise _Broken(max(reading.last.seq, 1), f"is not vouched for: {ends.trouble}")
    if head.seq > reading.last.seq:
        raise _Broken(reading.last.seq + 1, f"is missing: the head file stands for {head.seq} records")
    if last is None or head.statement == last.statement:
        return
    if head.seq == last.seq:
        raise _Broken(last.seq, "is not the one that the head file stands for: the end was rewritten")
    # A process that was killed between its commit and the head file left the checkpoint prepared beside it.
    interrupted = ends.prepared is not None and ends.prepared.statement == last.statement
    if not interrupted or last.seq - last.count != head.seq:
        raise _Broken(head.seq + 1, "is not in the head file: that file was put back to an older state")


class _Ahead:
    """Rows one at a time, with a look at the next."""

    def __init__(self, rows: Iterator[Stored]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def peek(self) -> Stored | None:
        return self._next

    def take(self) -> Stored | None:
        row, self._next = self._next, next(self._rows, None)
        return row
