"""People, their groups and roles; and the principal, which is built here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import uuid4

from sqlalchemy import ColumnElement, String, bindparam, cast, func, or_, select
from sqlalchemy.orm import Session

from core import access, people_changes
from core.access import Principal
from core.errors import Conflict, Invalid, NotFound
from core.ids import stable_id
from core.roles import checked
from core.tables import DerivedGroupRow, DerivedTermRow, MembershipRow, PersonRow

EMAIL = re.compile(r"^[^@\s,]+@[^@\s,]+\.[^@\s,]+$")
State = Literal["active", "disabled", "all"]
GROUP = re.compile(r"^[\w][\w .&/+-]{0,199}$")


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    email: str = field(repr=False)
    name: str = field(repr=False)
    title: str
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    demo: bool
    disabled_at: datetime | None = None


def put(
    session: Session,
    email: str,
    *,
    groups: Iterable[str],
    roles: Iterable[str],
    now: datetime,
    name: str = "",
    title: str = "",
    demo: bool = False,
    kind: str = "person",
) -> Person:
    """Add a person, or set the groups and roles of one who exists. Groups left out end now. Whether a role needs
    approval is asked before (``core.roles``)."""
    email = email.strip().lower()
    if not EMAIL.match(email):
        raise Invalid(f"{email!r} is not an e-mail address.", hint="Write it as name@company.example.")
    role_list = checked(tuple(roles))
    row = session.scalar(select(PersonRow).where(PersonRow.email == email))
    if row is None:
        row = PersonRow(
            id=new_id(session, email), email=email, name=name or email.partition("@")[0], title=title,
            roles=list(role_list), demo=demo, kind=kind, created_at=now, disabled_at=None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        people_changes.note(session, people_changes.PEOPLE, (row.id,))
    elif row.kind != kind:
        raise Conflict(f"{email} is the address of a {row.kind}.", hint="Choose another name.")
    else:
        if name and name != row.name:
            people_changes.note(session, people_changes.PEOPLE, (row.id,))
        row.roles = list(role_list)
        row.name, row.title = name or row.name, title or row.title
        if row.disabled_at is not None:
            row.disabled_at, row.enabled_at = None, now
    set_groups(session, row.id, groups, now)
    session.flush()
    return _person(session, row)


def new_id(session: Session, email: str) -> str:
    """The id of a person who is new here. An address may have been another person's, who has a new one now."""
    made = stable_id("person", email)
    return made if session.get(PersonRow, made) is None else str(uuid4())


def set_groups(
    session: Session, person_id: str, groups: Iterable[str], now: datetime, origin: str | None = None
) -> int:
    """Make these the groups that ``origin`` says the person is in, from ``now`` on; what others say of them is left
    alone. None: those that were declared here. Returns whether there was a change, as 0 or 1."""
    return set_groups_of(session, {person_id: groups}, now, origin)


def set_groups_of(
    session: Session, groups: Mapping[str, Iterable[str]], now: datetime, origin: str | None = None
) -> int:
    """The same of several people at once, at most some hundred. Returns how many had a change."""
    wanted = {
        person_id: {access.group(checked_group(name)) for name in names} - {access.EVERYONE}
        for person_id, names in groups.items()
    }
    those = MembershipRow.origin.is_(None) if origin is None else MembershipRow.origin == origin
    return _set_memberships(session, wanted, those, origin, now, set(wanted))


def set_source_grants(session: Session, source_id: str, held: Mapping[str, set[str]], now: datetime) -> int:
    """Make these grants, by person, all that a source says from ``now`` on. Returns how many people had one change."""
    return _set_memberships(session, held, MembershipRow.origin == source_id, source_id, now)


def _set_memberships(
    session: Session, wanted: Mapping[str, set[str]], those: ColumnElement[bool], origin: str | None, now: datetime,
    only: set[str] | None = None,
) -> int:  # fmt: skip
    query = select(MembershipRow).where(those, MembershipRow.valid_to.is_(None))
    if only is not None:
        query = query.where(MembershipRow.person_id.in_(only))
    changed: set[str] = set()
    have: set[tuple[str, str]] = set()
    for row in session.scalars(query):
        if row.grant in wanted.get(row.person_id, ()):
            have.add((row.person_id, row.grant))
        else:
            row.valid_to = now
            changed.add(row.person_id)
    begun = {(person, grant) for person, grants in wanted.items() for grant in grants} - have
    session.add_all(
        MembershipRow(person_id=person, grant=grant, origin=origin, valid_from=now, valid_to=None)
        for person, grant in sorted(begun)
    )
    return len(changed | {person for person, _ in begun})


def checked_group(name: str) -> str:
    name = name.strip()
    if not GROUP.match(name):
        raise Invalid(f"{name!r} is not a group name.", hint="Use letters, digits, spaces and . & / + - _.")
    return name


def by_email(session: Session, email: str) -> Person:
    row = session.scalar(
        select(PersonRow).where(
            PersonRow.email == email.strip().lower(), PersonRow.disabled_at.is_(None), PersonRow.kind == "person"
        )
    )
    if row is None:
        raise NotFound(
            f"Nobody here has the address {email}.", hint="Add them: vouch people add EMAIL --groups G --role employee"
        )
    return _person(session, row)


def find(session: Session, email: str) -> str | None:
    """The id of the person with this address."""
    wanted = select(PersonRow.id).where(
        PersonRow.email == email.strip().lower(), PersonRow.disabled_at.is_(None), PersonRow.kind == "person"
    )
    return session.scalar(wanted)


def kind_of(session: Session, person_id: str) -> str:
    """``person`` or ``service``."""
    return session.scalar(select(PersonRow.kind).where(PersonRow.id == person_id)) or "person"


def by_id(session: Session, person_id: str) -> Person:
    row = session.get(PersonRow, person_id)
    if row is None or row.disabled_at is not None:
        raise NotFound("This person is not here any more.", hint="Sign in again.")
    return _person(session, row)


def described(session: Session, row: PersonRow) -> Person:
    """Whoever it is, also when they were disabled."""
    return _person(session, row)


def ever_here(session: Session, email: str) -> Person:
    """The person with this address, also when they were disabled."""
    row = session.scalar(select(PersonRow).where(PersonRow.email == email.strip().lower(), PersonRow.kind == "person"))
    if row is None:
        return by_email(session, email)
    return _person(session, row)


def page(
    session: Session, limit: int, after: str = "", *, text: str = "", role: str = "", state: State = "active"
) -> tuple[Person, ...]:
    """At most ``limit`` of everybody by address, those behind the address ``after``; with ``text`` whose name, address
    or title has it, with ``role`` who holds it."""
    query = select(PersonRow).where(PersonRow.kind == "person")
    if state != "all":
        query = query.where(
            PersonRow.disabled_at.is_(None) if state == "active" else PersonRow.disabled_at.is_not(None)
        )
    if after:
        query = query.where(PersonRow.email > after)
    if text:
        named = (PersonRow.email, PersonRow.name, PersonRow.title)
        query = query.where(or_(*(each.icontains(text, autoescape=True) for each in named)))
    if role:
        query = query.where(cast(PersonRow.roles, String).contains(f'"{role}"', autoescape=True))
    return tuple(_person(session, row) for row in session.scalars(query.order_by(PersonRow.email).limit(limit)))


def declared_groups(session: Session, person_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The groups of each that were given here, not by a source or a directory."""
    query = select(MembershipRow.person_id, MembershipRow.grant).where(
        MembershipRow.person_id.in_(person_ids), MembershipRow.valid_to.is_(None), MembershipRow.origin.is_(None)
    )
    found: dict[str, list[str]] = {}
    for person_id, grant in session.execute(query.order_by(MembershipRow.grant)):
        found.setdefault(person_id, []).append(grant.partition(":")[2])
    return {person_id: tuple(groups) for person_id, groups in found.items()}


def disable(session: Session, email: str, now: datetime) -> None:
    disable_account(session, by_email(session, email).id, now)


def disable_account(session: Session, person_id: str, now: datetime) -> None:
    """Of a person or of a service: it ends now, with what it holds."""
    row = session.get_one(PersonRow, person_id)
    row.disabled_at = now
    set_groups(session, person_id, (), now)


# Built once: these are on the way of every request.
_HELD = (
    select(PersonRow.roles, MembershipRow.grant)
    .outerjoin(MembershipRow, (MembershipRow.person_id == PersonRow.id) & MembershipRow.valid_to.is_(None))
    .where(PersonRow.id == bindparam("person"), PersonRow.disabled_at.is_(None))
)
_SATISFIED = (
    select(DerivedTermRow.derived)
    .join(DerivedGroupRow, DerivedGroupRow.grant == DerivedTermRow.derived)
    .where(DerivedTermRow.grant.in_(bindparam("grants", expanding=True)))
    .group_by(DerivedTermRow.derived, DerivedGroupRow.clauses)
    .having(func.count(DerivedTermRow.clause.distinct()) == DerivedGroupRow.clauses)
)


def principal(session: Session, person_id: str, subject_of: Callable[[str], str]) -> Principal:
    """The person's effective grants as of now. Built anew at each request, so that a revoke holds at the next one."""
    rows = session.execute(_HELD, {"person": person_id}).all()
    if not rows:
        raise NotFound("This person is not here any more.", hint="Sign in again.")
    grants = {access.EVERYONE, access.person(person_id), *(grant for _, grant in rows if grant)}
    return Principal(person_id, subject_of(person_id), frozenset(rows[0][0]), frozenset(with_derived(session, grants)))


def together(session: Session, principal: Principal, groups: Iterable[str]) -> Principal:
    """``principal`` with everybody who is in one of ``groups``: whose reading is bounded by what each of them may read.

    Of a group's members no more is known than that they are in it.
    """
    held = [{access.EVERYONE, access.group(checked_group(name))} for name in sorted(set(groups))]
    return replace(principal, beside=tuple(frozenset(with_derived(session, grants)) for grants in held))


def with_derived(session: Session, grants: set[str]) -> set[str]:
    """``grants`` and every derived group that they satisfy, also those that build on other derived groups."""
    known = set(grants)
    while True:
        satisfied = set(session.scalars(_SATISFIED, {"grants": sorted(known)}))
        if satisfied <= known:
            return known
        known |= satisfied


def _person(session: Session, row: PersonRow) -> Person:
    held = session.scalars(
        select(MembershipRow.grant).where(MembershipRow.person_id == row.id, MembershipRow.valid_to.is_(None))
    )
    groups = sorted(grant.partition(":")[2] for grant in held)
    return Person(row.id, row.email, row.name, row.title, tuple(row.roles), tuple(groups), row.demo, row.disabled_at)
