"""Queries on which answers are given again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from answer.tables import AnswerRow, ConversationRow, KeptAnswerRow


def answer(session: Session, name: str, now: datetime) -> AnswerRow | None:
    """The answer that is kept under this name, unless its time is over or its conversation is gone."""
    return session.scalar(
        select(AnswerRow)
        .join(KeptAnswerRow, KeptAnswerRow.answer_id == AnswerRow.id)
        .join(ConversationRow, ConversationRow.id == AnswerRow.conversation_id)
        .where(KeptAnswerRow.name == name, KeptAnswerRow.expires_at > now, ConversationRow.deleted_at.is_(None))
    )


def put(session: Session, name: str, answer_id: str, conversation_id: str, expires_at: datetime) -> None:
    """Of several answers of one name the last is kept."""
    session.merge(KeptAnswerRow(name=name, answer_id=answer_id, conversation_id=conversation_id, expires_at=expires_at))


def drop(session: Session, conversation_ids: Sequence[str]) -> int:
    """Answers of these conversations are not given again. Returns how many."""
    return _dropped(session, KeptAnswerRow.conversation_id.in_(conversation_ids))


def sweep(session: Session, now: datetime) -> int:
    """Drop what has expired, and what belongs to deleted conversations. Returns how many."""
    deleted = select(ConversationRow.id).where(ConversationRow.deleted_at.is_not(None))
    return _dropped(session, or_(KeptAnswerRow.expires_at <= now, KeptAnswerRow.conversation_id.in_(deleted)))


def _dropped(session: Session, those: ColumnElement[bool]) -> int:
    gone = delete(KeptAnswerRow).where(those).returning(KeptAnswerRow.name)
    return len(session.scalars(gone.execution_options(synchronize_session=False)).all())
