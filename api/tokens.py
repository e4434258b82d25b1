"""Sessions, one-time links and keys: random tokens, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import update
from sqlalchemy.orm import Session

from api.tables import TokenRow
from core.errors import Unauthenticated

Kind = Literal["session", "link", "reset", "key"]
PREFIXES: dict[Kind, str] = {"session": "vs_", "link": "vl_", "reset": "vp_", "key": "vk_"}
NOTED_AT_LEAST = timedelta(minutes=1)
"""How long a use of a session may go without being written down: writing at each request would make readers wait."""
KEYS_NOTED_AT_LEAST = timedelta(hours=1)
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Vouched:
    """How a provider names the session that it began: for its logout, and for ours with it."""

    issuer: str
    subject: str = field(repr=False)
    sid: str | None = field(repr=False)
    id_token: str = field(repr=False)


def issue(
    session: Session, kind: Kind, person_id: str, method: str, now: datetime, life: timedelta, *,
    idle: timedelta | None = None, vouched: Vouched | None = None,
) -> str:  # fmt: skip
    """A new token for a person. It is shown once; the database keeps its hash."""
    token = PREFIXES[kind] + secrets.token_urlsafe(32)
    row = TokenRow(
        hash=digest(token),
        kind=kind,
        person_id=person_id,
        method=method,
        created_at=now,
        expires_at=now + life,
        ended_at=None,
        seen_at=now,
        idle_seconds=None if idle is None else int(idle.total_seconds()),
    )
    if vouched is not None:
        row.issuer, row.subject, row.sid = vouched.issuer, vouched.subject, vouched.sid
        row.id_token = _sealed(token, vouched.id_token)
    session.add(row)
    session.flush()
    return token


def holder(session: Session, token: str, kind: Kind, now: datetime) -> TokenRow:
    """The valid token's row. Raises ``Unauthenticated``."""
    row = session.get(TokenRow, digest(token))
    if row is None or row.kind != kind or not is_valid(row, now):
        raise Unauthenticated("This sign-in is not valid any more.", hint="Sign in again.")
    return row


def is_valid(row: TokenRow, now: datetime) -> bool:
    """Neither ended, nor older than it may get, nor unused for too long."""
    if row.ended_at is not None or row.expires_at <= now:
        return False
    return row.idle_seconds is None or _seen(row) + timedelta(seconds=row.idle_seconds) > now


def is_use_due(row: TokenRow, now: datetime) -> bool:
    """Whether this use of a session or key has to be written down (``note_use``)."""
    if row.kind == "key":
        return now - _seen(row) >= KEYS_NOTED_AT_LEAST
    if row.idle_seconds is None:
        return False
    return now - _seen(row) >= min(NOTED_AT_LEAST, timedelta(seconds=row.idle_seconds / 4))


def note_use(session: Session, token: str, now: datetime) -> None:
    session.execute(update(TokenRow).where(TokenRow.hash == digest(token)).values(seen_at=now))


def redeem(session: Session, link: str, now: datetime, kind: Kind = "link") -> str:
    """Use up a one-time link; returns whose it is."""
    row = holder(session, link, kind, now)
    row.ended_at = now
    return row.person_id


def end(session: Session, token: str, now: datetime) -> None:
    row = session.get(TokenRow, digest(token))
    if row is not None and row.ended_at is None:
        row.ended_at = now


def end_all(
    session: Session, person_id: str, now: datetime, *, kinds: Iterable[Kind] = tuple(PREFIXES), but: str | None = None
) -> int:
    """End all tokens of a person of these kinds, ``but`` this one. Returns how many it were."""
    ended = session.scalars(
        update(TokenRow)
        .where(
            TokenRow.person_id == person_id,
            TokenRow.kind.in_(tuple(kinds)),
            TokenRow.ended_at.is_(None),
            TokenRow.hash != ("" if but is None else digest(but)),
        )
        .values(ended_at=now)
        .returning(TokenRow.hash)
    )
    return len(ended.all())


def name_of(token: str) -> str:
    """How lists and the log call a token. Nothing can be done with it."""
    return digest(token)[:32]


def id_token_of(session: Session, token: str) -> tuple[str, str] | None:
    """Issuer and ID token of a session that a provider vouched for."""
    row = session.get(TokenRow, digest(token))
    if row is None or row.issuer is None or row.id_token is None:
        return None
    try:
        opened = AESGCM(_key(token)).decrypt(row.id_token[:_NONCE], row.id_token[_NONCE:], None)
    except InvalidTag:
        return None
    return row.issuer, opened.decode()


def _sealed(token: str, text: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(token)).encrypt(nonce, text.encode(), None)


def _key(token: str) -> bytes:
    # The token has 256 random bits; its plain hash is in the database, so this one has to be another.
    return hashlib.sha256(b"id-token\x00" + token.encode()).digest()


def _seen(row: TokenRow) -> datetime:
    return row.seen_at or row.created_at


def digest(token: str) -> str:
    """What the database knows a token by."""
    return hashlib.sha256(token.encode()).hexdigest()
