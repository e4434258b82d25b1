"""Rows of evidence: what cited versions said, sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class SnapshotRow(Base):
    """What one document version said when an answer first cited it. ``commitment`` is its address (HMAC-SHA256 under
    the key of the log), ``sealed`` the content under a key of its own, ``wrapped`` that key. Both are null once it is
    gone: ``erased`` or ``retired``. ``cited_at`` is when an answer last cited it, give or take a day.

    Nothing refers to it: it outlives the version, the document and the source.
    """

    __tablename__ = "evidence_snapshots"
    __table_args__ = (Index("ix_evidence_snapshots_cited_at", "cited_at"),)

    commitment: Mapped[str] = mapped_column(String(64), primary_key=True)
    version_id: Mapped[str] = mapped_column(String(36), unique=True)
    document_id: Mapped[str] = mapped_column(String(36), index=True)
    source_id: Mapped[str] = mapped_column(String(36), index=True)
    sensitivity: Mapped[str] = mapped_column(String(12))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)
    cited_at: Mapped[datetime] = mapped_column(Moment)
    gone_at: Mapped[datetime | None] = mapped_column(Moment)
    gone_why: Mapped[str | None] = mapped_column(String(10))
