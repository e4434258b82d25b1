"""Rows of the audit log. What is hashed or signed is kept as the very bytes that were hashed or signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment

# SQLite numbers rows by itself only for a column of exactly this type.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


class PendingRow(Base):
    """An acknowledged event that waits for its place in the chain."""

    __tablename__ = "audit_pending"

    id: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=True)
    event: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)


class RecordRow(Base):
    """``record`` is canonical JSON that holds the hash of the record before it; ``hash`` is its leaf hash (RFC 6962).

    ``seq`` runs from 1 without a gap. Being the primary key, it lets only one of two sequencers succeed.
    """

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    record: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class CheckpointRow(Base):
    """``note`` is the signed checkpoint over the first ``seq`` records. ``hashes`` are the leaf hashes of those since
    the checkpoint before, one after the other; they are not signed, but have to give the root that is."""

    __tablename__ = "audit_checkpoints"

    seq: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    note: Mapped[bytes] = mapped_column(LargeBinary)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class TileRow(Base):
    """The root of a complete subtree of ``256 ** level`` records, the first of which is ``index * 256 ** level``,
    counted from 0."""

    __tablename__ = "audit_tiles"

    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class IntentRow(Base):
    """An intent that has no outcome yet, by the id of its event. ``ref`` is what its outcome will name, ``carried``
    what the outcome says as the intent did."""

    __tablename__ = "audit_intents"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    ref: Mapped[str] = mapped_column(String(300), index=True)
    subject: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(40))
    trace_id: Mapped[str] = mapped_column(String(64))
    carried: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Moment, index=True)


class WitnessRow(Base):
    """What a witness outside has: the checkpoint over the first ``seq`` records, since ``at``. ``failure`` is why it
    did not take a newer one, ``failing_since`` since when."""

    __tablename__ = "audit_witnesses"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    seq: Mapped[int] = mapped_column(_NUMBER)
    at: Mapped[datetime | None] = mapped_column(Moment)
    failure: Mapped[str | None] = mapped_column(String(300))
    failing_since: Mapped[datetime | None] = mapped_column(Moment)


class StampRow(Base):
    """A time stamp (RFC 3161) over the SHA-256 of ``note``, which is the checkpoint over the first ``seq`` records."""

    __tablename__ = "audit_stamps"

    seq: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    note: Mapped[bytes] = mapped_column(LargeBinary)
    token: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment)


class FoundRow(Base):
    """Where a record can be found by. It follows the log, and can be made of it again (``core.audit.finding``)."""

    __tablename__ = "audit_index"
    __table_args__ = (
        Index("ix_audit_index_at", "at"),
        Index("ix_audit_index_kind", "kind", "seq"),
        Index("ix_audit_index_subject", "subject", "seq"),
    )

    seq: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(32))
    trace_id: Mapped[str] = mapped_column(String(64), index=True)
    answer: Mapped[str | None] = mapped_column(String(128), index=True)


class MentionRow(Base):
    """Record ``seq`` speaks of ``ref``: ``what`` is document, version, source, model, person, conversation ..."""

    __tablename__ = "audit_mentions"

    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    ref: Mapped[str] = mapped_column(String(128), primary_key=True)
    seq: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)


_OWN = (PendingRow, RecordRow, CheckpointRow, TileRow, IntentRow, WitnessRow, StampRow, FoundRow, MentionRow)
OWN = tuple(row.__table__ for row in _OWN)
"""All of them, for who needs a log without anything else."""
