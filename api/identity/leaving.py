"""Shutting somebody out, at the next request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from api import tokens
from api.identity import belonging, passwords
from api.identity.settings import Belonging
from core import people
from core.tables import PersonRow

NOTHING = Belonging(frozenset(), frozenset())


def shut_out(session: Session, person_id: str, now: datetime) -> None:
    """Sessions, links, keys and the password end, and groups and roles, but for what sources say. None of it comes back
    by itself when the person does: only what a directory gives is given again."""
    people.disable_account(session, person_id, now)
    tokens.end_all(session, person_id, now)
    passwords.remove(session, person_id)
    for origin in (belonging.SCIM, belonging.OIDC):
        belonging.belong(session, person_id, NOTHING, origin, now)
    session.get_one(PersonRow, person_id).roles = []
    session.flush()
