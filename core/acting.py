"""Service accounts, and for whom they may act: only with a grant that names a person or a group and ends on a date."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core import access, people
from core.errors import Forbidden, Invalid, NotFound
from core.tables import ActingGrantRow, MembershipRow, PersonRow

DOMAIN = "services.invalid"
"""No letter reaches the addresses of service accounts: the domain is reserved for that."""
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class ActingGrant:
    """The account may act for ``person_id``, or for whoever is in ``group``, until then."""

    id: str
    account_id: str
    person_id: str | None
    group: str | None
    why: str
    given_by: str
    given_at: datetime
    until: datetime


def address(name: str) -> str:
    return f"{name.strip().lower()}@{DOMAIN}"


def account(session: Session, name: str) -> PersonRow:
    """The service account of this name. Raises ``NotFound``."""
    row = session.scalar(
        select(PersonRow).where(
            PersonRow.email == address(name), PersonRow.kind == "service", PersonRow.disabled_at.is_(None)
        )
    )
    if row is None:
        raise NotFound(f"There is no service account {name!r}.", hint="vouch services list shows them.")
    return row


def accounts(session: Session) -> tuple[PersonRow, ...]:
    query = select(PersonRow).where(PersonRow.kind == "service", PersonRow.disabled_at.is_(None))
    return tuple(session.scalars(query.order_by(PersonRow.email)))


def give(
    session: Session, account_id: str, *, person_id: str | None, group: str | None, why: str, by: str, now: datetime,
    until: datetime,
) -> ActingGrant:  # fmt: skip
    """Let the account act for one person, or for the members of one group."""
    if (person_id is None) == (group is None):
        raise Invalid("Name either a person or a group.", hint="Use --for EMAIL or --for-group GROUP.")
    if not why.strip() or len(why) > LONGEST_REASON:
        raise Invalid(f"Say why, in at most {LONGEST_REASON} characters.", hint="It stays with the grant.")
    if until <= now:
        raise Invalid("A grant ends in the future.", hint="Say for how many days it holds.")
    row = ActingGrantRow(
        id=secrets.token_hex(8), account_id=account_id, person_id=person_id,
        group=None if group is None else access.group(people.checked_group(group)), why=why.strip(), given_by=by,
        given_at=now, until=until, ended_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return _grant(row)


def end(session: Session, grant_id: str, now: datetime, account_id: str | None = None) -> ActingGrant:
    """The grant, which is one of ``account_id`` where that is given, ends now. Raises ``NotFound``."""
    row = session.get(ActingGrantRow, grant_id)
    if row is None or row.ended_at is not None or account_id not in (None, row.account_id):
        raise NotFound("There is no such grant.", hint="vouch services list shows them.")
    row.ended_at = now
    session.flush()
    return _grant(row)


def grants(session: Session, account_id: str, now: datetime) -> tuple[ActingGrant, ...]:
    """Those that hold now."""
    rows = session.scalars(_holding(account_id, now).order_by(ActingGrantRow.given_at))
    return tuple(_grant(row) for row in rows)


def allowed(session: Session, account_id: str, person_id: str, now: datetime) -> ActingGrant:
    """The grant by which the account may act for this person now. Raises ``Forbidden``: the same for a person who is
    not there."""
    person = session.get(PersonRow, person_id)
    held = select(MembershipRow.grant).where(MembershipRow.person_id == person_id, MembershipRow.valid_to.is_(None))
    row = session.scalar(
        _holding(account_id, now)
        .where(or_(ActingGrantRow.person_id == person_id, ActingGrantRow.group.in_(held)))
        .limit(1)
    )
    if row is None or person is None or person.kind != "person" or person.disabled_at is not None:
        raise refused()
    return _grant(row)


def refused() -> Forbidden:
    return Forbidden(
        "This account may not act for that person.", hint="An administrator gives the grant: vouch services act-for"
    )


def _holding(account_id: str, now: datetime) -> Select[ActingGrantRow]:
    return select(ActingGrantRow).where(
        ActingGrantRow.account_id == account_id, ActingGrantRow.ended_at.is_(None), ActingGrantRow.until > now
    )


def _grant(row: ActingGrantRow) -> ActingGrant:
    return ActingGrant(
        row.id, row.account_id, row.person_id, row.group, row.why, row.given_by, row.given_at, row.until
    )  # fmt: skip
