"""Queries on the queue of reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from answer.review.tables import ReviewEntryRow, ReviewRow, SampleRow, SamplingRuleRow
from answer.tables import AnswerRow
from connectors.tables import SourceRow
from core.errors import Conflict, NotFound
from core.tables import PersonRow
from ingest.tables import DocumentRow

CLOSED = ("signed_off", "withdrawn")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by. ``state`` may be ``waiting``: whatever is not done. ``assignee`` is a person's id,
    empty for whoever has none; the period is when it was put into the queue."""

    state: str | None = None
    assignee: str | None = None
    label: str | None = None
    severity: str | None = None
    rule: str | None = None
    sample: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def names(self) -> tuple[str, ...]:
        """Of those that are set."""
        return tuple(name for name in self.__slots__ if getattr(self, name) is not None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a review stands: the one that has waited longest first."""

    queued_at: datetime
    id: str


def get(session: Session, review_id: str) -> ReviewRow:
    """Raises ``NotFound``."""
    row = session.get(ReviewRow, review_id)
    if row is None:
        raise NotFound("There is no such review.", hint="vouch review queue list shows those that there are.")
    return row


def of_answer(session: Session, answer_id: str) -> ReviewRow | None:
    return session.scalar(select(ReviewRow).where(ReviewRow.answer_id == answer_id))


def answers(session: Session, ids: Sequence[str]) -> dict[str, AnswerRow]:
    """Those of them that are still kept."""
    return {row.id: row for row in session.scalars(select(AnswerRow).where(AnswerRow.id.in_(ids)))}


def listed(session: Session, filters: Filters, limit: int, after: Place | None) -> list[ReviewRow]:
    query = _where(select(ReviewRow), filters)
    if after is not None:
        behind = and_(ReviewRow.queued_at == after.queued_at, ReviewRow.id > after.id)
        query = query.where(or_(ReviewRow.queued_at > after.queued_at, behind))
    return list(session.scalars(query.order_by(ReviewRow.queued_at, ReviewRow.id).limit(limit)))


def counted(session: Session, filters: Filters, *columns: Any) -> list[tuple[Any, ...]]:
    """How many there are of each combination of ``columns``, which stands last."""
    query = _where(select(*columns, func.count()), filters).group_by(*columns)
    return [tuple(row) for row in session.execute(query)]


def put(session: Session, answer_id: str, rule: str, now: datetime) -> ReviewRow:
    row = _new(answer_id, None, rule, now, revision=0)
    session.add(row)
    session.flush()
    return row


def put_drawn(session: Session, answer_ids: Sequence[str], sample: SampleRow, rule: str) -> list[ReviewRow]:
    """All that a sample drew, at its first revision."""
    rows = [_new(answer, sample.id, rule, sample.drawn_at, revision=1) for answer in answer_ids]
    session.add_all(rows)
    session.flush()
    session.add_all(
        ReviewEntryRow(
            review_id=row.id, revision=1, change="queued", by=sample.drawn_by, at=sample.drawn_at, assignee=None,
            label=None, severity=None, text="",
        )
        for row in rows
    )  # fmt: skip
    session.flush()
    return rows


def note(
    session: Session, row: ReviewRow, change: str, by: str | None, now: datetime, *, text: str = "",
    assignee: str | None = None, label: str | None = None, severity: str | None = None,
) -> None:  # fmt: skip
    """Keep what happened, which gives the review its next revision."""
    row.revision += 1
    row.changed_at = now
    session.flush()
    session.add(
        ReviewEntryRow(
            review_id=row.id, revision=row.revision, change=change, by=by, at=now, assignee=assignee, label=label,
            severity=severity, text=text,
        )
    )  # fmt: skip
    session.flush()


def entries(session: Session, review_id: str, after: int = 0) -> list[ReviewEntryRow]:
    """What happened to a review after that revision, in its order."""
    query = select(ReviewEntryRow).where(ReviewEntryRow.review_id == review_id, ReviewEntryRow.revision > after)
    return list(session.scalars(query.order_by(ReviewEntryRow.revision)))


def notes(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """How many notes each has."""
    query = select(ReviewEntryRow.review_id, func.count()).where(
        ReviewEntryRow.review_id.in_(ids), ReviewEntryRow.change == "noted"
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(ReviewEntryRow.review_id))}


def reviewers(session: Session) -> set[str]:
    """Ids of everybody here who holds the role."""
    query = select(PersonRow.id, PersonRow.roles).where(PersonRow.disabled_at.is_(None), PersonRow.kind == "person")
    return {row.id for row in session.execute(query) if "reviewer" in row.roles}


def samples(session: Session, limit: int, after: Place | None) -> list[SampleRow]:
    """The latest first."""
    query = select(SampleRow)
    if after is not None:
        behind = and_(SampleRow.drawn_at == after.queued_at, SampleRow.id < after.id)
        query = query.where(or_(SampleRow.drawn_at < after.queued_at, behind))
    return list(session.scalars(query.order_by(SampleRow.drawn_at.desc(), SampleRow.id.desc()).limit(limit)))


def sample(session: Session, sample_id: str) -> SampleRow:
    """Raises ``NotFound``."""
    row = session.get(SampleRow, sample_id)
    if row is None:
        raise NotFound("There is no such sample.", hint="vouch review queue samples shows those that there are.")
    return row


def drawn(session: Session, sample_id: str) -> set[str]:
    """Answers that a sample put into the queue."""
    return set(session.scalars(select(ReviewRow.answer_id).where(ReviewRow.sample_id == sample_id)))


def drawn_periods(session: Session, standing: str) -> set[tuple[datetime, datetime]]:
    """Of which periods a standing rule has drawn."""
    query = select(SampleRow.since, SampleRow.until).where(SampleRow.standing == standing)
    return {(row.since, row.until) for row in session.execute(query)}


def rules(session: Session) -> list[SamplingRuleRow]:
    """Those that hold, by name."""
    query = select(SamplingRuleRow).where(SamplingRuleRow.ended_at.is_(None))
    return list(session.scalars(query.order_by(SamplingRuleRow.name)))


def rule(session: Session, name: str) -> SamplingRuleRow | None:
    """Also one that was ended."""
    return session.get(SamplingRuleRow, name)


def named(session: Session, kind: str, name: str) -> str:
    """The id of a source (by its name or id) or of a document (by its id or its key). Raises ``NotFound``, and
    ``Conflict`` where several documents have this key."""
    query = (
        select(SourceRow.id).where((SourceRow.name == name) | (SourceRow.id == name))
        if kind == "source"
        else select(DocumentRow.id).where((DocumentRow.id == name) | (DocumentRow.key == name))
    )
    found = session.scalars(query.limit(2)).all()
    if not found:
        raise NotFound(f"There is no {kind} like that.", hint=f"Write the {kind} as its list shows it.")
    if len(found) > 1:
        raise Conflict(f"More than one {kind} is called that.", hint="Name it by its id.")
    return found[0]


def _new(answer_id: str, sample_id: str | None, rule: str, now: datetime, revision: int) -> ReviewRow:
    return ReviewRow(
        id=str(uuid4()), answer_id=answer_id, sample_id=sample_id, rule=rule, state="open", assignee=None, label=None,
        severity=None, labelled_by=None, first_label=None, first_by=None, signed_by=None, second=None, queued_at=now,
        changed_at=now, closed_at=None, revision=revision,
    )  # fmt: skip


def _where(query: Select[*tuple[Any, ...]], filters: Filters) -> Select[*tuple[Any, ...]]:
    plain = {
        "label": ReviewRow.label, "severity": ReviewRow.severity, "rule": ReviewRow.rule, "sample": ReviewRow.sample_id,
    }  # fmt: skip
    for name, column in plain.items():
        if (wanted := getattr(filters, name)) is not None:
            query = query.where(column == wanted)
    if filters.state == "waiting":
        query = query.where(ReviewRow.state.not_in(CLOSED))
    elif filters.state is not None:
        query = query.where(ReviewRow.state == filters.state)
    if filters.assignee is not None:
        query = query.where(
            ReviewRow.assignee == filters.assignee if filters.assignee else ReviewRow.assignee.is_(None)
        )
    if filters.since is not None:
        query = query.where(ReviewRow.queued_at >= filters.since)
    if filters.until is not None:
        query = query.where(ReviewRow.queued_at < filters.until)
    return query
