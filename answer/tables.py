"""Rows of conversations, answers and the vault. An answer is stored as claims that point at spans; its text is read
from the versions each time, through the reader's own access."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class ConversationRow(Base):
    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_person", "person_id", "updated_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    title: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)
    pinned_at: Mapped[datetime | None] = mapped_column(Moment)


class ShareRow(Base):
    """A conversation, as far as it went at ``shared_at``, may be read by whoever holds ``grant``. ``title`` and
    ``questions`` (by the id of their answer) are what its owner wrote, with tokens in place of values."""

    __tablename__ = "conversation_shares"
    __table_args__ = (
        Index("ix_conversation_shares_grant", "grant", "shared_at"),
        UniqueConstraint("conversation_id", "grant", name="uq_conversation_shares_conversation_id_grant"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    grant: Mapped[str] = mapped_column(String(300))
    title: Mapped[str] = mapped_column(Text)
    questions: Mapped[dict[str, str]] = mapped_column(JSON)
    redaction: Mapped[str] = mapped_column(String(36))
    shared_at: Mapped[datetime] = mapped_column(Moment)


class FeedbackRow(Base):
    """What a person says of an answer. ``comment`` has tokens in place of values where it has a ``redaction``."""

    __tablename__ = "answer_feedback"
    __table_args__ = (Index("ix_answer_feedback_updated", "updated_at"),)

    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    rating: Mapped[str] = mapped_column(String(10))
    reasons: Mapped[list[str]] = mapped_column(JSON)
    comment: Mapped[str] = mapped_column(Text)
    redaction: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class AnswerRow(Base):
    """``claims``: a list of sentences, each a list of citations {document, version, chunk, page, headings, spans,
    support}. ``nearest``: chunk ids shown when the answer abstained. ``searched``: the question made to stand alone,
    where that differs; ``alone``: what the model did that was asked for it (``answer.trail.Alone.told``). ``tried``:
    what each model that was asked to answer did (``answer.trail.Tried.told``).
    ``conflicts``: {sides, later}, see ``answer.weighing``."""

    __tablename__ = "answers"
    __table_args__ = (
        Index("ix_answers_conversation", "conversation_id", "created_at"),
        Index("ix_answers_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    question: Mapped[str] = mapped_column(Text)
    searched: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    claims: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    nearest: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    model: Mapped[str] = mapped_column(String(100))
    tier: Mapped[str] = mapped_column(String(20), server_default="extractive")
    alone: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tried: Mapped[list[dict[str, Any]]] = mapped_column(JSON, server_default="[]")
    structured: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    conflicts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, server_default="[]")
    support: Mapped[float] = mapped_column(Float)
    threshold: Mapped[float] = mapped_column(Float)
    reason: Mapped[str | None] = mapped_column(Text)
    timings: Mapped[dict[str, float]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)


class KeptAnswerRow(Base):
    """An answer that is given again without asking a model. ``name`` is a keyed hash of everything that it was made
    from (``answer.cached``)."""

    __tablename__ = "kept_answers"
    __table_args__ = (Index("ix_kept_answers_expires", "expires_at"),)

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class VaultKeyRow(Base):
    """The key of one subject's values in one conversation, wrapped by the installation's keyring. ``subject`` is the
    keyed name of the person whom the values belong to; empty where that is nobody known."""

    __tablename__ = "vault_keys"

    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class VaultRow(Base):
    """What a token of a conversation stands for. ``value`` is encrypted, and can be opened only as the value of this
    token. ``places`` are where it was seen: {version, spans}, {version, field}, or {typed: a person's id}."""

    __tablename__ = "vault"
    __table_args__ = (Index("ix_vault_expires", "expires_at"), Index("ix_vault_subject", "subject"))

    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    token: Mapped[str] = mapped_column(String(100), primary_key=True)
    identity: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(64))
    form: Mapped[int] = mapped_column(Integer)
    subject: Mapped[str] = mapped_column(String(32))
    value: Mapped[bytes] = mapped_column(LargeBinary)
    places: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class FlaggedRow(Base):
    """A passage that reads like an instruction to a model, and where it went how often. ``signs`` are closed words
    (``answer.sign_patterns``); no text of it."""

    __tablename__ = "flagged_passages"
    __table_args__ = (Index("ix_flagged_passages_last", "last_at"),)

    chunk_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    version: Mapped[str] = mapped_column(String(36), primary_key=True)
    destination: Mapped[str] = mapped_column(String(60), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(128))
    source: Mapped[str] = mapped_column(String(300))
    signs: Mapped[list[str]] = mapped_column(JSON)
    times: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)
