"""Queries on webhooks and deliveries to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import delete, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from api.webhooks.tables import WebhookDeliveryRow, WebhookRow
from core.database import insert_missing
from core.errors import NotFound
from core.ids import stable_id

State = Literal["waiting", "sent", "dead"]
LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Webhook:
    """``sources``: ids; None for all that its owner looks after, or all where it has no owner."""

    id: str
    name: str
    url: str = field(repr=False)
    events: tuple[str, ...]
    sources: tuple[str, ...] | None
    owner_id: str | None
    made_at: datetime
    secrets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    webhook_id: str
    event: str
    state: State
    attempts: int
    error: str | None
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    payload: dict[str, Any] = field(repr=False)


def everything(session: Session) -> list[Webhook]:
    return [_webhook(row) for row in session.scalars(select(WebhookRow).order_by(WebhookRow.name))]


def find(session: Session, name: str) -> Webhook | None:
    row = session.scalar(select(WebhookRow).where(WebhookRow.name == name))
    return None if row is None else _webhook(row)


def by_id(session: Session, webhook_id: str) -> Webhook | None:
    row = session.get(WebhookRow, webhook_id)
    return None if row is None else _webhook(row)


def add(session: Session, webhook: Webhook, made_by: str) -> None:
    session.add(
        WebhookRow(
            id=webhook.id, name=webhook.name, url=webhook.url, events=list(webhook.events),
            sources=None if webhook.sources is None else list(webhook.sources), owner_id=webhook.owner_id,
            secrets=webhook.secrets, made_by=made_by, made_at=webhook.made_at,
        )
    )  # fmt: skip
    session.flush()


def set_secrets(session: Session, webhook_id: str, sealed: bytes) -> None:
    session.execute(update(WebhookRow).where(WebhookRow.id == webhook_id).values(secrets=sealed))


def remove(session: Session, webhook_id: str) -> None:
    """With everything that was, or is, on its way to it."""
    session.execute(delete(WebhookDeliveryRow).where(WebhookDeliveryRow.webhook_id == webhook_id))
    session.execute(delete(WebhookRow).where(WebhookRow.id == webhook_id))


# Deliveries


def delivery_id(webhook_id: str, key: str) -> str:
    return stable_id("webhook-delivery", webhook_id, key)


def enqueue(
    session: Session, webhook_ids: Iterable[str], event: str, key: str, payload: dict[str, Any], now: datetime,
    state: State = "waiting",
) -> None:  # fmt: skip
    """Put an event in line for each of them, unless it is there already."""
    rows = [
        {
            "id": delivery_id(each, key), "webhook_id": each, "key": f"{each}/{key}"[:200], "event": event,
            "payload": payload, "state": state, "attempts": 0, "created_at": now,
            "next_at": now if state == "waiting" else None,
        }
        for each in webhook_ids
    ]  # fmt: skip
    if rows:
        insert_missing(session, WebhookDeliveryRow, rows)


def claim(session: Session, now: datetime, until: datetime) -> Delivery | None:
    """Take what has been due longest, until ``until``. The attempt counts from here on."""
    due = select(WebhookDeliveryRow).where(WebhookDeliveryRow.state == "waiting", WebhookDeliveryRow.next_at <= now)
    oldest = due.order_by(WebhookDeliveryRow.next_at, WebhookDeliveryRow.id).limit(1).with_for_update(skip_locked=True)
    row = session.scalar(oldest)
    if row is None:
        return None
    row.attempts, row.next_at = row.attempts + 1, until
    session.flush()
    return _delivery(row)


def settle(session: Session, claimed: Delivery, **values: Any) -> bool:
    """Write down what became of a claim. False when it is somebody else's by now."""
    written = session.execute(
        update(WebhookDeliveryRow)
        .where(
            WebhookDeliveryRow.id == claimed.id, WebhookDeliveryRow.attempts == claimed.attempts,
            WebhookDeliveryRow.state == "waiting",
        )
        .values(**values)
    )  # fmt: skip
    return _count(written) > 0


def postpone(session: Session, webhook_id: str, now: datetime, until: datetime) -> None:
    """Nothing else that is due goes there before ``until``. Costs those deliveries no attempt."""
    session.execute(
        update(WebhookDeliveryRow)
        .where(
            WebhookDeliveryRow.webhook_id == webhook_id, WebhookDeliveryRow.state == "waiting",
            WebhookDeliveryRow.next_at <= now,
        )
        .values(next_at=until)
    )  # fmt: skip


def finish_test(session: Session, tested: str, error: str, now: datetime) -> None:
    """What came of one that was sent at once."""
    ended = {"state": "dead", "error": error[:LONGEST_TEXT]} if error else {"state": "sent", "sent_at": now}
    session.execute(update(WebhookDeliveryRow).where(WebhookDeliveryRow.id == tested).values(attempts=1, **ended))


def revive(session: Session, webhook_id: str, only: str | None, now: datetime) -> int:
    """Put dead deliveries in line again, one or all; returns how many."""
    query = update(WebhookDeliveryRow).where(
        WebhookDeliveryRow.webhook_id == webhook_id, WebhookDeliveryRow.state == "dead"
    )
    if only is not None:
        query = query.where(WebhookDeliveryRow.id == only)
    return _count(session.execute(query.values(state="waiting", attempts=0, next_at=now)))


def delivery(session: Session, wanted: str) -> Delivery:
    row = session.get(WebhookDeliveryRow, wanted)
    if row is None:
        raise NotFound("There is no such delivery.", hint="See vouch webhooks deliveries.")
    return _delivery(row)


def deliveries(
    session: Session, webhook_ids: Iterable[str], state: str | None, limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[Delivery]:  # fmt: skip
    """The newest first; those behind the one of this time and id."""
    query = (
        select(WebhookDeliveryRow)
        .where(WebhookDeliveryRow.webhook_id.in_(list(webhook_ids)))
        .order_by(WebhookDeliveryRow.created_at.desc(), WebhookDeliveryRow.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(WebhookDeliveryRow.created_at, WebhookDeliveryRow.id) < after)
    if state is not None:
        query = query.where(WebhookDeliveryRow.state == state)
    return [_delivery(row) for row in session.scalars(query)]


def counts(session: Session) -> dict[str, dict[str, int]]:
    """Webhook -> state -> deliveries."""
    found: dict[str, dict[str, int]] = {}
    query = select(WebhookDeliveryRow.webhook_id, WebhookDeliveryRow.state, func.count())
    for webhook_id, state, count in session.execute(
        query.group_by(WebhookDeliveryRow.webhook_id, WebhookDeliveryRow.state)
    ):
        found.setdefault(webhook_id, {})[state] = count
    return found


def retain(session: Session, before: datetime) -> int:
    """Delete what became final before then."""
    gone = session.execute(
        delete(WebhookDeliveryRow).where(
            or_(
                WebhookDeliveryRow.sent_at < before,
                (WebhookDeliveryRow.state == "dead") & (WebhookDeliveryRow.created_at < before),
            )
        )
    )
    return _count(gone)


def _count(result: Any) -> int:
    return int(result.rowcount)


def _webhook(row: WebhookRow) -> Webhook:
    return Webhook(
        row.id, row.name, row.url, tuple(row.events), None if row.sources is None else tuple(row.sources),
        row.owner_id, row.made_at, row.secrets,
    )  # fmt: skip


def _delivery(row: WebhookDeliveryRow) -> Delivery:
    return Delivery(
        row.id, row.webhook_id, row.event, cast("State", row.state), row.attempts, row.error, row.created_at,
        row.next_at, row.sent_at, dict(row.payload),
    )  # fmt: skip
