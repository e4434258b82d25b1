"""What can be subscribed to, and putting it in line: with the transaction of what happened, where there is one.

A payload has ids, states and moments. Whoever wants to know more asks with a key, and may then see what that key may.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from answer.answers import Answer
from answer.batching.rows import Batch
from api.webhooks import repository
from api.webhooks.repository import Webhook
from connectors import owners
from connectors.freshness.breaches import FreshnessEvent
from connectors.repository import SourceRecord
from core.clock import Clock
from core.tables import PersonRow

OF_SOURCES = ("source.breach", "source.unknown", "source.recovered", "source.run")
"""Those that a connector owner may subscribe to, for sources of theirs."""
EVENTS = ("answer.finished", "batch.done", *OF_SOURCES)
TEST = "webhook.test"


class Telling:
    """Puts events in line for those who subscribed to them, and may still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def answered(self, session: Session, answer: Answer) -> None:
        data = {
            "answer_id": answer.id, "conversation_id": answer.conversation_id, "status": answer.status,
            "model": answer.model, "tier": answer.tier,
        }  # fmt: skip
        self._tell(session, "answer.finished", answer.id, data, answer.created_at)

    def batch_done(self, session: Session, batch: Batch) -> None:
        data = {"batch_id": batch.id, "model": batch.entry.name}
        self._tell(session, "batch.done", batch.id, data, self._clock())

    def fresh(self, session: Session, event: FreshnessEvent) -> None:
        data = {
            "source": event.source, "bound": event.kind, "since": event.since.isoformat(),
            "bound_seconds": None if event.bound is None else event.bound.total_seconds(),
            "confirmed_at": None if event.confirmed_at is None else event.confirmed_at.isoformat(),
        }  # fmt: skip
        key = f"{event.source_id}:{event.kind}:{event.at.isoformat()}"
        self._tell(session, f"source.{event.turn}", key, data, event.at, event.source_id)

    def ran(self, session: Session, record: SourceRecord, task: str, state: str, counts: dict[str, int]) -> None:
        now = self._clock()
        data = {"source": record.name, "task": task, "state": state, "counts": counts}
        self._tell(session, "source.run", f"{record.id}:{task}:{now.isoformat()}", data, now, record.id)

    def test(self, session: Session, webhook: Webhook, key: str) -> str:
        """The id of a delivery that tells nothing, and does not wait for its turn."""
        now = self._clock()
        payload = _payload(TEST, {"webhook": webhook.name}, now)
        repository.enqueue(session, [webhook.id], TEST, key, payload, now, "sent")
        return repository.delivery_id(webhook.id, key)

    def _tell(
        self, session: Session, event: str, key: str, data: dict[str, Any], at: datetime, source_id: str | None = None
    ) -> None:
        wanted = [each.id for each in repository.everything(session) if _wants(session, each, event, source_id)]
        if wanted:
            repository.enqueue(session, wanted, event, f"{event}:{key}", _payload(event, data, at), self._clock())


def may_have(session: Session, webhook: Webhook, event: str, source_id: str | None) -> bool:
    """Whether its owner may be told this now: a connector owner of sources that they look after, and nothing else."""
    if webhook.owner_id is None:
        return True
    # Imported here: what the HTTP side is made of is behind it, which a worker does not need.
    from api.permissions import allows

    person = session.get(PersonRow, webhook.owner_id)
    if person is None or person.disabled_at is not None or not allows("webhook.manage", person.roles):
        return False
    return event in OF_SOURCES and source_id in owners.owned_by(session, webhook.owner_id)


def _wants(session: Session, webhook: Webhook, event: str, source_id: str | None) -> bool:
    if event not in webhook.events:
        return False
    if webhook.sources is not None and source_id not in webhook.sources:
        return False
    return may_have(session, webhook, event, source_id)


def _payload(event: str, data: dict[str, Any], at: datetime) -> dict[str, Any]:
    """In the form that the specification of Standard Webhooks recommends."""
    return {"type": event, "timestamp": at.isoformat(), "data": data}
