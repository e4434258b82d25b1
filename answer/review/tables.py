"""Rows of reviews: what was drawn for whom to look at, and what they said of it.

None refers to an answer or a person by a foreign key: what reviewers decided outlives both, without its text.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Moment


class SamplingRuleRow(Base):
    """A rule by which a sample is drawn of every period. ``frame`` says of which answers (``sampling.Frame.told``).
    One that was ended keeps its name for whoever sets it again."""

    __tablename__ = "sampling_rules"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    frame: Mapped[dict[str, Any]] = mapped_column(JSON)
    every: Mapped[str] = mapped_column(String(10))
    rate: Mapped[float] = mapped_column(Float)
    least: Mapped[int] = mapped_column(Integer)
    most: Mapped[int] = mapped_column(Integer)
    strata: Mapped[str] = mapped_column(String(10))
    since: Mapped[datetime] = mapped_column(Moment)
    why: Mapped[str] = mapped_column(Text)
    set_by: Mapped[str] = mapped_column(String(36))
    set_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(Integer)


class SampleRow(Base):
    """One draw. Of a standing rule there is one a period: a second process that draws it as well fails."""

    __tablename__ = "review_samples"
    __table_args__ = (
        UniqueConstraint("standing", "since", "until", name="uq_review_samples_standing_since_until"),
        Index("ix_review_samples_drawn_at", "drawn_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    frame: Mapped[dict[str, Any]] = mapped_column(JSON)
    strata: Mapped[str] = mapped_column(String(10))
    rate: Mapped[float | None] = mapped_column(Float)
    least: Mapped[int] = mapped_column(Integer)
    most: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)
    seed: Mapped[str] = mapped_column(String(64))
    population: Mapped[int] = mapped_column(Integer)
    frame_hash: Mapped[str] = mapped_column(String(64))
    drawn: Mapped[int] = mapped_column(Integer)
    drawn_by: Mapped[str | None] = mapped_column(String(36))
    drawn_at: Mapped[datetime] = mapped_column(Moment)
    standing: Mapped[str | None] = mapped_column(String(36))


class ReviewRow(Base):
    """What is decided of one answer, which is in the queue at most once. ``state``: open, assigned, labelled,
    signed_off; withdrawn where the answer went before that. ``label`` is the one that holds, by ``labelled_by``;
    ``first_label`` the one that was given before anybody else said anything."""

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_state", "state", "queued_at"), Index("ix_reviews_queued_at", "queued_at"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    answer_id: Mapped[str] = mapped_column(String(36), unique=True)
    sample_id: Mapped[str | None] = mapped_column(ForeignKey("review_samples.id"), index=True)
    rule: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    assignee: Mapped[str | None] = mapped_column(String(36), index=True)
    label: Mapped[str | None] = mapped_column(String(30))
    severity: Mapped[str | None] = mapped_column(String(10))
    labelled_by: Mapped[str | None] = mapped_column(String(36))
    first_label: Mapped[str | None] = mapped_column(String(30))
    first_by: Mapped[str | None] = mapped_column(String(36))
    signed_by: Mapped[str | None] = mapped_column(String(36))
    second: Mapped[bool | None] = mapped_column(Boolean)
    queued_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(Integer)


class ReviewEntryRow(Base):
    """What happened to a review, one for each revision. ``text`` is a note or a reason, and all that is written in
    words; ``by`` is null where nobody knows any more, or where a rule did it."""

    __tablename__ = "review_entries"

    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    change: Mapped[str] = mapped_column(String(12))
    by: Mapped[str | None] = mapped_column(String(36), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    assignee: Mapped[str | None] = mapped_column(String(36))
    label: Mapped[str | None] = mapped_column(String(30))
    severity: Mapped[str | None] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
