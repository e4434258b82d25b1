"""Queries on what is shared: with whom a conversation is, and what is shared with a reader."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, and_, delete, or_, select
from sqlalchemy.orm import Session

from answer.tables import AnswerRow, ConversationRow, ShareRow
from core.tables import PersonRow


@dataclass(frozen=True, slots=True)
class Place:
    """Where a share stands in the list of what is shared with somebody: the latest first."""

    shared_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Found:
    """A share that holds, with the name of who shared."""

    row: ShareRow = field(repr=False)
    by: str = field(repr=False)


def put(session: Session, row: ShareRow) -> ShareRow:
    """The one share of a conversation with these people, new or made anew."""
    query = select(ShareRow).where(ShareRow.conversation_id == row.conversation_id, ShareRow.grant == row.grant)
    held = session.scalar(query)
    if held is None:
        session.add(row)
        return row
    held.title, held.questions, held.redaction = row.title, row.questions, row.redaction
    held.shared_at = row.shared_at
    return held


def get(session: Session, share_id: str) -> Found | None:
    """None where the conversation was deleted, or who shared it is not here any more."""
    found = session.execute(_holding().where(ShareRow.id == share_id)).first()
    return None if found is None else Found(*found)


def given(session: Session, conversation_id: str) -> list[ShareRow]:
    return list(
        session.scalars(
            select(ShareRow).where(ShareRow.conversation_id == conversation_id).order_by(ShareRow.shared_at)
        )
    )


def received(session: Session, grants: Collection[str], person_id: str, limit: int, after: Place | None) -> list[Found]:
    """At most ``limit`` of those with whoever holds one of ``grants``, without the person's own."""
    query = _holding().where(ShareRow.grant.in_(grants), ShareRow.person_id != person_id)
    if after is not None:
        query = query.where(
            or_(
                ShareRow.shared_at < after.shared_at,
                and_(ShareRow.shared_at == after.shared_at, ShareRow.id < after.id),
            )
        )
    query = query.order_by(ShareRow.shared_at.desc(), ShareRow.id.desc()).limit(limit)
    return [Found(*each) for each in session.execute(query)]


def answers(session: Session, row: ShareRow) -> list[AnswerRow]:
    """Those that are shared, in their order."""
    query = select(AnswerRow).where(AnswerRow.conversation_id == row.conversation_id, AnswerRow.id.in_(row.questions))
    return list(session.scalars(query.order_by(AnswerRow.created_at)))


def address(session: Session, person_id: str) -> str | None:
    """Of somebody with whom something is shared, also when they are not here any more."""
    return session.scalar(select(PersonRow.email).where(PersonRow.id == person_id))


def drop(session: Session, conversation_id: str) -> None:
    session.execute(delete(ShareRow).where(ShareRow.conversation_id == conversation_id))


def named(grant: str) -> tuple[str, str]:
    """``person`` and their id, or ``group`` and its name."""
    kind, _, name = grant.partition(":")
    return (kind, name) if name else ("group", grant)


def _holding() -> Select[ShareRow, str]:
    return (
        select(ShareRow, PersonRow.name)
        .join(ConversationRow, ConversationRow.id == ShareRow.conversation_id)
        .join(PersonRow, PersonRow.id == ShareRow.person_id)
        .where(ConversationRow.deleted_at.is_(None), PersonRow.disabled_at.is_(None))
    )
