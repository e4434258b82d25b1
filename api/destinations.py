"""Declaring, trying and replaying destinations, recorded."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy.orm import Session

from connectors.destinations import repository
from connectors.destinations.base import Delivery, Destination, Means, Receipt, Step
from connectors.destinations.catalogue import open_destination
from connectors.destinations.contract import example, fit
from connectors.destinations.declare import Change, Declared, declare, withdraw
from connectors.destinations.outbox import Outbox
from connectors.destinations.recorded import DeliveryLog
from connectors.destinations.repository import DestinationRecord
from core.audit import AuditLog, Event
from core.audit.events import JSON, NO_SUBJECT
from core.database import Database
from core.errors import Invalid

OPERATOR = "operator"


class Destinations:
    """Everything that is done with destinations. ``outbox`` is for those who have something to send, and for the
    worker that sends what is due."""

    def __init__(self, database: Database, audit: AuditLog, means: Means, random: Random) -> None:
        self._database = database
        self._audit = audit
        self._means = means
        recorded = DeliveryLog(audit, means.clock)
        self.outbox = Outbox(database, self._open, means.clock, random, recorded=recorded)

    def configure(
        self, wanted: Declared, trace_id: str = "", *, by: str = OPERATOR, subject: str = NO_SUBJECT
    ) -> tuple[DestinationRecord, Change]:
        """Create the destination, or change what is said of it anew. ``by`` is kept with it, ``subject`` in the log."""
        with self._database.writing() as session:
            record, change = declare(session, wanted, by=by, now=self._means.clock())
            if change != "unchanged":
                self._record(session, record, change, trace_id, subject, **self._settings(record))
        return record, change

    def remove(self, name: str, trace_id: str = "", subject: str = NO_SUBJECT) -> None:
        """Forget a destination. What waits for it becomes dead."""
        with self._database.writing() as session:
            self._record(session, withdraw(session, name), "removed", trace_id, subject)

    def check(self, name: str) -> Iterator[Step]:
        """Try it step by step, writing nothing."""
        return self._open(self._named(name)).check()

    def test(self, name: str, message: dict[str, Any] | None, trace_id: str = "", subject: str = NO_SUBJECT) -> Receipt:
        """Deliver one message now: ``message``, or the first of the contract's examples."""
        record = self._named(name)
        sent = message if message is not None else example(record.contract)
        if sent is None:
            raise Invalid("There is nothing to send.", hint="Put examples into the contract, or give --message FILE.")
        fit(record.contract, sent)
        receipt = self._open(record).deliver(Delivery(str(uuid4()), orjson.dumps(sent)))
        with self._database.writing() as session:
            self._record(session, record, "tested", trace_id, subject)
        return receipt

    def replay(self, delivery_id: str, trace_id: str = "", subject: str = NO_SUBJECT) -> None:
        with self._database.writing() as session:
            self.outbox.replay(session, delivery_id)
            destination = repository.delivery(session, delivery_id).destination
            record = repository.by_name(session, destination)
            self._record(session, record, "replayed", trace_id, subject, deliveries=1)

    def replay_all(self, name: str, trace_id: str = "", subject: str = NO_SUBJECT) -> int:
        """Put everything in line again that could not be delivered there; returns how many."""
        with self._database.writing() as session:
            count = self.outbox.replay_all(session, name)
            self._record(session, repository.by_name(session, name), "replayed", trace_id, subject, deliveries=count)
        return count

    def _named(self, name: str) -> DestinationRecord:
        with self._database.reading() as session:
            return repository.by_name(session, name)

    def _open(self, record: DestinationRecord) -> Destination:
        return open_destination(record.kind, record.config, self._means)

    def _settings(self, record: DestinationRecord) -> dict[str, JSON]:
        commitments = self._audit.commitments()
        said = orjson.dumps([record.kind, record.config, record.contract], option=orjson.OPT_SORT_KEYS)
        return {
            "salt": commitments.salt,
            "settings": commitments.of(said),
            "audience": commitments.of("\n".join(record.audience)),
            "audience_count": len(record.audience),
            "fallback": record.fallback,
        }

    def _record(
        self, session: Session, record: DestinationRecord, change: str, trace_id: str, subject: str, *,
        salt: JSON = "", **details: JSON,
    ) -> None:  # fmt: skip
        event = Event(
            kind="destination.configured",
            subject=subject,
            action=f"destination.{change}",
            outcome="done",
            at=self._means.clock(),
            trace_id=trace_id,
            salt=str(salt),
            details={"destination": record.id, "change": change, "connector": record.kind, **details},
        )
        self._audit.enlist(session, event)
