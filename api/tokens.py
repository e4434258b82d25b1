"""Sessions, one-time sign-in links and keys: random tokens, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from api.tables import TokenRow
from core.errors import Unauthenticated

Kind = Literal["session", "link", "key"]
PREFIXES: dict[Kind, str] = {"session": "vs_", "link": "vl_", "key": "vk_"}


def issue(session: Session, kind: Kind, person_id: str, method: str, now: datetime, life: timedelta) -> str:
    """A new token for a person. It is shown once; the database keeps its hash."""
    token = PREFIXES[kind] + secrets.token_urlsafe(32)
    session.add(
        TokenRow(
            hash=_hash(token),
            kind=kind,
            person_id=person_id,
            method=method,
            created_at=now,
            expires_at=now + life,
            ended_at=None,
        )
    )
    session.flush()
    return token


def holder(session: Session, token: str, kind: Kind, now: datetime) -> TokenRow:
    """The valid token's row. Raises ``Unauthenticated``."""
    row = session.get(TokenRow, _hash(token))
    if row is None or row.kind != kind or row.ended_at is not None or row.expires_at <= now:
        raise Unauthenticated("This sign-in is not valid any more.", hint="Sign in again.")
    return row


def redeem(session: Session, link: str, now: datetime) -> str:
    """Use up a sign-in link; returns whose it is."""
    row = holder(session, link, "link", now)
    row.ended_at = now
    return row.person_id


def end(session: Session, token: str, now: datetime) -> None:
    row = session.get(TokenRow, _hash(token))
    if row is not None and row.ended_at is None:
        row.ended_at = now


def end_all(session: Session, person_id: str, now: datetime) -> None:
    session.execute(
        update(TokenRow).where(TokenRow.person_id == person_id, TokenRow.ended_at.is_(None)).values(ended_at=now)
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
