"""Groups and roles that a directory gives. Each origin has rows of its own, so that one never ends those of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
AT_ONCE = 500

log = structlog.get_logger()


def belong(session: Session, person_id: str, belonging: Belonging, origin: str, now: datetime) -> bool:
    """Make this all that ``origin`` says of the person from ``now`` on. Returns whether it changed anything."""
    return belong_all(session, {person_id: belonging}, origin, now)


def belong_all(session: Session, people_in: Mapping[str, Belonging], origin: str, now: datetime) -> bool:
    """The same of many people, with a few queries for some hundred of them."""
    changed = False
    ids = sorted(people_in)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        groups = {person_id: people_in[person_id].groups for person_id in some}
        changed |= bool(people.set_groups_of(session, groups, now, origin))
        persons = {row.id: row for row in session.scalars(select(PersonRow).where(PersonRow.id.in_(some)))}
        rows: dict[str, list[DirectoryRoleRow]] = {person_id: [] for person_id in some}
        for row in session.scalars(select(DirectoryRoleRow).where(DirectoryRoleRow.person_id.in_(some))):
            rows[row.person_id].append(row)
        for person_id in some:
            roles = people_in[person_id].roles - APPROVED
            changed |= _set_roles(session, persons[person_id], rows[person_id], roles, origin, now)
        session.flush()
    return changed


def _set_roles(
    session: Session, person: PersonRow, rows: Sequence[DirectoryRoleRow], roles: frozenset[str], origin: str,
    now: datetime,
) -> bool:  # fmt: skip
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
            session.add(DirectoryRoleRow(person_id=person.id, role=role, origin=origin, since=now))
        held.add(role)
    changed = frozenset(held) != before
    if changed:
        person.roles = sorted(held)
    return changed
