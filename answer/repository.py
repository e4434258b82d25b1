"""Queries on conversations and answers, which belong to the person who asked, and on the vault of a conversation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, insert, or_, select, text
from sqlalchemy.orm import Session

from answer.tables import AnswerRow, ConversationRow, VaultKeyRow, VaultRow
from core.errors import NotFound

TITLE_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    title: str = field(repr=False)
    created_at: datetime
    updated_at: datetime
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation stands in its owner's list: pinned ones first, then the latest."""

    pinned: bool
    updated_at: datetime
    id: str


def conversation(session: Session, conversation_id: str, person_id: str) -> Conversation:
    row = session.get(ConversationRow, conversation_id)
    if row is None or row.person_id != person_id or row.deleted_at is not None:
        raise NotFound("There is no such conversation.", hint="Begin a new one: ask without it.")
    return _conversation(row)


def conversations(
    session: Session, person_id: str, limit: int, after: Place | None = None, text: str = ""
) -> list[Conversation]:
    """At most ``limit`` of a person's own in their order, those behind ``after``; with a ``text`` only those with it in
    their title or in a question, in whichever case."""
    pin = case((ConversationRow.pinned_at.is_not(None), 1), else_=0)
    query = (
        select(ConversationRow)
        .where(ConversationRow.person_id == person_id, ConversationRow.deleted_at.is_(None))
        .order_by(pin.desc(), ConversationRow.updated_at.desc(), ConversationRow.id.desc())
    )
    if after is not None:
        before = or_(
            ConversationRow.updated_at < after.updated_at,
            and_(ConversationRow.updated_at == after.updated_at, ConversationRow.id < after.id),
        )
        query = query.where(or_(pin < int(after.pinned), and_(pin == int(after.pinned), before)))
    if not text.strip():
        return [_conversation(row) for row in session.scalars(query.limit(limit))]
    # SQLite knows no case beyond ASCII.
    wanted, said = _folded(text), _questions(session, person_id)
    found = (
        _conversation(row)
        for row in session.scalars(query)
        if any(wanted in _folded(each) for each in (row.title, *said.get(row.id, ())))
    )
    return list(islice(found, limit))


def rename(session: Session, conversation_id: str, person_id: str, title: str) -> None:
    conversation(session, conversation_id, person_id)
    session.get_one(ConversationRow, conversation_id).title = title


def pin(session: Session, conversation_id: str, person_id: str, pinned_at: datetime | None) -> None:
    """None: let go of it."""
    conversation(session, conversation_id, person_id)
    session.get_one(ConversationRow, conversation_id).pinned_at = pinned_at


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


def has_answer(session: Session, answer_id: str) -> bool:
    return session.get(AnswerRow, answer_id) is not None


def change_answer(session: Session, answer_id: str, values: Mapping[str, Any]) -> None:
    row = session.get_one(AnswerRow, answer_id)
    for name, value in values.items():
        setattr(row, name, value)


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


def conversation_ids_of(session: Session, person_id: str) -> list[str]:
    """Also those that the person has deleted."""
    return list(session.scalars(select(ConversationRow.id).where(ConversationRow.person_id == person_id)))


def deleted_with_values(session: Session) -> list[str]:
    """The deleted conversations of which the vault still holds something."""
    query = select(VaultRow.conversation_id).distinct()
    deleted = query.join(ConversationRow, ConversationRow.id == VaultRow.conversation_id)
    return list(session.scalars(deleted.where(ConversationRow.deleted_at.is_not(None))))


def vault_rows(session: Session, conversation_id: str, now: datetime) -> list[VaultRow]:
    """What has not expired, in the order in which it came."""
    return list(
        session.scalars(
            select(VaultRow)
            .where(VaultRow.conversation_id == conversation_id, VaultRow.expires_at > now)
            .order_by(VaultRow.identity, VaultRow.form)
        )
    )


def vault_tokens(session: Session, conversation_id: str) -> list[tuple[str, int]]:
    """Every identity and form ever given out and still held, expired ones too."""
    query = select(VaultRow.identity, VaultRow.form).where(VaultRow.conversation_id == conversation_id)
    return [(identity, form) for identity, form in session.execute(query)]


def vault_keys(session: Session, conversation_id: str) -> dict[str, bytes]:
    """Wrapped keys by subject."""
    query = select(VaultKeyRow.subject, VaultKeyRow.wrapped).where(VaultKeyRow.conversation_id == conversation_id)
    return {row.subject: row.wrapped for row in session.execute(query)}


def add_vault_key(session: Session, conversation_id: str, subject: str, wrapped: bytes) -> None:
    session.add(VaultKeyRow(conversation_id=conversation_id, subject=subject, wrapped=wrapped))


def add_vault_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(insert(VaultRow), rows)


def erase_vault(
    session: Session, conversation_ids: Collection[str], subjects: Collection[str], spared: Collection[str] = ()
) -> int:
    """Destroy the keys and values of whole conversations and of subjects, but nothing in conversations that are
    ``spared``. Returns how many values went."""
    rows = or_(VaultRow.conversation_id.in_(conversation_ids), VaultRow.subject.in_(subjects))
    gone = _erase_rows(session, rows & VaultRow.conversation_id.not_in(spared))
    keys = or_(VaultKeyRow.conversation_id.in_(conversation_ids), VaultKeyRow.subject.in_(subjects))
    session.execute(delete(VaultKeyRow).where(keys, VaultKeyRow.conversation_id.not_in(spared)))
    return gone


def vault_rows_of(session: Session, subject: str) -> Iterator[VaultRow]:
    """All values of a subject, in any conversation."""
    query = select(VaultRow).where(VaultRow.subject == subject).execution_options(yield_per=500)
    yield from session.scalars(query)


def erase_values(session: Session, those: Iterable[tuple[str, str]]) -> int:
    """Destroy values by conversation and token."""
    gone = 0
    for conversation_id, token in those:
        gone += _erase_rows(session, (VaultRow.conversation_id == conversation_id) & (VaultRow.token == token))
    return gone


def sweep_vault(session: Session, now: datetime, spared: Collection[str] = ()) -> int:
    """Destroy what has expired, but in conversations that are ``spared``, and keys that nothing is encrypted with any
    more."""
    gone = _erase_rows(session, (VaultRow.expires_at <= now) & VaultRow.conversation_id.not_in(spared))
    used = (
        select(VaultRow.token)
        .where(VaultRow.conversation_id == VaultKeyRow.conversation_id, VaultRow.subject == VaultKeyRow.subject)
        .exists()
    )
    session.execute(delete(VaultKeyRow).where(~used))
    return gone


def _erase_rows(session: Session, those: ColumnElement[bool]) -> int:
    if session.get_bind().dialect.name == "sqlite":
        # SQLite leaves the bytes of a deleted row in its page unless it is told to overwrite them.
        session.execute(text("PRAGMA secure_delete = ON"))
    gone = session.scalars(delete(VaultRow).where(those).returning(VaultRow.token)).all()
    return len(gone)


def _conversation(row: ConversationRow) -> Conversation:
    return Conversation(row.id, row.title, row.created_at, row.updated_at, row.pinned_at is not None)


def _questions(session: Session, person_id: str) -> dict[str, list[str]]:
    """What a person asked, by conversation."""
    found: dict[str, list[str]] = {}
    query = select(AnswerRow.conversation_id, AnswerRow.question).where(AnswerRow.person_id == person_id)
    for conversation_id, question in session.execute(query):
        found.setdefault(conversation_id, []).append(question)
    return found


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
