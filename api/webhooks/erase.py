"""Webhooks of one person: given out to them, or ended."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.webhooks import repository
from api.webhooks.tables import WebhookRow


def export(session: Session, person_id: str) -> list[dict[str, Any]]:
    """Those that the person made, as JSON, without their secrets."""
    rows = session.scalars(select(WebhookRow).where(WebhookRow.made_by == person_id).order_by(WebhookRow.name))
    return [
        {"name": row.name, "url": row.url, "events": list(row.events), "made_at": row.made_at.isoformat()}
        for row in rows
    ]


def forget(session: Session, person_id: str) -> int:
    """End those of a connector owner; of what an administrator made for all, only who it was is dropped. Returns how
    many ended."""
    theirs = list(session.scalars(select(WebhookRow.id).where(WebhookRow.owner_id == person_id)))
    for each in theirs:
        repository.remove(session, each)
    session.execute(update(WebhookRow).where(WebhookRow.made_by == person_id).values(made_by=""))
    return len(theirs)
