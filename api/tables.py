"""Rows of sessions, sign-in links and keys. Only hashes of tokens are stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class TokenRow(Base):
    """``kind``: session (a browser), link (signs in once), reset (sets a password once) or key (a program).
    ``ended_at`` is set when it was used up, signed out or revoked.

    A session ends when it was not used for ``idle_seconds``. One that a provider vouched for keeps how that provider
    names it (``issuer``, ``subject``, ``sid``), and the ID token, which only the session's own token opens.
    """

    __tablename__ = "tokens"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    method: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    idle_seconds: Mapped[int | None] = mapped_column(Integer)
    issuer: Mapped[str | None] = mapped_column(String(500))
    subject: Mapped[str | None] = mapped_column(String(255), index=True)
    sid: Mapped[str | None] = mapped_column(String(255), index=True)
    id_token: Mapped[bytes | None] = mapped_column(LargeBinary)


class ServiceKeyRow(Base):
    """What a service account's key is called, and the permissions (``api.permissions``) that it may be used for."""

    __tablename__ = "service_keys"

    hash: Mapped[str] = mapped_column(ForeignKey("tokens.hash"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    scopes: Mapped[list[str]] = mapped_column(JSON)


class OnceRow(Base):
    """A request that its sender wants done once (``api.once``). ``key`` and ``request`` are keyed hashes of the
    sender's key and of what was asked. ``response`` is kept only where it holds nothing that belongs to each reading;
    ``answer_id`` is what is read anew instead."""

    __tablename__ = "requests_once"

    person_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    status: Mapped[int | None] = mapped_column(Integer)
    response: Mapped[str | None] = mapped_column(Text)
    answer_id: Mapped[str | None] = mapped_column(String(36))
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
