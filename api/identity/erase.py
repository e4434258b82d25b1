"""Forgetting how somebody came in: accounts of providers, the password, what the directory wrote of them."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from api.identity import passwords
from api.identity.oidc.linking import unlink
from api.identity.tables import DirectoryRoleRow, ScimMemberRow, ScimUserRow


def forget(session: Session, person_id: str) -> None:
    unlink(session, person_id)
    passwords.remove(session, person_id)
    session.execute(delete(DirectoryRoleRow).where(DirectoryRoleRow.person_id == person_id))
    session.execute(delete(ScimMemberRow).where(ScimMemberRow.person_id == person_id))
    session.execute(delete(ScimUserRow).where(ScimUserRow.person_id == person_id))
