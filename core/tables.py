"""Rows of people, groups, memberships and access, and of the data policy. Validity is kept, so that who could see what
then, and what could go where, has an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class PersonRow(Base):
    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200), default="")
    roles: Mapped[list[str]] = mapped_column(JSON)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    kind: Mapped[str] = mapped_column(String(10), default="person", server_default="person")
    """``person``, or ``service``: an account of a program, which nobody signs in as."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    enabled_at: Mapped[datetime | None] = mapped_column(Moment)
    """When they came back who had been disabled; that they were not here for a time before is all that is known."""


class RoleRequestRow(Base):
    """Somebody asks that a person gets a role that needs approval. ``state``: open, approved or declined."""

    __tablename__ = "role_requests"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(36))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(String(36))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)


class ActingGrantRow(Base):
    """A service account may act for a person, or for the members of a group (its grant), until then."""

    __tablename__ = "acting_grants"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    group: Mapped[str | None] = mapped_column(String(300))
    why: Mapped[str] = mapped_column(Text)
    given_by: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class PeopleChangeRow(Base):
    """Names or addresses of people changed. ``scope`` says where they are kept (``people``, or a folder's own word),
    ``key`` is the row's there; None where all of the scope is to be read anew."""

    __tablename__ = "people_changes"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    scope: Mapped[str] = mapped_column(String(60))
    key: Mapped[str | None] = mapped_column(Text)


class LeaseRow(Base):
    """Whoever holds ``name`` until then works alone (``core.leases``)."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime] = mapped_column(Moment)


class MembershipRow(Base):
    """A person holds ``grant`` from ``valid_from`` until ``valid_to``. ``origin`` is the id of the source that says so;
    None where it was declared here."""

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_person", "person_id", "valid_to"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    grant: Mapped[str] = mapped_column(String(300), index=True)
    origin: Mapped[str | None] = mapped_column(String(36))
    valid_from: Mapped[datetime] = mapped_column(Moment)
    valid_to: Mapped[datetime | None] = mapped_column(Moment)


class AccessSetRow(Base):
    """An interned access: many items share one row."""

    __tablename__ = "access_sets"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    allow: Mapped[list[str]] = mapped_column(JSON)
    deny: Mapped[list[str]] = mapped_column(JSON)


class MentionedGrantRow(Base):
    """A grant that some interned access allows or denies. What none mentions decides nothing."""

    __tablename__ = "mentioned_grants"

    grant: Mapped[str] = mapped_column(String(300), primary_key=True)


class DerivedGroupRow(Base):
    """An interned conjunction of ``clauses`` any-of lists. Nobody held it before ``since``, where that is known."""

    __tablename__ = "derived_groups"

    grant: Mapped[str] = mapped_column(String(64), primary_key=True)
    clauses: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime | None] = mapped_column(Moment)


class DerivedTermRow(Base):
    """``grant`` satisfies clause number ``clause`` of the derived group."""

    __tablename__ = "derived_terms"

    derived: Mapped[str] = mapped_column(ForeignKey("derived_groups.grant"), primary_key=True)
    clause: Mapped[int] = mapped_column(Integer, primary_key=True)
    grant: Mapped[str] = mapped_column(String(300), primary_key=True, index=True)


class PolicyRow(Base):
    """One version of the data policy (``core.policy_document``), never changed again. ``changed_by`` is a person's id,
    ``operator``, or ``vouch.yaml``."""

    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    why: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class HoldRow(Base):
    """A legal hold on a ``person``, ``document``, ``source`` or ``answer``, by id. It lasts until it is lifted."""

    __tablename__ = "holds"
    __table_args__ = (Index("ix_holds_target", "target", "lifted_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    target: Mapped[str] = mapped_column(String(36))
    why: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[str] = mapped_column(String(36))
    placed_at: Mapped[datetime] = mapped_column(Moment)
    lifted_by: Mapped[str | None] = mapped_column(String(36))
    lifted_at: Mapped[datetime | None] = mapped_column(Moment)
    lifted_why: Mapped[str | None] = mapped_column(Text)
