"""People as the directory writes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from api.identity import belonging
from api.identity.leaving import NOTHING, shut_out
from api.identity.scim.errors import invalid_value, not_found, taken
from api.identity.scim.filters import Filter, equals, matches
from api.identity.scim.pages import Wanted
from api.identity.scim.schemas import USER, Resource
from api.identity.settings import Belonging, ScimSettings
from api.identity.tables import ScimGroupRow, ScimMemberRow, ScimUserRow
from core import people, people_changes
from core.people import EMAIL
from core.tables import PersonRow

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Written:
    """``change`` is what the log calls it; None where nothing changed but what is kept for the directory."""

    person_id: str
    change: str | None


def row_of(session: Session, person_id: str) -> ScimUserRow:
    """Raises ``ScimRefused``."""
    row = session.get(ScimUserRow, person_id) if person_id.isprintable() else None
    if row is None:
        raise not_found()
    return row


def find(session: Session, wanted: Wanted, base: str) -> tuple[list[Resource], int]:
    """The users of a page, and how many there are of all pages."""
    indexed = _indexed(wanted.filter)
    if wanted.filter is None or indexed is not None:
        query: Select[Any] = select(ScimUserRow) if indexed is None else indexed
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        ordered = query.order_by(ScimUserRow.created_at, ScimUserRow.person_id)
        page = ordered.offset(wanted.start - 1).limit(wanted.count)
        rows: Sequence[ScimUserRow] = session.scalars(page).all()
        return resources(session, rows, base), total
    everything = session.scalars(select(ScimUserRow).order_by(ScimUserRow.created_at, ScimUserRow.person_id)).all()
    found = [each for each in resources(session, everything, base) if matches(wanted.filter, each)]
    return found[wanted.start - 1 :][: wanted.count], len(found)


def resources(session: Session, rows: Iterable[ScimUserRow], base: str) -> list[Resource]:
    listed = list(rows)
    groups = _groups_of(session, [row.person_id for row in listed])
    persons = {
        person.id: person
        for some in _some([row.person_id for row in listed])
        for person in session.scalars(select(PersonRow).where(PersonRow.id.in_(some)))
    }
    return [_resource(row, persons[row.person_id], groups.get(row.person_id, []), base) for row in listed]


def kept_of(session: Session, row: ScimUserRow) -> Resource:
    """What the directory wrote, for a change to be applied to."""
    active = session.get_one(PersonRow, row.person_id).disabled_at is None
    return {**row.attributes, "active": active}


def create(session: Session, written: Resource, settings: ScimSettings, now: datetime) -> Written:
    """Add a person, or take over one who was here before. Raises ``ScimRefused`` for one whom the directory has."""
    email = _email(written)
    _check_free(session, written, email, None)
    person = session.scalar(select(PersonRow).where(PersonRow.email == email))
    if person is None:
        person = PersonRow(
            id=people.new_id(session, email), email=email, name=_name(written, email), title="", roles=[], demo=False,
            created_at=now, disabled_at=None,
        )  # fmt: skip
        session.add(person)
        session.flush()
    elif person.kind != "person":
        raise taken("The address is taken.")
    row = ScimUserRow(
        person_id=person.id, user_name=_user_name(written), external_id=None, attributes={}, created_at=now,
        changed_at=now,
    )  # fmt: skip
    session.add(row)
    _store(session, row, person, written, email, settings, now)
    return Written(person.id, "added")


def write(session: Session, row: ScimUserRow, written: Resource, settings: ScimSettings, now: datetime) -> Written:
    """Make this what is known of the person. Raises ``ScimRefused``."""
    email = _email(written)
    _check_free(session, written, email, row.person_id)
    person = session.get_one(PersonRow, row.person_id)
    before = (person.disabled_at is None, person.email, person.name, person.title, tuple(person.roles))
    belongs = _store(session, row, person, written, email, settings, now)
    after = (person.disabled_at is None, person.email, person.name, person.title, tuple(person.roles))
    if before[0] and not after[0]:
        return Written(person.id, "disabled")
    return Written(person.id, "changed" if before != after or belongs else None)


def remove(session: Session, row: ScimUserRow, now: datetime) -> str:
    """The directory knows the person no more: they are out, and what they were in ends. Returns whose it was."""
    person_id = row.person_id
    for member in session.scalars(select(ScimMemberRow).where(ScimMemberRow.person_id == person_id)):
        session.delete(member)
    session.flush()
    session.delete(row)
    session.flush()
    shut_out(session, person_id, now)
    return person_id


def settle(session: Session, person_ids: Collection[str], settings: ScimSettings, now: datetime) -> bool:
    """Make the grants and roles of these people what the directory's groups give. Returns whether anything changed."""
    wanted: dict[str, Belonging] = {}
    groups = _groups_of(session, sorted(person_ids))
    for some in _some(sorted(person_ids)):
        for person_id, disabled_at in session.execute(
            select(PersonRow.id, PersonRow.disabled_at).where(PersonRow.id.in_(some))
        ):
            given = settings.belonging(name for _, name in groups.get(person_id, ()))
            whole = Belonging(given.groups, given.roles | set(settings.roles))
            wanted[person_id] = NOTHING if disabled_at is not None else whole
    return belonging.belong_all(session, wanted, belonging.SCIM, now)


def _store(
    session: Session, row: ScimUserRow, person: PersonRow, written: Resource, email: str, settings: ScimSettings,
    now: datetime,
) -> bool:  # fmt: skip
    active = written.get("active", True)
    row.attributes = {name: value for name, value in written.items() if name != "active"}
    row.user_name, row.external_id, row.changed_at = _user_name(written), written.get("externalId"), now
    name, title = _name(written, email), str(written.get("title", ""))[:LONGEST_NAME]
    if (person.email, person.name) != (email, name):
        people_changes.note(session, people_changes.PEOPLE, (person.id,))
    person.email, person.name, person.title = email, name, title
    if active and person.disabled_at is not None:
        person.disabled_at, person.enabled_at = None, now
    elif not active and person.disabled_at is None:
        shut_out(session, person.id, now)
    session.flush()
    return settle(session, (person.id,), settings, now)


def _check_free(session: Session, written: Mapping[str, Any], email: str, own: str | None) -> None:
    """Raises ``ScimRefused`` where another user of the directory has that name, or anybody else that address."""
    name = select(ScimUserRow.person_id).where(ScimUserRow.user_name == _user_name(written))
    address = select(PersonRow.id).where(PersonRow.email == email)
    other = session.scalar(name)
    if other is not None and other != own:
        raise taken("The userName is taken.")
    holder = session.scalar(address)
    # When they are created, somebody who is here already may be taken over, but for one whom the directory has.
    if holder not in (None, own) and (own is not None or session.get(ScimUserRow, holder) is not None):
        raise taken("The e-mail address is taken.")


def _resource(row: ScimUserRow, person: PersonRow, groups: list[tuple[str, str]], base: str) -> Resource:
    found: Resource = {"schemas": [USER], "id": row.person_id, **row.attributes, "active": person.disabled_at is None}
    if groups:
        found["groups"] = [
            {"value": group, "$ref": f"{base}/Groups/{group}", "display": name} for group, name in groups
        ]
    found["meta"] = {
        "resourceType": "User",
        "created": row.created_at.isoformat(),
        "lastModified": row.changed_at.isoformat(),
        "location": f"{base}/Users/{row.person_id}",
    }
    return found


def _groups_of(session: Session, person_ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for some in _some(person_ids):
        rows = session.execute(
            select(ScimMemberRow.person_id, ScimGroupRow.id, ScimGroupRow.name)
            .join(ScimGroupRow, ScimGroupRow.id == ScimMemberRow.group_id)
            .where(ScimMemberRow.person_id.in_(some))
            .order_by(ScimGroupRow.lookup)
        )
        for person_id, group_id, name in rows:
            found.setdefault(person_id, []).append((group_id, name))
    return found


def _indexed(found: Filter | None) -> Select[Any] | None:
    """The query behind the look-ups that directories make before each change; None where each user has to be read."""
    asked = equals(found)
    if len(asked) != 1:
        return None
    ((name, value),) = asked.items()
    if not isinstance(value, str):
        return None
    columns = {
        "userName": ScimUserRow.user_name == value.lower(),
        "externalId": ScimUserRow.external_id == value,
        "id": ScimUserRow.person_id == value,
    }
    return select(ScimUserRow).where(columns[name]) if name in columns else None


def _email(written: Mapping[str, Any]) -> str:
    """The primary address, else the first, else the name where it is an address."""
    emails = [each for each in cast("list[Resource]", written.get("emails", [])) if each.get("value")]
    primary = [each for each in emails if each.get("primary")]
    found = str((primary or emails or [{"value": written["userName"]}])[0]["value"]).strip().lower()
    if not EMAIL.match(found) or len(found) > 320:
        raise invalid_value("The user needs an e-mail address, in emails or as userName.")
    return found


def _user_name(written: Mapping[str, Any]) -> str:
    name = str(written["userName"]).strip().lower()
    if not 0 < len(name) <= 320:
        raise invalid_value("userName has to have at most 320 characters.")
    if len(str(written.get("externalId") or "")) > 255:
        raise invalid_value("externalId has to have at most 255 characters.")
    return name


def _name(written: Mapping[str, Any], email: str) -> str:
    parts = cast("Resource", written.get("name") or {})
    whole = " ".join(str(parts[part]).strip() for part in ("givenName", "familyName") if parts.get(part))
    shown = written.get("displayName") or parts.get("formatted") or whole or email.partition("@")[0]
    return str(shown).strip()[:LONGEST_NAME] or email.partition("@")[0]


def _some(ids: list[str]) -> Iterable[list[str]]:
    """As many at a time as a query takes."""
    return (ids[start : start + 500] for start in range(0, len(ids), 500))
