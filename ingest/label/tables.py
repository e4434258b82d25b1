"""Rows of labels, of known people that records tell of, and of what people said about the sensitivity of documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class LabelRow(Base):
    """What a detector found in a text, by the text's SHA-256: chunks that say the same share one row.

    ``detector`` is the hash of its identity. ``findings`` are [kind, start, end, score, rule]; never a value.
    """

    __tablename__ = "labels"

    text_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    detector: Mapped[str] = mapped_column(String(32), primary_key=True)
    findings: Mapped[list[list[Any]]] = mapped_column(JSON)


class LabelledVersionRow(Base):
    """The title and every chunk of the version have a label of the detector. ``detector`` is the hash of its identity
    and of that."""

    __tablename__ = "labelled_versions"

    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    detector: Mapped[str] = mapped_column(String(32), primary_key=True)


class KnownPersonRow(Base):
    """Somebody of whom a record of a personnel system tells (``ingest.label.personnel``)."""

    __tablename__ = "known_people"

    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    emails: Mapped[list[str]] = mapped_column(JSON)


class DocumentSensitivityRow(Base):
    """Somebody said how sensitive a document is; of several the last counts. ``lowers``: the level stands in the
    place of what the source declares, and, in the version that it was said of, of what was found in it."""

    __tablename__ = "document_sensitivity"
    __table_args__ = (Index("ix_document_sensitivity_document", "document_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"))
    before: Mapped[str] = mapped_column(String(12))
    level: Mapped[str] = mapped_column(String(12))
    lowers: Mapped[bool] = mapped_column(Boolean)
    version_id: Mapped[str | None] = mapped_column(String(36))
    why: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(Moment)
