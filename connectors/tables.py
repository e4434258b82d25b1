"""Rows of sources: configuration and history, cursors, runs, tasks, failures, accounts, freshness, deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class SourceRow(Base):
    """A source as configured now. ``config`` is that of its kind, ``plan`` its schedules and bounds
    (``connectors.plan``); every change makes a ``SourceVersionRow``. ``state`` is active, paused or removed.

    ``confirmed_at`` is the start of the last run that has seen everything up to then.
    """

    __tablename__ = "sources"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    plan: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")
    state: Mapped[str] = mapped_column(String(10), server_default="active")
    version: Mapped[int] = mapped_column(Integer)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)


class SourceOwnerRow(Base):
    """A connector owner who looks after a source."""

    __tablename__ = "source_owners"

    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)


class SourceVersionRow(Base):
    """Who configured a source how, and when."""

    __tablename__ = "source_versions"

    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    plan: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class CursorRow(Base):
    """How far a source has been read; moves in the transaction of the page that it comes with."""

    __tablename__ = "cursors"

    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
    moved_at: Mapped[datetime] = mapped_column(Moment)


class RunRow(Base):
    """One run of one task of a source. ``state`` is running, stopping (somebody asked for its end), done, failed or
    stopped (its slice of time ended, or, with an ``error``, somebody ended it; it goes on in the next run). ``counts``
    is what became of the items so far."""

    __tablename__ = "runs"
    __table_args__ = (Index("ix_runs_source", "source_id", "started_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"))
    task: Mapped[str] = mapped_column(String(10), server_default="poll")
    state: Mapped[str] = mapped_column(String(10))
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(String(500))
    started_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class TaskRow(Base):
    """When a task (poll, sweep, access, principals, retry) of a source is due. The queue only carries its name: a
    message that is lost is sent again when ``sent_at`` is too long ago. ``failures`` counts those in a row."""

    __tablename__ = "source_tasks"
    __table_args__ = (Index("ix_source_tasks_due_at", "due_at"),)

    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    task: Mapped[str] = mapped_column(String(10), primary_key=True)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(String(500))
    succeeded_at: Mapped[datetime | None] = mapped_column(Moment)


class FailureRow(Base):
    """An item that could not be read, and when it is tried again; None waits for a change of the item or a person."""

    __tablename__ = "source_failures"
    __table_args__ = (Index("ix_source_failures_next_at", "source_id", "next_at"),)

    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(Text)
    transient: Mapped[bool] = mapped_column(Boolean)
    attempts: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)
    next_at: Mapped[datetime | None] = mapped_column(Moment)


class AccountRow(Base):
    """A person as a source knows them, and whom they are here. ``joined_by`` is email, declared or empty. One that is
    ``erased`` has neither name nor address, whatever the source says."""

    __tablename__ = "source_accounts"
    __table_args__ = (Index("ix_source_accounts_person", "person_id"),)

    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(Boolean)
    verified: Mapped[bool] = mapped_column(Boolean)
    groups: Mapped[list[str]] = mapped_column(JSON)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    joined_by: Mapped[str] = mapped_column(String(10))
    seen_at: Mapped[datetime] = mapped_column(Moment)
    erased: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class LagRow(Base):
    """How many observations of one kind of lag (content, deletions, permissions) fell into one bucket on one day.

    ``bucket`` is the upper end in seconds of a fixed ladder; ``late`` of the ``count`` were over the bound of that day.
    """

    __tablename__ = "source_lags"

    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    bucket: Mapped[float] = mapped_column(Float, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    late: Mapped[int] = mapped_column(BigInteger)


class BreachRow(Base):
    """A time in which a source was outside one of its bounds (``state`` breach) or nobody could tell (unknown)."""

    __tablename__ = "source_breaches"
    __table_args__ = (Index("ix_source_breaches_source", "source_id", "kind", "ended_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10))
    began_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class BucketRow(Base):
    """The token bucket of one account of a system, shared by all workers."""

    __tablename__ = "rate_buckets"

    account: Mapped[str] = mapped_column(String(200), primary_key=True)
    tokens: Mapped[float] = mapped_column(Float)
    filled_at: Mapped[datetime] = mapped_column(Moment)
    blocked_until: Mapped[datetime | None] = mapped_column(Moment)


class DestinationRow(Base):
    """A system that Vouch writes to. ``config`` holds secrets by reference only; ``audience`` are the groups of those
    who read what arrives there."""

    __tablename__ = "destinations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    contract: Mapped[dict[str, Any]] = mapped_column(JSON)
    audience: Mapped[list[str]] = mapped_column(JSON)
    fallback: Mapped[str | None] = mapped_column(String(100))
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class DeliveryRow(Base):
    """One message to a destination. ``state`` is waiting, sent, dead or review; ``key`` makes sending it twice
    harmless."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_state", "state", "next_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    destination: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(String(500))
    receipt: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(Moment)
    next_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
