"""Which conversation goes on, where a caller sends along what was said before and no id."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.tables import AnswerRow, ConversationRow

LOOKED_AT = 10
"""The latest conversations with that question. Who asks the same every day goes on with the last one."""


def continued(session: Session, person_id: str, questions: Sequence[str]) -> str | None:
    """The id of the person's latest conversation whose last questions are these: all of either side, from the end. A
    question that was asked twice in a row, to have another answer, counts once."""
    wanted = _plain(questions)
    if not wanted:
        return None
    ending = (
        select(AnswerRow.conversation_id)
        .join(ConversationRow, ConversationRow.id == AnswerRow.conversation_id)
        .where(
            ConversationRow.person_id == person_id,
            ConversationRow.deleted_at.is_(None),
            AnswerRow.person_id == person_id,
            AnswerRow.question == questions[-1].strip(),
        )
        .order_by(AnswerRow.created_at.desc())
        .limit(LOOKED_AT)
    )
    for conversation_id in dict.fromkeys(session.scalars(ending)):
        asked = select(AnswerRow.question).where(AnswerRow.conversation_id == conversation_id)
        held = _plain(session.scalars(asked.order_by(AnswerRow.created_at)).all())
        common = min(len(held), len(wanted))
        if held[-common:] == wanted[-common:]:
            return conversation_id
    return None


def _plain(questions: Sequence[str]) -> list[str]:
    plain = [" ".join(question.split()) for question in questions]
    return [each for at, each in enumerate(plain) if not at or plain[at - 1] != each]
