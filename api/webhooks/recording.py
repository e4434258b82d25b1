"""What the log says of webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy.orm import Session

from api.webhooks.repository import Delivery, Webhook
from core.audit import AuditLog, Event
from core.audit.events import NO_SUBJECT
from core.clock import Clock

if TYPE_CHECKING:
    from api.configuring import By

Change = Literal["created", "removed", "rotated", "tested", "replayed"]


class Recording:
    def __init__(self, audit: AuditLog, clock: Clock) -> None:
        self._audit, self._clock = audit, clock

    def changed(
        self, session: Session, webhook: Webhook, change: Change, by: By, deliveries: int | None = None
    ) -> None:
        commitments = self._audit.commitments()
        event = Event(
            kind="webhook.configured",
            subject=by.subject,
            action=f"webhook.{change}",
            outcome="done",
            at=self._clock(),
            trace_id=by.trace_id,
            salt=commitments.salt,
            details={
                "webhook": webhook.id,
                "change": change,
                "url": commitments.of(webhook.url),
                "events": list(webhook.events),
                "sources": None if webhook.sources is None else len(webhook.sources),
                "deliveries": deliveries,
            },
        )
        self._audit.enlist(session, event)

    def delivered(
        self, session: Session, webhook: Webhook, delivery: Delivery, result: Literal["sent", "dead"]
    ) -> None:
        event = Event(
            kind="webhook.delivered",
            subject=NO_SUBJECT,
            action="webhook.deliver",
            outcome="done" if result == "sent" else "failed",
            at=self._clock(),
            details={
                "webhook": webhook.id, "delivery": delivery.id, "event": delivery.event, "attempt": delivery.attempts,
                "result": result,
            },
        )  # fmt: skip
        self._audit.enlist(session, event)
