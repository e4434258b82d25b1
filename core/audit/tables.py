"""Rows of the audit log. What is hashed or signed is kept as the very bytes that were hashed or signed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class PendingRow(Base):
    """An acknowledged event that waits for its place in the chain."""

    __tablename__ = "audit_pending"

    # SQLite numbers rows by itself only for a column of exactly this type.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    event: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)


class RecordRow(Base):
    """``record`` is canonical JSON that holds the hash of the record before it; ``hash`` is its SHA-256.

    ``seq`` runs from 1 without a gap. Being the primary key, it lets only one of two sequencers succeed.
    """

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    record: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class CheckpointRow(Base):
    """``statement`` is canonical JSON {v, seq, hashes, at, key}: the hash of each record since the checkpoint before,
    the last of which is record ``seq``. ``signature`` is Ed25519 over it."""

    __tablename__ = "audit_checkpoints"

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    statement: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
