"""Queries on destinations and on the deliveries to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import delete, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from connectors.tables import DeliveryRow, DestinationRow
from core.database import insert_missing
from core.errors import NotFound
from core.ids import stable_id

State = Literal["waiting", "sent", "dead", "review"]
REVIEW = "review"
"""In the place of a fallback's name: people look at what could not be delivered."""
LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class DestinationRecord:
    """A destination as configured now. ``fallback`` is a destination's name, ``review``, or None."""

    id: str
    name: str
    kind: str
    config: dict[str, Any]
    contract: dict[str, Any]
    audience: tuple[str, ...]
    fallback: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as it stands, without its message. ``key`` is the caller's."""

    id: str
    destination: str
    key: str
    state: State
    attempts: int
    error: str | None
    receipt: dict[str, Any] | None
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one worker is about to send. ``attempt`` tells its claim from a later one."""

    id: str
    destination: str
    key: str
    attempt: int
    written_for: tuple[str, ...]
    message: dict[str, Any] = field(repr=False)


# Destinations


def find(session: Session, name: str) -> DestinationRecord | None:
    row = session.scalar(select(DestinationRow).where(DestinationRow.name == name))
    return None if row is None else _destination(row)


def by_name(session: Session, name: str) -> DestinationRecord:
    record = find(session, name)
    if record is None:
        raise NotFound(f"There is no destination named {name!r}.", hint="See vouch destinations list.")
    return record


def everything(session: Session) -> tuple[DestinationRecord, ...]:
    return tuple(_destination(row) for row in session.scalars(select(DestinationRow).order_by(DestinationRow.name)))


def put(session: Session, record: DestinationRecord, by: str) -> None:
    """Create the destination, or give it this configuration."""
    row = session.get(DestinationRow, record.id) or DestinationRow(id=record.id, name=record.name)
    row.kind, row.config, row.contract = record.kind, record.config, record.contract
    row.audience, row.fallback = list(record.audience), record.fallback
    row.changed_by, row.changed_at = by, record.changed_at
    session.add(row)
    session.flush()


def remove(session: Session, name: str) -> None:
    session.execute(delete(DestinationRow).where(DestinationRow.name == name))


# Deliveries


def add(
    session: Session, destination: str, key: str, message: dict[str, Any], written_for: Sequence[str], now: datetime
) -> str:
    """Put a message in line, unless it is there already; returns its id."""
    delivery_id = stable_id("delivery", destination, key)
    row = {
        "id": delivery_id, "destination": destination, "key": f"{destination}/{key}", "state": "waiting",
        "payload": orjson.dumps({"audience": list(written_for), "message": message}), "attempts": 0,
        "created_at": now, "next_at": now,
    }  # fmt: skip
    insert_missing(session, DeliveryRow, [row])
    return delivery_id


def claim(session: Session, now: datetime, until: datetime) -> Claim | None:
    """Take the delivery that has been due longest, until ``until``."""
    due = select(DeliveryRow).where(DeliveryRow.state == "waiting", DeliveryRow.next_at <= now)
    oldest = due.order_by(DeliveryRow.next_at, DeliveryRow.id).limit(1).with_for_update(skip_locked=True)
    row = session.scalar(oldest)
    if row is None:
        return None
    row.attempts, row.next_at = row.attempts + 1, until
    session.flush()
    envelope = orjson.loads(row.payload)
    written_for = tuple(envelope["audience"])
    return Claim(row.id, row.destination, _key(row), row.attempts, written_for, envelope["message"])


def settle(session: Session, claimed: Claim, **values: Any) -> bool:
    """Write down what became of a claim. False when it is somebody else's by now."""
    written = session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.id == claimed.id, DeliveryRow.attempts == claimed.attempt, DeliveryRow.state == "waiting"
        )
        .values(**values)
    )  # fmt: skip
    return bool(written.rowcount)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]


def postpone(session: Session, destination: str, now: datetime, until: datetime) -> None:
    """Nothing else that is due goes to a destination before ``until``. Costs those deliveries no attempt."""
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.destination == destination, DeliveryRow.state == "waiting", DeliveryRow.next_at <= now)
        .values(next_at=until)
    )


def revive(session: Session, now: datetime, *chosen: Any) -> int:
    """Put dead and reviewed deliveries in line again, with all attempts before them."""
    revived = session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.state.in_(("dead", "review")), *chosen)
        .values(state="waiting", attempts=0, next_at=now)
    )
    return int(revived.rowcount)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]


def delivery(session: Session, delivery_id: str) -> DeliveryRecord:
    row = session.get(DeliveryRow, delivery_id)
    if row is None:
        raise NotFound("There is no such delivery.", hint="See vouch destinations deliveries.")
    return _delivery(row)


def deliveries(
    session: Session, destination: str | None = None, state: str | None = None, limit: int = 100,
    after: tuple[datetime, str] | None = None,
) -> tuple[DeliveryRecord, ...]:  # fmt: skip
    """The newest first; those behind the one of this time and id."""
    query = select(DeliveryRow).order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(DeliveryRow.created_at, DeliveryRow.id) < after)
    if destination is not None:
        query = query.where(DeliveryRow.destination == destination)
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    return tuple(_delivery(row) for row in session.scalars(query))


def counts(session: Session) -> dict[str, dict[str, int]]:
    """Destination -> state -> deliveries."""
    found: dict[str, dict[str, int]] = {}
    query = select(DeliveryRow.destination, DeliveryRow.state, func.count())
    for name, state, count in session.execute(query.group_by(DeliveryRow.destination, DeliveryRow.state)):
        found.setdefault(name, {})[state] = count
    return found


def retain(session: Session, before: datetime) -> int:
    """Delete what was sent, or became final, before then: messages are kept no longer than they are needed."""
    gone = session.execute(
        delete(DeliveryRow).where(
            or_(
                DeliveryRow.sent_at < before,
                (DeliveryRow.state == "dead") & (DeliveryRow.created_at < before),
            )
        )
    )
    return int(gone.rowcount)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]


def _destination(row: DestinationRow) -> DestinationRecord:
    return DestinationRecord(
        row.id, row.name, row.kind, dict(row.config), dict(row.contract), tuple(row.audience), row.fallback,
        row.changed_at,
    )  # fmt: skip


def _delivery(row: DeliveryRow) -> DeliveryRecord:
    receipt = None if row.receipt is None else orjson.loads(row.receipt)
    return DeliveryRecord(
        row.id, row.destination, _key(row), row.state, row.attempts, row.error, receipt, row.created_at,  # pyright: ignore[reportArgumentType]
        row.next_at, row.sent_at,
    )  # fmt: skip


def _key(row: DeliveryRow) -> str:
    return row.key.removeprefix(f"{row.destination}/")
