"""Queries on what people say of answers."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.tables import FeedbackRow


def get(session: Session, answer_id: str, person_id: str) -> FeedbackRow | None:
    return session.get(FeedbackRow, (answer_id, person_id))


def put(session: Session, row: FeedbackRow) -> None:
    session.merge(row)


def tally(session: Session, since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """How often each rating was given from ``since`` until before ``until``, by rating and reason; with no reason under
    an empty one."""
    query = select(FeedbackRow.rating, FeedbackRow.reasons)
    found: Counter[tuple[str, str]] = Counter()
    for rating, reasons in session.execute(
        query.where(FeedbackRow.updated_at >= since, FeedbackRow.updated_at < until)
    ):
        found.update((rating, reason) for reason in reasons or ("",))
    return dict(found)
