"""Queries of the audit log."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, cast, delete, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.types import LargeBinary

from core.audit.checkpoints import Checkpoint
from core.audit.tables import CheckpointRow, PendingRow, RecordRow
from core.database import Database

Stored = tuple[int, bytes | None, bytes | None]
"""A row as it is found in the database, where anybody may have put anything."""


@dataclass(frozen=True, slots=True)
class Link:
    """A record with its place in the chain and its hash."""

    seq: int
    record: bytes
    hash: bytes


# The casts make SQLite give bytes for whatever an edit left in the column, text and numbers included, and so does
# reading ``seq`` beside them: what does not fit is then a finding of the verification, not a crash.
_RECORDS = select(
    RecordRow.seq, cast(RecordRow.record, LargeBinary).label("record"), cast(RecordRow.hash, LargeBinary).label("hash")
)
_CHECKPOINTS = select(
    CheckpointRow.seq,
    cast(CheckpointRow.statement, LargeBinary).label("statement"),
    cast(CheckpointRow.signature, LargeBinary).label("signature"),
)


def pending(session: Session, limit: int) -> Sequence[tuple[int, bytes]]:
    """The oldest pending events: id and canonical JSON."""
    event = cast(PendingRow.event, LargeBinary)
    rows = session.execute(select(PendingRow.id, event).order_by(PendingRow.id).limit(limit))
    return [(number, bytes(content)) for number, content in rows]


def oldest_pending(session: Session) -> datetime | None:
    """When the event was written that has waited longest."""
    return session.scalar(select(PendingRow.created_at).order_by(PendingRow.id).limit(1))


def latest(session: Session, limit: int) -> list[Link]:
    """The newest records, newest first."""
    rows = session.execute(_RECORDS.order_by(RecordRow.seq.desc()).limit(limit))
    return [Link(seq, bytes(record or b""), bytes(digest or b"")) for seq, record, digest in rows]


def latest_checkpoint(session: Session) -> tuple[bytes, bytes] | None:
    """Statement and signature of the newest checkpoint."""
    row = session.execute(_CHECKPOINTS.order_by(CheckpointRow.seq.desc()).limit(1)).first()
    return None if row is None else (bytes(row.statement or b""), bytes(row.signature or b""))


def all_records(session: Session) -> AbstractContextManager[Iterator[Stored]]:
    """Every record in order with its hash, a few at a time: memory stays constant."""
    return _stream(session, _RECORDS.order_by(RecordRow.seq))


def all_checkpoints(session: Session) -> AbstractContextManager[Iterator[Stored]]:
    """Every checkpoint in order: its place, statement and signature."""
    return _stream(session, _CHECKPOINTS.order_by(CheckpointRow.seq))


@contextmanager
def _stream(session: Session, query: Select[int, bytes, bytes]) -> Generator[Iterator[Stored]]:
    rows = session.execute(query.execution_options(yield_per=500))
    try:
        yield ((seq, _bytes(first), _bytes(second)) for seq, first, second in rows)
    finally:
        rows.close()


def extend(session: Session, links: Iterable[Link], checkpoint: Checkpoint, moved: Sequence[int]) -> None:
    """Add records and the checkpoint over them, and take their events out of the pending table."""
    rows = [{"seq": one.seq, "record": one.record, "hash": one.hash} for one in links]
    session.execute(insert(RecordRow), rows)
    session.execute(
        insert(CheckpointRow),
        {"seq": checkpoint.seq, "statement": checkpoint.statement, "signature": checkpoint.signature},
    )
    session.execute(delete(PendingRow).where(PendingRow.id.in_(moved)))


@contextmanager
def snapshot(database: Database) -> Generator[Session]:
    """A reading session in which every query sees the same state."""
    with database.reading() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def flush(database: Database) -> None:
    """Bring everything that is committed to the disk.

    SQLite's commits (``synchronous=NORMAL``) outlive a killed process but not a power cut. Flushing the write-ahead
    log here, not in the commit, keeps the disk's slowness out of the time for which the database is locked.
    PostgreSQL's commits are on the disk already.
    """
    url = database.engine.url
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    try:
        descriptor = os.open(f"{url.database}-wal", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        # Without a write-ahead log the commit itself flushed.
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _bytes(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
