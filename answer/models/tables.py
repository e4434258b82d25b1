"""Rows of the model register, of budgets, and of what calls used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class ModelRow(Base):
    """One change of the register, never changed again. The newest row of a name is what holds; ``entry`` is a
    ``ModelEntry``. ``changed_by`` is a person's id, ``operator``, or ``vouch.yaml``."""

    __tablename__ = "models"
    __table_args__ = (Index("ix_models_name", "name", "revision"),)

    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(60))
    change: Mapped[str] = mapped_column(String(10))
    entry: Mapped[dict[str, Any]] = mapped_column(JSON)
    why: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class BudgetRow(Base):
    """At most ``most`` of ``unit`` in each ``per`` for ``name`` of ``scope``; ``*`` is everybody of it, each for
    themselves. Money is in millionths of ``currency``. ``most`` is None for one that was removed."""

    __tablename__ = "budgets"

    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    per: Mapped[str] = mapped_column(String(6), primary_key=True)
    unit: Mapped[str] = mapped_column(String(6), primary_key=True)
    most: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    why: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class SpentRow(Base):
    """What ``name`` of ``scope`` used, or holds reserved, since ``since``, where a ``per`` began. ``currency`` is
    that of ``micros``; calls in another one stand in a row of their own."""

    __tablename__ = "spent"
    __table_args__ = (Index("ix_spent_since", "per", "since"),)

    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    per: Mapped[str] = mapped_column(String(6), primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    micros: Mapped[int] = mapped_column(BigInteger)
    tokens: Mapped[int] = mapped_column(BigInteger)
    calls: Mapped[int] = mapped_column(BigInteger)


class UsageRow(Base):
    """One call of a model. ``subject`` is the pseudonym of who asked, as in the log; empty once they were forgotten,
    and where the installation itself asked. Until it is ``settled`` the figures are the estimate: what a call
    costs whose end nobody saw. Money is in millionths of ``currency``."""

    __tablename__ = "usage"
    __table_args__ = (Index("ix_usage_at", "at"), Index("ix_usage_subject", "subject"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    answer_id: Mapped[str | None] = mapped_column(String(36))
    subject: Mapped[str] = mapped_column(String(32))
    department: Mapped[str] = mapped_column(String(300))
    sources: Mapped[list[str]] = mapped_column(JSON)
    model: Mapped[str] = mapped_column(String(60))
    purpose: Mapped[str] = mapped_column(String(12))
    input: Mapped[int] = mapped_column(BigInteger)
    output: Mapped[int] = mapped_column(BigInteger)
    cache_read: Mapped[int] = mapped_column(BigInteger)
    cache_write: Mapped[int] = mapped_column(BigInteger)
    micros: Mapped[int] = mapped_column(BigInteger)
    saved: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    settled: Mapped[bool] = mapped_column(Boolean)
