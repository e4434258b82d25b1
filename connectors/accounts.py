"""People as a source knows them, joined to the people here: by an address that is vouched for, or by declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from connectors.sources.base import Account, account_grant, source_grant
from connectors.tables import AccountRow
from core import people, people_changes
from core.tables import PersonRow

ACCOUNTS = "accounts:"
"""Before a source's id: the scope of changes of its accounts (``core.people_changes``)."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What a sync of principals found: ``accounts`` active ones, of which ``people`` are somebody here; ``changed``
    people had a membership begin or end."""

    accounts: int
    people: int
    changed: int


def replace_accounts(
    session: Session, source_id: str, source: str, accounts: Iterable[Account], declared: Mapping[str, str],
    now: datetime,
) -> Joined:  # fmt: skip
    """Make these the accounts of the source, and the memberships of everybody joined to one what they say.

    ``declared`` maps account keys to addresses of people here and counts before what the source says. An account that
    is inactive, or joined to nobody, gives nothing. Memberships that the source does not speak of are left alone.
    """
    rows = {row.key: row for row in session.scalars(select(AccountRow).where(AccountRow.source_id == source_id))}
    known = _people_by_email(session)
    held: dict[str, set[str]] = {}
    seen: set[str] = set()
    renamed: set[str] = set()
    active = 0
    for account in accounts:
        seen.add(account.key)
        person, how = _joined(account, declared, known)
        values = {
            "email": account.email, "name": account.name[:200], "active": account.active, "verified": account.verified,
            "groups": sorted(set(account.groups)), "person_id": person, "joined_by": how, "seen_at": now,
        }  # fmt: skip
        row = rows.get(account.key)
        if row is not None and row.erased:
            values |= {"email": None, "name": ""}
        if row is None or (row.name, row.email, row.person_id) != (values["name"], values["email"], person):
            renamed.add(account.key)
        if row is None:
            session.add(AccountRow(source_id=source_id, key=account.key, **values))
        else:
            for name, value in values.items():
                setattr(row, name, value)
        active += account.active
        if person is not None and account.active:
            grants = held.setdefault(person, set())
            grants.add(account_grant(source, account.key))
            grants.update(source_grant(source, group) for group in account.groups)
    for key in rows.keys() - seen:
        session.execute(delete(AccountRow).where(AccountRow.source_id == source_id, AccountRow.key == key))
    people_changes.note(session, changes_of(source_id), renamed | (rows.keys() - seen))
    return Joined(active, len(held), people.set_source_grants(session, source_id, held, now))


def forget_accounts(session: Session, source_id: str, now: datetime) -> None:
    """The source says nothing about anybody any more."""
    keys = session.scalars(select(AccountRow.key).where(AccountRow.source_id == source_id)).all()
    people_changes.note(session, changes_of(source_id), keys)
    session.execute(delete(AccountRow).where(AccountRow.source_id == source_id))
    people.set_source_grants(session, source_id, {}, now)


def changes_of(source_id: str) -> str:
    """The scope under which changes of the source's accounts are noted."""
    return f"{ACCOUNTS}{source_id}"


def account_of(session: Session, source_id: str, person_id: str) -> str | None:
    """The active account of a person in the source, for a question put to the source itself."""
    return session.scalar(
        select(AccountRow.key)
        .where(AccountRow.source_id == source_id, AccountRow.person_id == person_id, AccountRow.active)
        .order_by(AccountRow.key)
        .limit(1)
    )


def _people_by_email(session: Session) -> dict[str, str]:
    rows = session.execute(select(PersonRow.email, PersonRow.id).where(PersonRow.disabled_at.is_(None)))
    return {row.email: row.id for row in rows}


def _joined(account: Account, declared: Mapping[str, str], known: Mapping[str, str]) -> tuple[str | None, str]:
    if account.key in declared:
        return known.get(declared[account.key].strip().lower()), "declared"
    if account.verified and account.email:
        person = known.get(account.email.strip().lower())
        return person, "email" if person is not None else ""
    return None, ""
