"""The sessions and keys of people: which there are, and how they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from api import tokens
from api.identity.oidc.proofs import LogoutToken
from api.tables import TokenRow
from core.errors import NotFound

SIGNS_IN: tuple[tokens.Kind, ...] = ("session", "link", "reset")
"""Whatever a person, and no program, comes in with."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Where somebody is signed in, or a key with which a program reads as they do. ``id`` is how the log calls it."""

    id: str
    kind: Literal["session", "key"]
    method: str
    began_at: datetime
    seen_at: datetime
    expires_at: datetime


def open_sessions(session: Session, person_id: str, now: datetime) -> tuple[OpenSession, ...]:
    """The latest first."""
    return tuple(_open(row) for row in _rows(session, person_id, now))


def end_one(session: Session, person_id: str, session_id: str, now: datetime) -> OpenSession:
    """Returns what it was. Raises ``NotFound``, also for somebody else's."""
    row = next((row for row in _rows(session, person_id, now) if _open(row).id == session_id), None)
    if row is None:
        raise NotFound("There is no such session or key.", hint="It may have ended; look at the list again.")
    row.ended_at = now
    return _open(row)


def end_vouched(session: Session, issuer: str, logout: LogoutToken, now: datetime) -> Mapping[str, int]:
    """End what the provider ended: one of its sessions, or all of somebody. How many, by person."""
    query = select(TokenRow).where(TokenRow.issuer == issuer, TokenRow.kind == "session", TokenRow.ended_at.is_(None))
    if logout.subject is not None:
        query = query.where(TokenRow.subject == logout.subject)
    if logout.sid is not None:
        query = query.where(TokenRow.sid == logout.sid)
    rows = session.scalars(query).all()
    for row in rows:
        row.ended_at = now
    session.flush()
    return Counter(row.person_id for row in rows)


def _rows(session: Session, person_id: str, now: datetime) -> list[TokenRow]:
    rows = session.scalars(
        select(TokenRow)
        .where(TokenRow.person_id == person_id, TokenRow.kind.in_(("session", "key")), TokenRow.ended_at.is_(None))
        .order_by(TokenRow.created_at.desc(), TokenRow.hash)
    )
    return [row for row in rows if tokens.is_valid(row, now)]


def _open(row: TokenRow) -> OpenSession:
    kind: Literal["session", "key"] = "key" if row.kind == "key" else "session"
    return OpenSession(row.hash[:32], kind, row.method, row.created_at, row.seen_at or row.created_at, row.expires_at)
