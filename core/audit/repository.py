"""Queries of the audit log."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, cast, delete, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.types import LargeBinary

from core.audit.checkpoints import HASH_BYTES, Checkpoint
from core.audit.merkle import Frontier
from core.audit.tables import CheckpointRow, PendingRow, RecordRow, StampRow, TileRow
from core.database import Database

Stored = tuple[int, bytes | None, bytes | None]
"""A row as it is found in the database, where anybody may have put anything."""


@dataclass(frozen=True, slots=True)
class Link:
    """A record with its place in the chain and its leaf hash."""

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
    cast(CheckpointRow.note, LargeBinary).label("note"),
    cast(CheckpointRow.hashes, LargeBinary).label("hashes"),
)
_HASH = cast(RecordRow.hash, LargeBinary)
_TILE = cast(TileRow.hash, LargeBinary)
TILE = 256
"""So many hashes of a level are read together, and make one of the next."""
TILE_LEVELS = 8
MOST_TILES = 64
"""Kept at hand by who reads proofs."""
_RECORD_TABLE: Any = RecordRow.__table__
_TILE_TABLE: Any = TileRow.__table__
_CHECKPOINT_TABLE: Any = CheckpointRow.__table__


@dataclass(frozen=True, slots=True)
class Tile:
    """The root of a complete subtree of ``256 ** level`` records."""

    level: int
    index: int
    hash: bytes


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


def latest_checkpoint(session: Session, *, since: int | None = None) -> tuple[bytes, bytes] | None:
    """Note and hashes of the newest checkpoint, or of the first one over record ``since``."""
    query = _CHECKPOINTS.order_by(CheckpointRow.seq.desc())
    if since is not None:
        query = _CHECKPOINTS.where(CheckpointRow.seq >= since).order_by(CheckpointRow.seq)
    row = session.execute(query.limit(1)).first()
    return None if row is None else (bytes(row.note or b""), bytes(row.hashes or b""))


def records(session: Session, first: int, last: int) -> list[Link]:
    """Those of the records from ``first`` to ``last`` that are there."""
    rows = session.execute(_RECORDS.where(RecordRow.seq.between(first, last)).order_by(RecordRow.seq))
    return [Link(seq, bytes(record or b""), bytes(digest or b"")) for seq, record, digest in rows]


def some_records(session: Session, numbers: Sequence[int]) -> list[Link]:
    """Those of the records with these numbers that are there, in order."""
    rows = session.execute(_RECORDS.where(RecordRow.seq.in_(numbers)).order_by(RecordRow.seq))
    return [Link(seq, bytes(record or b""), bytes(digest or b"")) for seq, record, digest in rows]


def tiles(session: Session, level: int) -> Iterator[tuple[int, bytes | None]]:
    """The stored subtrees of a level, from the left."""
    after = -1
    while True:
        query = select(TileRow.index, _TILE).where(TileRow.level == level, TileRow.index > after)
        rows = session.execute(query.order_by(TileRow.index).limit(500)).all()
        for index, found in rows:
            yield index, _bytes(found)
        if not rows:
            return
        after = rows[-1].index


def stamps(session: Session) -> list[tuple[bytes, bytes]]:
    """The time stamps of checkpoints: note and token."""
    rows = session.execute(
        select(StampRow.seq, cast(StampRow.note, LargeBinary), cast(StampRow.token, LargeBinary)).order_by(StampRow.seq)
    )
    return [(bytes(note or b""), bytes(token or b"")) for _, note, token in rows]


class Missing(Exception):
    """A hash of the tree is not where it should be."""


class Nodes:
    """Reads complete subtrees (``merkle.Read``), a tile of 256 hashes at a time. Raises Missing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        tier, within = divmod(level, TILE_LEVELS)
        first = index << within
        tile = self._tile(tier, first // TILE)
        start = first % TILE
        hashes = tile[start : start + (1 << within)]
        if len(hashes) != 1 << within or any(len(each) != HASH_BYTES for each in hashes):
            raise Missing
        part = Frontier()
        part.extend(hashes)
        return part.root()

    def _tile(self, tier: int, number: int) -> list[bytes]:
        found = self._tiles.get((tier, number))
        if found is None:
            if len(self._tiles) == MOST_TILES:
                # The one that was read first: who goes through the log has left it behind.
                self._tiles.pop(next(iter(self._tiles)))
            found = self._tiles[tier, number] = self._read(tier, number * TILE)
        return found

    def _read(self, tier: int, first: int) -> list[bytes]:
        if tier == 0:
            # Records count from 1, leaves from 0.
            query = select(RecordRow.seq - 1, _HASH)
            query = query.where(RecordRow.seq.between(first + 1, first + TILE)).order_by(RecordRow.seq)
        else:
            query = select(TileRow.index, _TILE).where(TileRow.level == tier)
            query = query.where(TileRow.index.between(first, first + TILE - 1)).order_by(TileRow.index)
        hashes: list[bytes] = []
        for index, found in self._session.execute(query):
            if index != first + len(hashes):
                break
            hashes.append(bytes(found or b""))
        return hashes


def all_records(session: Session) -> AbstractContextManager[Iterator[Stored]]:
    """Every record in order with its hash, a few at a time: memory stays constant."""
    return _stream(session, _RECORDS.order_by(RecordRow.seq))


def all_checkpoints(session: Session) -> AbstractContextManager[Iterator[Stored]]:
    """Every checkpoint in order: its place, note and hashes."""
    return _stream(session, _CHECKPOINTS.order_by(CheckpointRow.seq))


@contextmanager
def _stream(session: Session, query: Select[int, bytes, bytes]) -> Generator[Iterator[Stored]]:
    rows = session.execute(query.execution_options(yield_per=500))
    try:
        yield ((seq, _bytes(first), _bytes(second)) for seq, first, second in rows)
    finally:
        rows.close()


def extend(
    session: Session, links: Sequence[Link], tiles: Sequence[Tile], checkpoint: Checkpoint, moved: Sequence[int]
) -> None:
    """Add records and the checkpoint over them, and take their events out of the pending table."""
    _insert(session, _RECORD_TABLE, [{"seq": one.seq, "record": one.record, "hash": one.hash} for one in links])
    _insert(session, _TILE_TABLE, [{"level": one.level, "index": one.index, "hash": one.hash} for one in tiles])
    hashes = b"".join(one.hash for one in links)
    _insert(session, _CHECKPOINT_TABLE, [{"seq": checkpoint.size, "note": checkpoint.note, "hashes": hashes}])
    # They need not be next to each other: a transaction that began earlier may have ended later.
    session.execute(delete(PendingRow).where(PendingRow.id.in_(moved)))


def _insert(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


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
