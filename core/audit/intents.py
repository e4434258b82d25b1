"""What was begun and has not ended: an intent opens a row, its outcome removes it, each in the transaction that writes
the event. What is left over after a process died is closed with the outcome ``unknown``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.orm import Session

from core.audit.events import JSON, Event, Kind
from core.audit.tables import IntentRow
from core.clock import Clock
from core.database import Database

AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class Family:
    """``ref`` are the details by which an outcome names its intent; ``carried`` are said again when nobody knows how it
    ended, ``known`` is said then as well."""

    outcome: Kind
    ref: tuple[str, ...]
    carried: tuple[str, ...] = ()
    known: tuple[tuple[str, JSON], ...] = ()


FAMILIES: Mapping[str, Family] = {
    "ask.intent": Family("ask.outcome", ("answer",), ("conversation",), (("status", "unknown"),)),
    "model.intent": Family("model.outcome", ("answer", "model"), ("version", "region")),
    "delivery.intent": Family(
        "delivery.outcome", ("delivery", "attempt"), ("destination", "answer"), (("result", "unknown"),)
    ),
}
_ENDS: Mapping[str, tuple[str, Family]] = {family.outcome: (kind, family) for kind, family in FAMILIES.items()}
_OPEN = insert(IntentRow.__table__)  # pyright: ignore[reportArgumentType]


def concerns(event: Event) -> bool:
    return event.kind in FAMILIES or event.kind in _ENDS


def follow(to: Session | Connection, event: Event) -> None:
    """Open or remove the row of an intent, where ``event`` is one or ends one."""
    if family := FAMILIES.get(event.kind):
        to.execute(
            _OPEN,
            {
                "id": event.id, "kind": event.kind, "ref": _ref(family, event), "subject": event.subject,
                "action": event.action, "trace_id": event.trace_id, "carried": _carried(family, event), "at": event.at,
            },
        )  # fmt: skip
    elif begun := _ENDS.get(event.kind):
        kind, family = begun
        # Of several that are alike, the oldest ends.
        oldest = (
            select(IntentRow.id)
            .where(IntentRow.kind == kind, IntentRow.ref == _ref(family, event))
            .order_by(IntentRow.at, IntentRow.id)
            .limit(1)
            .scalar_subquery()
        )
        to.execute(delete(IntentRow).where(IntentRow.id == oldest))


def close(
    database: Database, enlist: Callable[[Session, Event], str], clock: Clock, before: datetime | None = None
) -> int:
    """Log the outcome ``unknown`` of every intent that is open, or open since ``before``. Returns how many."""
    closed = 0
    while True:
        with database.writing() as session:
            query = select(IntentRow).order_by(IntentRow.at, IntentRow.id).limit(AT_A_TIME)
            rows = session.scalars(query if before is None else query.where(IntentRow.at < before)).all()
            for row in rows:
                enlist(session, _unknown(row, clock()))
        if not rows:
            return closed
        closed += len(rows)


def _unknown(row: IntentRow, at: datetime) -> Event:
    family = FAMILIES[row.kind]
    details: dict[str, JSON] = {**row.carried, **dict(family.known), "reason": "unknown"}
    return Event(family.outcome, row.subject, row.action, "unknown", at, trace_id=row.trace_id, details=details)


def _ref(family: Family, event: Event) -> str:
    """Hidden from nobody: ids of things here, which the event holds as well."""
    return orjson.dumps([event.details.get(name) for name in family.ref]).decode()


def _carried(family: Family, event: Event) -> dict[str, Any]:
    names = (*family.ref, *family.carried)
    return {name: cast(Any, event.details[name]) for name in names if name in event.details}
