"""Rows of batches and of the questions in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class BatchRow(Base):
    """Questions of one person for one model. ``entry`` is its ``ModelEntry`` as it was chosen, ``fingerprint`` of whom,
    which model and which questions. ``state``:

    - ``preparing``: nothing was handed over;
    - ``sending``: since ``sending_at`` it is being handed over, or was, and nobody saw whether it was taken;
    - ``running``: the provider has it as ``provider_id``;
    - ``ended``: each question has come to its end; ``cleared_at`` is when the provider was told to delete what it had.
    """

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_person", "person_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(60))
    entry: Mapped[dict[str, Any]] = mapped_column(JSON)
    each_document: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What is asked of each document of a source (``answer.batching.rows.EachDocument``)."""
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(Text, default="")
    provider_id: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)
    sending_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    cleared_at: Mapped[datetime | None] = mapped_column(Moment)


class BatchItemRow(Base):
    """One question. ``key`` is its name in the file, or the document that it is put to. ``state``: ``waiting``,
    ``sent``, then ``answered`` (perhaps that there is no answer), ``refused``, ``failed``, ``expired`` or
    ``cancelled``, with the reason in ``why``.

    ``sent`` is where everything stands that its model was sent (``answer.batching.material``), ``reserved`` what of the
    budgets is kept for it (``answer.batching.reserved``); both go when it has come to its end. Neither has a value.
    """

    __tablename__ = "batch_items"

    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    answer_id: Mapped[str] = mapped_column(String(36), unique=True)
    conversation_id: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(Text, default="")
    sent: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    reserved: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    document: Mapped[str | None] = mapped_column(String(36))
    """Where one document is asked by itself, with its version once that is prepared."""
    version: Mapped[str | None] = mapped_column(String(36))
