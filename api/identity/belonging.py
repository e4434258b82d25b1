"""Groups and roles that a directory gives. Each origin has rows of its own, so that one never ends those of another."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.identity.settings import Belonging
from api.identity.tables import DirectoryRoleRow
from core import people
from core.roles import APART, APPROVED
from core.tables import PersonRow

OIDC = "oidc"
SCIM = "scim"

log = structlog.get_logger()


def belong(session: Session, person_id: str, belonging: Belonging, origin: str, now: datetime) -> bool:
    """Make this all that ``origin`` says of the person from ``now`` on. Returns whether it changed anything."""
    changed = people.set_groups(session, person_id, belonging.groups, now, origin)
    return _set_roles(session, person_id, belonging.roles - APPROVED, origin, now) or bool(changed)


def _set_roles(session: Session, person_id: str, roles: frozenset[str], origin: str, now: datetime) -> bool:
    person = session.get_one(PersonRow, person_id)
    rows = session.scalars(select(DirectoryRoleRow).where(DirectoryRoleRow.person_id == person_id)).all()
    said = {row.role: row for row in rows if row.origin == origin}
    elsewhere = {row.role for row in rows if row.origin != origin}
    before = frozenset(person.roles)
    held = set(before)
    for role, row in said.items():
        if role not in roles:
            session.delete(row)
            if role not in elsewhere:
                held.discard(role)
    for role in sorted(roles):
        if held | {role} >= APART:
            log.warning("identity.role_left_out", role=role, origin=origin, reason="nobody is both admin and reviewer")
            continue
        # What was given here by hand has no row, and so does not end with the directory.
        if role not in said and (role not in held or role in elsewhere):
            session.add(DirectoryRoleRow(person_id=person_id, role=role, origin=origin, since=now))
        held.add(role)
    changed = frozenset(held) != before
    if changed:
        person.roles = sorted(held)
    session.flush()
    return changed
