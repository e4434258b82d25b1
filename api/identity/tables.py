"""Rows of who somebody is: linked identities, passwords, failed sign-ins, what the directory wrote."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class IdentityRow(Base):
    """The person whom a provider calls ``subject``. A person has at most one of a provider."""

    __tablename__ = "identities"
    __table_args__ = (Index("ix_identities_person", "person_id", "issuer", unique=True),)

    issuer: Mapped[str] = mapped_column(String(500), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    linked_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)


class DirectoryRoleRow(Base):
    """A role that a person holds because ``origin`` (``oidc``, ``scim``) says so, and had not before."""

    __tablename__ = "directory_roles"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(40), primary_key=True)
    origin: Mapped[str] = mapped_column(String(36), primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)


class LogoutRow(Base):
    """A logout token that was used, by the hash of its issuer and ``jti``, for as long as it could be used again."""

    __tablename__ = "logout_tokens"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class PasswordRow(Base):
    """``hash`` is an encoded Argon2id hash with its parameters."""

    __tablename__ = "passwords"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(400))
    set_at: Mapped[datetime] = mapped_column(Moment)


class FailureRow(Base):
    """Attempts on ``account`` (a hash of what was typed in) since one succeeded; none is heard before ``until``."""

    __tablename__ = "sign_in_failures"

    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(Moment, index=True)
    until: Mapped[datetime | None] = mapped_column(Moment)


class ScimUserRow(Base):
    """A person as the directory wrote them; ``attributes`` are those that it may write (RFC 7643, 4.1). ``user_name``
    and ``email`` are in lower case, for look-ups."""

    __tablename__ = "scim_users"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    user_name: Mapped[str] = mapped_column(String(320), unique=True)
    external_id: Mapped[str | None] = mapped_column(String(255), index=True)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class ScimGroupRow(Base):
    """``lookup`` is the name in lower case."""

    __tablename__ = "scim_groups"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(300))
    lookup: Mapped[str] = mapped_column(String(300), unique=True)
    external_id: Mapped[str | None] = mapped_column(String(255), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class ScimMemberRow(Base):
    __tablename__ = "scim_members"

    group_id: Mapped[str] = mapped_column(ForeignKey("scim_groups.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("scim_users.person_id"), primary_key=True, index=True)
