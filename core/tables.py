"""Rows of people, groups, memberships and access. Validity is kept, so that who could see what then has an answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String
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
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)


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


class DerivedGroupRow(Base):
    """An interned conjunction of ``clauses`` any-of lists."""

    __tablename__ = "derived_groups"

    grant: Mapped[str] = mapped_column(String(64), primary_key=True)
    clauses: Mapped[int] = mapped_column(Integer)


class DerivedTermRow(Base):
    """``grant`` satisfies clause number ``clause`` of the derived group."""

    __tablename__ = "derived_terms"

    derived: Mapped[str] = mapped_column(ForeignKey("derived_groups.grant"), primary_key=True)
    clause: Mapped[int] = mapped_column(Integer, primary_key=True)
    grant: Mapped[str] = mapped_column(String(300), primary_key=True, index=True)
