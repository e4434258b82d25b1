"""Groups of the directory: who is in them holds what the mapping gives, for as long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from api.identity.scim import users
from api.identity.scim.errors import invalid_value, not_found, taken
from api.identity.scim.filters import Filter, equals, matches
from api.identity.scim.pages import Wanted
from api.identity.scim.schemas import GROUP, Resource
from api.identity.settings import ScimSettings
from api.identity.tables import ScimGroupRow, ScimMemberRow, ScimUserRow

LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class Written:
    group: ScimGroupRow
    people: int
    joined: frozenset[str]
    left: frozenset[str]
    renamed: bool


def row_of(session: Session, group_id: str) -> ScimGroupRow:
    """Raises ``ScimRefused``."""
    row = session.get(ScimGroupRow, group_id) if group_id.isprintable() else None
    if row is None:
        raise not_found()
    return row


def find(session: Session, wanted: Wanted, base: str) -> tuple[list[Resource], int]:
    """The groups of a page, and how many there are of all pages."""
    members = wanted.shows("members")
    indexed = _indexed(wanted.filter)
    if wanted.filter is None or indexed is not None:
        query: Select[Any] = select(ScimGroupRow) if indexed is None else indexed
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        ordered = query.order_by(ScimGroupRow.created_at, ScimGroupRow.id)
        page = ordered.offset(wanted.start - 1).limit(wanted.count)
        rows: Sequence[ScimGroupRow] = session.scalars(page).all()
        return [resource(session, row, base, members=members) for row in rows], total
    everything = session.scalars(select(ScimGroupRow).order_by(ScimGroupRow.created_at, ScimGroupRow.id)).all()
    found = [each for row in everything if matches(wanted.filter, each := resource(session, row, base))]
    return found[wanted.start - 1 :][: wanted.count], len(found)


def resource(session: Session, row: ScimGroupRow, base: str, *, members: bool = True) -> Resource:
    found: Resource = {"schemas": [GROUP], "id": row.id, "displayName": row.name}
    if row.external_id is not None:
        found["externalId"] = row.external_id
    if members:
        found["members"] = [
            {"value": person_id, "$ref": f"{base}/Users/{person_id}", "type": "User"}
            for person_id in sorted(_members(session, row.id))
        ]
    found["meta"] = {
        "resourceType": "Group",
        "created": row.created_at.isoformat(),
        "lastModified": row.changed_at.isoformat(),
        "location": f"{base}/Groups/{row.id}",
    }
    return found


def kept_of(session: Session, row: ScimGroupRow) -> Resource:
    """What the directory wrote, for a change to be applied to."""
    found: Resource = {
        "displayName": row.name,
        "members": [{"value": each} for each in sorted(_members(session, row.id))],
    }
    return found if row.external_id is None else {**found, "externalId": row.external_id}


def create(session: Session, written: Resource, settings: ScimSettings, now: datetime) -> Written:
    """Raises ``ScimRefused``."""
    row = ScimGroupRow(
        id=str(uuid4()), name="", lookup=str(uuid4()), external_id=None, created_at=now, changed_at=now
    )  # fmt: skip
    session.add(row)
    session.flush()
    return write(session, row, written, settings, now)


def write(session: Session, row: ScimGroupRow, written: Resource, settings: ScimSettings, now: datetime) -> Written:
    """Make this the group, and what its members hold. Raises ``ScimRefused``."""
    name = str(written["displayName"]).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise invalid_value(f"displayName has to have at most {LONGEST_NAME} characters.")
    if len(str(written.get("externalId") or "")) > 255:
        raise invalid_value("externalId has to have at most 255 characters.")
    _check_free(session, name, row.id)
    before, after = _members(session, row.id), _wanted(session, written)
    renamed = name != row.name
    row.name, row.lookup, row.external_id, row.changed_at = name, name.lower(), written.get("externalId"), now
    gone = sorted(before - after)
    for start in range(0, len(gone), 500):
        some = gone[start : start + 500]
        session.execute(
            delete(ScimMemberRow).where(ScimMemberRow.group_id == row.id, ScimMemberRow.person_id.in_(some))
        )
    session.add_all(ScimMemberRow(group_id=row.id, person_id=each) for each in sorted(after - before))
    session.flush()
    users.settle(session, before | after if renamed else before ^ after, settings, now)
    return Written(row, len(after), after - before, before - after, renamed)


def remove(session: Session, row: ScimGroupRow, settings: ScimSettings, now: datetime) -> frozenset[str]:
    """Returns who was in it."""
    members = _members(session, row.id)
    session.execute(delete(ScimMemberRow).where(ScimMemberRow.group_id == row.id))
    session.delete(row)
    session.flush()
    users.settle(session, members, settings, now)
    return members


def _members(session: Session, group_id: str) -> frozenset[str]:
    return frozenset(session.scalars(select(ScimMemberRow.person_id).where(ScimMemberRow.group_id == group_id)))


def _wanted(session: Session, written: Resource) -> frozenset[str]:
    members = cast("list[Resource]", written.get("members", []))
    if any(str(each.get("type", "User")).lower() == "group" for each in members):
        raise invalid_value("Groups within groups are not supported: let the directory send their people.")
    ids = [str(each.get("value", "")) for each in members]
    known = {
        person_id
        for start in range(0, len(ids), 500)
        for person_id in session.scalars(
            select(ScimUserRow.person_id).where(ScimUserRow.person_id.in_(ids[start : start + 500]))
        )
    }
    if set(ids) - known:
        raise invalid_value("A member is no user of this directory.")
    return frozenset(ids)


def _check_free(session: Session, name: str, own: str) -> None:
    # Whoever may make a second group of the same name could give away what the first one gives.
    other = session.scalar(select(ScimGroupRow.id).where(ScimGroupRow.lookup == name.lower()))
    if other not in (None, own):
        raise taken("The displayName is taken.")


def _indexed(found: Filter | None) -> Select[Any] | None:
    asked = equals(found)
    if len(asked) != 1:
        return None
    ((name, value),) = asked.items()
    if not isinstance(value, str):
        return None
    columns = {
        "displayName": ScimGroupRow.lookup == value.lower(),
        "externalId": ScimGroupRow.external_id == value,
        "id": ScimGroupRow.id == value,
    }
    return select(ScimGroupRow).where(columns[name]) if name in columns else None
