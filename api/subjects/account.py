"""Who somebody is here, as it is kept: their profile, how they come in, and what they were given, gave and set up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from answer import share_rows
from answer.tables import ShareRow
from api.identity import erase as identity
from api.webhooks import erase as webhooks
from connectors.tables import SourceOwnerRow, SourceRow
from core import access
from core.tables import ActingGrantRow, MembershipRow, PersonRow, RoleRequestRow

Rows = list[dict[str, Any]]


def kept(session: Session, person_id: str, pseudonym: str) -> dict[str, Rows]:
    """Rows to be given to the person, by the file that they stand in. What others wrote or did stays with them."""
    row = session.get_one(PersonRow, person_id)
    ways = identity.export(session, person_id)
    return {
        "asker/profile": [
            {
                "id": person_id, "email": row.email, "name": row.name, "title": row.title, "roles": list(row.roles),
                "pseudonym": pseudonym, "created_at": row.created_at, "disabled_at": row.disabled_at,
                "password_set_at": ways["password_set_at"],
            }
        ],
        "asker/groups": [
            {"group": each.grant, "from": each.valid_from, "until": each.valid_to}
            for each in session.scalars(select(MembershipRow).where(MembershipRow.person_id == person_id))
        ],
        "asker/sign_ins": ways["sign_ins"],
        "asker/identities": ways["accounts"],
        "asker/directory": [] if ways["directory"] is None else [ways["directory"]],
        "asker/roles": [
            {"role": each.role, "why": each.why, "asked_at": each.asked_at, "state": each.state}
            for each in session.scalars(select(RoleRequestRow).where(RoleRequestRow.person_id == person_id))
        ],
        "asker/acted_for": _acted_for(session, person_id),
        "asker/shares": _shares(session, person_id),
        "asker/sources": [
            {"source": name}
            for name in session.scalars(
                select(SourceRow.name)
                .join(SourceOwnerRow, SourceOwnerRow.source_id == SourceRow.id)
                .where(SourceOwnerRow.person_id == person_id)
                .order_by(SourceRow.name)
            )
        ],
        "asker/webhooks": webhooks.export(session, person_id),
    }  # fmt: skip


def _acted_for(session: Session, person_id: str) -> Rows:
    query = select(ActingGrantRow, PersonRow.name).join(PersonRow, PersonRow.id == ActingGrantRow.account_id)
    return [
        {"account": name, "why": row.why, "from": row.given_at, "until": row.ended_at or row.until}
        for row, name in session.execute(query.where(ActingGrantRow.person_id == person_id))
    ]


def _shares(session: Session, person_id: str) -> Rows:
    """Those they gave, and of those they were given only when: what is in them is somebody else's."""
    grant = access.person(person_id)
    query = select(ShareRow).where(or_(ShareRow.person_id == person_id, ShareRow.grant == grant))
    told: Rows = []
    for row in session.scalars(query.order_by(ShareRow.shared_at)):
        if row.person_id != person_id:
            told.append({"at": row.shared_at, "received": True})
            continue
        kind, name = share_rows.named(row.grant)
        reader = share_rows.address(session, name) if kind == "person" else name
        told.append({"at": row.shared_at, "conversation": row.conversation_id, "with": reader})
    return told
