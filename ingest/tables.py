"""Rows of documents, their versions and chunks, cached vectors, stored content, and the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class DocumentRow(Base):
    """One item of a source. ``state``: pending, ready, failed, gone or suppressed.

    ``fingerprint`` is what the source announced when ``content_hash`` was read. ``confirmed_at`` is when the source
    last listed the item. ``restricted`` maps field names to access keys; ``labels`` are those of the current version.
    """

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("source_id", "key"), Index("ix_documents_state", "source_id", "state"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"))
    key: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str | None] = mapped_column(Text)
    filename: Mapped[str] = mapped_column(Text, default="")
    media_type: Mapped[str | None] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(100))
    content_hash: Mapped[str] = mapped_column(String(64))
    access_key: Mapped[str] = mapped_column(ForeignKey("access_sets.key"))
    restricted: Mapped[dict[str, str]] = mapped_column(JSON)
    modified_at: Mapped[datetime | None] = mapped_column(Moment)
    confirmed_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(10))
    failure_code: Mapped[str | None] = mapped_column(String(30))
    failure_reason: Mapped[str | None] = mapped_column(Text)
    labels: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    generation: Mapped[int] = mapped_column(Integer, default=0)
    current_version: Mapped[str | None] = mapped_column(String(36))


class DocumentAccessRow(Base):
    """The document had this access from ``valid_from`` until ``valid_to``. ``restricted`` maps its fields that had one
    of their own to access keys; None where nobody wrote that down."""

    __tablename__ = "document_access"
    __table_args__ = (Index("ix_document_access_document", "document_id", "valid_to"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"))
    access_key: Mapped[str] = mapped_column(ForeignKey("access_sets.key"))
    restricted: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    valid_from: Mapped[datetime] = mapped_column(Moment)
    valid_to: Mapped[datetime | None] = mapped_column(Moment)


class VersionRow(Base):
    """What one content of a document says. ``layout`` tells where everything in its text is (``ingest.codec``).

    ``parts`` are [name, start, end] of the restricted fields in it; ``restricted`` are all that were when it was made.
    """

    __tablename__ = "versions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), index=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(200))
    layout: Mapped[bytes] = mapped_column(LargeBinary)
    parts: Mapped[list[list[Any]]] = mapped_column(JSON)
    restricted: Mapped[list[str]] = mapped_column(JSON)
    warnings: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)


class ChunkRow(Base):
    """A chunk of a version. ``spans`` are [start, end] pairs, ``blocks`` are [kind, start, end]; ``part`` names the
    restricted field it shows.

    ``text`` is what the spans quote; the embedder and BM25 read ``context`` (title, headings) and ``text``. One that is
    ``withheld`` is neither embedded nor indexed: the data policy does not allow it (``ingest.withheld``).
    """

    __tablename__ = "chunks"
    __table_args__ = (
        Index("ix_chunks_version", "version_id", "ordinal"),
        Index("ix_chunks_withheld", "withheld", "document_id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"))
    ordinal: Mapped[int] = mapped_column(Integer)
    spans: Mapped[list[list[int]]] = mapped_column(JSON)
    page: Mapped[int | None] = mapped_column(Integer)
    headings: Mapped[list[str]] = mapped_column(JSON)
    blocks: Mapped[list[list[Any]]] = mapped_column(JSON)
    part: Mapped[str | None] = mapped_column(Text)
    context: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    vector_key: Mapped[str] = mapped_column(String(32))
    withheld: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())

    @property
    def embedded_text(self) -> str:
        return self.context + self.text


class VectorRow(Base):
    """A cached embedding: float32 little-endian, by the hash of its text and the embedder's identity."""

    __tablename__ = "vectors"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    embedder: Mapped[str] = mapped_column(String(100), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class BlobRow(Base):
    """Small original content, by SHA-256. Larger content lies in files."""

    __tablename__ = "blobs"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class OutboxRow(Base):
    """What is still to be done for a document. ``stage``: content, index, access or remove. ``changed_at`` is when the
    source changed it, where that counts for freshness.

    One row a document: a later intent replaces an earlier one, and ``token`` tells them apart, so that finishing the
    earlier never loses the later.
    """

    __tablename__ = "outbox"

    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(10))
    token: Mapped[str] = mapped_column(String(36))
    changed_at: Mapped[datetime | None] = mapped_column(Moment)
