"""Keys of service accounts: named, bounded to permissions, ending on a date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api import tokens
from api.permissions import NAMES, PERMISSIONS
from api.tables import ServiceKeyRow, TokenRow
from core.errors import Conflict, Invalid, NotFound

SCOPES = tuple(name for name in NAMES if not PERMISSIONS[name].apart and PERMISSIONS[name].roles - {"machine"})
"""What a program may be let do. Reviewing is for people."""


@dataclass(frozen=True, slots=True)
class ServiceKey:
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime


def issue(session: Session, account_id: str, name: str, scopes: Iterable[str], now: datetime, life: timedelta) -> str:
    """A new key. It is shown once. Raises ``Invalid`` for an unknown scope, ``Conflict`` for a name in use."""
    wanted = tuple(sorted(set(scopes)))
    unknown = sorted(set(wanted) - set(SCOPES))
    if unknown or not wanted:
        said = f"These are no scopes of keys: {', '.join(unknown)}." if unknown else "Name at least one scope."
        raise Invalid(said, hint=f"Scopes are {', '.join(SCOPES)}.")
    if not name.strip() or len(name) > 100:
        raise Invalid("A key needs a name.", hint="Say what will use it, in at most 100 characters.")
    if any(each.name == name.strip() for each in listed(session, account_id, now)):
        raise Conflict(f"There is a key named {name.strip()!r} already.", hint="End that one first, or choose another.")
    token = tokens.issue(session, "key", account_id, "service", now, life)
    session.add(ServiceKeyRow(hash=tokens.digest(token), name=name.strip(), scopes=list(wanted)))
    session.flush()
    return token


def scopes_of(session: Session, token: str) -> frozenset[str]:
    """What the key of a service account may be used for: nothing, where it was not made here."""
    row = session.get(ServiceKeyRow, tokens.digest(token))
    return frozenset() if row is None else frozenset(row.scopes)


def listed(session: Session, account_id: str, now: datetime) -> tuple[ServiceKey, ...]:
    """The keys that are valid now."""
    return tuple(
        ServiceKey(key.name, tuple(key.scopes), row.created_at, row.expires_at)
        for key, row in session.execute(_valid(account_id, now)).all()
    )


def end(session: Session, account_id: str, name: str, now: datetime) -> None:
    """The key ends now. Raises ``NotFound``."""
    for key, row in session.execute(_valid(account_id, now)).all():
        if key.name == name:
            row.ended_at = now
            return
    raise NotFound(f"There is no key named {name!r}.", hint="vouch services list shows them.")


def _valid(account_id: str, now: datetime) -> Select[ServiceKeyRow, TokenRow]:
    return (
        select(ServiceKeyRow, TokenRow)
        .join(TokenRow, TokenRow.hash == ServiceKeyRow.hash)
        .where(TokenRow.person_id == account_id, TokenRow.ended_at.is_(None), TokenRow.expires_at > now)
        .order_by(ServiceKeyRow.name)
    )
