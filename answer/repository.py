"""Queries on conversations and answers. Both belong to the person who asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.tables import AnswerRow, ConversationRow
from core.errors import NotFound

TITLE_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    title: str = field(repr=False)
    created_at: datetime
    updated_at: datetime


def conversation(session: Session, conversation_id: str, person_id: str) -> Conversation:
    row = session.get(ConversationRow, conversation_id)
    if row is None or row.person_id != person_id or row.deleted_at is not None:
        raise NotFound("There is no such conversation.", hint="Leave it out to begin a new one.")
    return _conversation(row)


def conversations(session: Session, person_id: str, limit: int = 200) -> list[Conversation]:
    rows = session.scalars(
        select(ConversationRow)
        .where(ConversationRow.person_id == person_id, ConversationRow.deleted_at.is_(None))
        .order_by(ConversationRow.updated_at.desc())
        .limit(limit)
    )
    return [_conversation(row) for row in rows]


def begin(session: Session, conversation_id: str, person_id: str, question: str, now: datetime) -> None:
    """Make the conversation if it is new."""
    row = session.get(ConversationRow, conversation_id)
    if row is None:
        title = " ".join(question.split())[:TITLE_CHARACTERS]
        session.add(
            ConversationRow(
                id=conversation_id, person_id=person_id, title=title, created_at=now, updated_at=now, deleted_at=None
            )
        )
        session.flush()
    else:
        row.updated_at = now


def delete_conversation(session: Session, conversation_id: str, person_id: str, now: datetime) -> None:
    conversation(session, conversation_id, person_id)
    session.get_one(ConversationRow, conversation_id).deleted_at = now


def add_answer(session: Session, **values: Any) -> None:
    session.add(AnswerRow(**values))


def answer(session: Session, answer_id: str, person_id: str) -> AnswerRow:
    row = session.get(AnswerRow, answer_id)
    if row is None or row.person_id != person_id:
        raise NotFound("There is no such answer.", hint="Only the person who asked can open an answer.")
    return row


def answers_of(session: Session, conversation_id: str) -> list[AnswerRow]:
    return list(
        session.scalars(
            select(AnswerRow).where(AnswerRow.conversation_id == conversation_id).order_by(AnswerRow.created_at)
        )
    )


def last_question(session: Session, conversation_id: str) -> str | None:
    return session.scalar(
        select(AnswerRow.question)
        .where(AnswerRow.conversation_id == conversation_id)
        .order_by(AnswerRow.created_at.desc())
        .limit(1)
    )


def _conversation(row: ConversationRow) -> Conversation:
    return Conversation(row.id, row.title, row.created_at, row.updated_at)
