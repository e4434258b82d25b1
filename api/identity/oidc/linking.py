"""The person behind an account of the provider: by issuer and subject once they are linked, by a verified e-mail
address the first time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.identity import belonging
from api.identity.errors import SignInFailed
from api.identity.oidc.claims import Claimed
from api.identity.settings import OidcSettings
from api.identity.tables import IdentityRow
from core import people
from core.tables import PersonRow


@dataclass(frozen=True, slots=True)
class Known:
    """``linked`` and ``added`` just now; ``changed``: groups or roles are others than before."""

    person_id: str
    linked: bool
    added: bool
    changed: bool


def recognise(session: Session, claimed: Claimed, settings: OidcSettings, now: datetime) -> Known:
    """Whose account it is, with the groups and roles that it brings. Raises ``SignInFailed``."""
    row = session.get(IdentityRow, (settings.issuer, claimed.subject))
    linked, added = row is None, False
    if row is None:
        person, added = _by_email(session, claimed, settings, now)
        row = IdentityRow(
            issuer=settings.issuer, subject=claimed.subject, person_id=person.id, linked_at=now, seen_at=now
        )
        session.add(row)
    else:
        person = session.get_one(PersonRow, row.person_id)
    if person.disabled_at is not None:
        raise SignInFailed("disabled", "the person behind this account was removed or deactivated")
    row.seen_at = now
    session.flush()
    changed = False
    if settings.mapping or settings.unmapped == "same_name":
        changed = belonging.belong(session, person.id, settings.belonging(claimed.groups), belonging.OIDC, now)
    return Known(person.id, linked, added, changed)


def unlink(session: Session, person_id: str) -> int:
    """Forget the accounts of a person, so that the next sign-in links by address again. Returns how many there were."""
    rows = session.scalars(select(IdentityRow).where(IdentityRow.person_id == person_id)).all()
    for row in rows:
        session.delete(row)
    session.flush()
    return len(rows)


def _by_email(session: Session, claimed: Claimed, settings: OidcSettings, now: datetime) -> tuple[PersonRow, bool]:
    if claimed.email is None:
        told = f"no usable {settings.email_claim}, or {settings.verified_claim} does not say that it is verified"
        raise SignInFailed("unverified", told)
    person = session.scalar(select(PersonRow).where(PersonRow.email == claimed.email, PersonRow.kind == "person"))
    if person is None:
        return _admitted(session, claimed, settings, now), True
    if person.disabled_at is not None:
        raise SignInFailed("disabled", "the person with this address was removed or deactivated")
    if session.scalar(
        select(IdentityRow).where(IdentityRow.person_id == person.id, IdentityRow.issuer == settings.issuer)
    ):
        # An address that was given to somebody else must not open what belonged to the one before.
        raise SignInFailed(
            "mismatch", "the address belongs to a person who is linked to another account: vouch people unlink EMAIL"
        )
    return person, False


def _admitted(session: Session, claimed: Claimed, settings: OidcSettings, now: datetime) -> PersonRow:
    if set(settings.admit).isdisjoint(claimed.groups):
        raise SignInFailed("unknown", "nobody here has this address: vouch people add, SCIM, or identity.oidc.admit")
    assert claimed.email is not None
    added = people.put(session, claimed.email, groups=(), roles=("employee",), now=now, name=claimed.name)
    return session.get_one(PersonRow, added.id)
