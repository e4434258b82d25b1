"""Roles that one person alone cannot give: somebody asks, and somebody else approves."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.tables import PersonRow, RoleRequestRow

ROLES = ("employee", "connector_owner", "reviewer", "admin", "operator")
APPROVED = frozenset({"reviewer"})
"""Held only by whom a second person approved."""
APART = frozenset({"admin", "reviewer"})
"""Nobody holds both: who sets the rules does not review, and who reviews does not set them."""
LONGEST_REASON = 500
State = Literal["open", "approved", "declined"]


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """``asked_by`` and ``decided_by`` are ids of people, or ``operator``."""

    id: str
    person_id: str
    role: str
    why: str
    asked_by: str
    asked_at: datetime
    state: State
    decided_by: str | None
    decided_at: datetime | None


def checked(roles: Collection[str]) -> tuple[str, ...]:
    """``roles`` in order. Raises ``Invalid`` for one that does not exist, and for two that exclude each other."""
    if unknown := sorted(set(roles) - set(ROLES)):
        raise Invalid(f"Unknown role: {', '.join(unknown)}.", hint=f"Roles are {', '.join(ROLES)}.")
    if set(roles) >= APART:
        raise Invalid(
            f"One person cannot be both {' and '.join(sorted(APART))}.", hint="Give the roles to different people."
        )
    return tuple(sorted(set(roles)))


def ungranted(session: Session, person_id: str, roles: Collection[str]) -> tuple[str, ...]:
    """Those among ``roles`` that need approval, and that the person does not hold yet."""
    row = session.get(PersonRow, person_id)
    held = set[str]() if row is None or row.disabled_at is not None else set(row.roles)
    return tuple(sorted(APPROVED & (set(roles) - held)))


def ask(session: Session, person_id: str, role: str, why: str, by: str, now: datetime) -> RoleRequest:
    """Ask that the person gets a role that needs approval. Raises ``Invalid``, ``Conflict``, ``Forbidden``."""
    person = _person(session, person_id)
    if role not in APPROVED:
        raise Invalid(f"The role {role} needs no approval.", hint="Give it with the person's other roles.")
    if not why.strip() or len(why) > LONGEST_REASON:
        raise Invalid(f"Say why, in at most {LONGEST_REASON} characters.", hint="It is shown to whoever approves.")
    if by == person_id:
        raise Forbidden("Nobody asks for this role for themselves.", hint="Let an administrator ask.")
    if role in person.roles:
        raise Conflict(f"They are {role} already.", hint="vouch people list shows who holds which role.")
    checked((*person.roles, role))
    open_one = select(RoleRequestRow).where(
        RoleRequestRow.person_id == person_id, RoleRequestRow.role == role, RoleRequestRow.state == "open"
    )
    if session.scalar(open_one) is not None:
        raise Conflict("This was asked already, and waits for approval.", hint="vouch people requests lists it.")
    row = RoleRequestRow(
        id=secrets.token_hex(8), person_id=person_id, role=role, why=why.strip(), asked_by=by, asked_at=now,
        state="open", decided_by=None, decided_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return _request(row)


def decide(session: Session, request_id: str, by: str, *, approve: bool, now: datetime) -> RoleRequest:
    """Approve or decline. Raises ``Forbidden`` for whoever asked, and for the person whom it is about."""
    row = session.get(RoleRequestRow, request_id)
    if row is None:
        raise NotFound("There is no such request.", hint="vouch people requests lists those that wait.")
    if row.state != "open":
        raise Conflict(f"This request was {row.state} already.", hint="Ask anew if something changed.")
    if approve and by in (row.asked_by, row.person_id):
        raise Forbidden(
            "A second person has to approve: neither who asked, nor whom it is about.",
            hint="Let another administrator sign in and approve it.",
        )
    if approve:
        person = _person(session, row.person_id)
        person.roles = list(checked((*person.roles, row.role)))
    row.state, row.decided_by, row.decided_at = ("approved" if approve else "declined"), by, now
    session.flush()
    return _request(row)


def requests(session: Session, *, state: State | None = "open") -> tuple[RoleRequest, ...]:
    """The requests, the latest first."""
    query = select(RoleRequestRow).order_by(RoleRequestRow.asked_at.desc())
    return tuple(
        _request(row) for row in session.scalars(query if state is None else query.where(RoleRequestRow.state == state))
    )


def _person(session: Session, person_id: str) -> PersonRow:
    row = session.get(PersonRow, person_id)
    if row is None or row.disabled_at is not None:
        raise NotFound("This person is not here any more.", hint="vouch people list shows who is here.")
    if row.kind != "person":
        raise Invalid("A service account cannot hold this role.", hint="Name a person.")
    return row


def _request(row: RoleRequestRow) -> RoleRequest:
    return RoleRequest(
        row.id, row.person_id, row.role, row.why, row.asked_by, row.asked_at,
        row.state, row.decided_by, row.decided_at,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
