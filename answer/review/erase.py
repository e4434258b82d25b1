"""What reviewers wrote, when the answer goes, when they go, and when its time is over. A label stays as long as its
review; what was written in words goes with the answer that it is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from answer.review import queue_rows
from answer.review.tables import ReviewEntryRow, ReviewRow, SampleRow, SamplingRuleRow
from answer.tables import AnswerRow
from core.holds import Held
from ingest.repository import batches


def withdraw(session: Session, answers: Iterable[str], now: datetime) -> int:
    """The answers go: reviews that are not signed off end here, and none keeps a text. Returns how many there were."""
    gone = 0
    for some in batches(sorted(answers)):
        rows = session.scalars(select(ReviewRow).where(ReviewRow.answer_id.in_(some))).all()
        for row in rows:
            if row.state not in queue_rows.CLOSED:
                row.state, row.assignee, row.closed_at = "withdrawn", None, now
                queue_rows.note(session, row, "withdrawn", None, now)
        _unwrite(session, [row.id for row in rows])
        gone += len(rows)
    return gone


def unwrite(session: Session, answers: Iterable[str]) -> int:
    """What was written about these answers goes; they stay. Returns how many texts."""
    gone = 0
    for some in batches(sorted(answers)):
        gone += _unwrite(session, session.scalars(select(ReviewRow.id).where(ReviewRow.answer_id.in_(some))).all())
    return gone


def mask(session: Session, masked: Callable[[str], str], held: Held) -> None:
    """Take somebody out of every text, but of those about answers that are held."""
    query = (
        select(ReviewEntryRow, ReviewRow.answer_id, AnswerRow.person_id)
        .join(ReviewRow, ReviewRow.id == ReviewEntryRow.review_id)
        .outerjoin(AnswerRow, AnswerRow.id == ReviewRow.answer_id)
        .where(ReviewEntryRow.text != "")
    )
    for entry, answer, person in session.execute(query).all():
        if not held.answer(answer, person or ""):
            entry.text = masked(entry.text)
    for rule in session.scalars(select(SamplingRuleRow)):
        rule.why = masked(rule.why)


def forget_reviewer(session: Session, person_id: str, now: datetime) -> int:
    """Whoever reviewed goes: what they said stays, and is nobody's. Returns how many entries were theirs."""
    assigned = ReviewRow.assignee == person_id, ReviewRow.state == "assigned"
    for row in session.scalars(select(ReviewRow).where(*assigned)).all():
        row.state, row.assignee = "open", None
        queue_rows.note(session, row, "unassigned", None, now)
    for column in (ReviewRow.assignee, ReviewRow.labelled_by, ReviewRow.first_by, ReviewRow.signed_by):
        _clear(session, column, person_id, None)
    _clear(session, ReviewEntryRow.assignee, person_id, None)
    _clear(session, SampleRow.drawn_by, person_id, None)
    _clear(session, SamplingRuleRow.set_by, person_id, "")
    return _clear(session, ReviewEntryRow.by, person_id, None)


def retain(session: Session, cutoff: datetime, held: Held, most: int) -> tuple[int, int]:
    """Remove reviews that ended before ``cutoff``, at most ``most``, and samples that have none left, but for those of
    a rule that holds: they say which periods it has drawn. Returns how many went, and how many are held."""
    query = select(ReviewRow.id, ReviewRow.answer_id, AnswerRow.person_id).outerjoin(
        AnswerRow, AnswerRow.id == ReviewRow.answer_id
    )
    old = session.execute(query.where(ReviewRow.closed_at < cutoff).order_by(ReviewRow.closed_at)).all()
    going = [row.id for row in old if not held.answer(row.answer_id, row.person_id or "")]
    for some in batches(going[:most]):
        session.execute(delete(ReviewEntryRow).where(ReviewEntryRow.review_id.in_(some)))
        session.execute(delete(ReviewRow).where(ReviewRow.id.in_(some)))
    used = select(ReviewRow.id).where(ReviewRow.sample_id == SampleRow.id).exists()
    rule = SamplingRuleRow.id == SampleRow.standing, SamplingRuleRow.ended_at.is_(None)
    holds = select(SamplingRuleRow.id).where(*rule, SamplingRuleRow.since < SampleRow.until).exists()
    session.execute(delete(SampleRow).where(SampleRow.drawn_at < cutoff, ~used, ~holds))
    return len(going[:most]), len(old) - len(going)


def export(session: Session, person_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What reviewers said of a person's answers, without what they wrote, which speaks of others as well; and what the
    person wrote as a reviewer."""
    theirs = select(ReviewRow).join(AnswerRow, AnswerRow.id == ReviewRow.answer_id)
    reviewed = session.scalars(theirs.where(AnswerRow.person_id == person_id).order_by(ReviewRow.queued_at))
    said = select(ReviewEntryRow).where(or_(ReviewEntryRow.by == person_id, ReviewEntryRow.assignee == person_id))
    return (
        [
            {
                "answer": row.answer_id, "rule": row.rule, "state": row.state, "label": row.label,
                "severity": row.severity, "queued_at": row.queued_at, "closed_at": row.closed_at,
            }
            for row in reviewed
        ],
        [
            {
                "review": row.review_id, "at": row.at, "change": row.change, "label": row.label, "text": row.text,
            }
            for row in session.scalars(said.order_by(ReviewEntryRow.at))
        ],
    )  # fmt: skip


def _unwrite(session: Session, reviews: Collection[str]) -> int:
    written = ReviewEntryRow.review_id.in_(reviews), ReviewEntryRow.text != ""
    return _count(session.execute(update(ReviewEntryRow).where(*written).values(text="")))


def _clear(session: Session, column: Any, person_id: str, value: str | None) -> int:
    return _count(session.execute(update(column.class_).where(column == person_id).values({column.key: value})))


def _count(done: Any) -> int:
    return int(getattr(done, "rowcount", 0))
