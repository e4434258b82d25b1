"""What is kept of how people came in: accounts of providers, the password, what the directory wrote, sessions. Given
out to whom it is about, forgotten, or dropped when it has had its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.identity import passwords
from api.identity.lockout import FORGOTTEN_AFTER
from api.identity.oidc.linking import unlink
from api.identity.sessions import SIGNS_IN
from api.identity.tables import (
    DirectoryRoleRow,
    FailureRow,
    IdentityRow,
    LogoutRow,
    PasswordRow,
    ScimMemberRow,
    ScimUserRow,
)
from api.tables import TokenRow

KEPT_FOR = timedelta(days=30)
"""How long a session or link is kept after it could last be used; the log has it for longer."""


def export(session: Session, person_id: str) -> dict[str, Any]:
    """What is kept of the person here, to be given to them: JSON, without what could sign anybody in."""
    identities = session.scalars(select(IdentityRow).where(IdentityRow.person_id == person_id))
    came = session.scalars(
        select(TokenRow).where(TokenRow.person_id == person_id).order_by(TokenRow.created_at, TokenRow.hash)
    )
    directory, password = session.get(ScimUserRow, person_id), session.get(PasswordRow, person_id)
    return {
        "accounts": [
            {"issuer": row.issuer, "subject": row.subject, "linked_at": _at(row.linked_at), "used_at": _at(row.seen_at)}
            for row in identities
        ],
        "directory": None if directory is None else dict(directory.attributes),
        "password_set_at": None if password is None else _at(password.set_at),
        "sign_ins": [
            {
                "kind": row.kind,
                "method": row.method,
                "began_at": _at(row.created_at),
                "used_at": _at(row.seen_at),
                "expires_at": _at(row.expires_at),
                "ended_at": _at(row.ended_at),
            }
            for row in came
        ],
    }


def retain(session: Session, now: datetime) -> None:
    """Drop what has had its time."""
    before = now - KEPT_FOR
    over = (TokenRow.expires_at < before) | (TokenRow.ended_at < before)
    session.execute(delete(TokenRow).where(TokenRow.kind.in_(SIGNS_IN), over))
    session.execute(delete(FailureRow).where(FailureRow.last_at < now - FORGOTTEN_AFTER))
    session.execute(delete(LogoutRow).where(LogoutRow.expires_at < now))


def forget(session: Session, person_id: str) -> None:
    unlink(session, person_id)
    passwords.remove(session, person_id)
    session.execute(delete(DirectoryRoleRow).where(DirectoryRoleRow.person_id == person_id))
    session.execute(delete(ScimMemberRow).where(ScimMemberRow.person_id == person_id))
    session.execute(delete(ScimUserRow).where(ScimUserRow.person_id == person_id))


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
