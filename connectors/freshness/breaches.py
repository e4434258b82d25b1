"""When a source leaves one of its bounds, when nobody can tell any more, and when it is well again: kept, and told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from connectors.freshness import repository
from connectors.freshness.repository import OpenBreach
from connectors.freshness.status import Standing, standings_of
from connectors.plan import Bound, Plan, duration_text
from connectors.repository import SourceRecord

Turn = Literal["breach", "unknown", "recovered"]


@dataclass(frozen=True, slots=True)
class FreshnessEvent:
    """A turn in the freshness of a source, for log, metric and webhook. ``since`` is when the bound was overstepped."""

    source_id: str
    source: str
    kind: Bound
    turn: Turn
    at: datetime
    since: datetime
    bound: timedelta | None
    confirmed_at: datetime | None

    @property
    def message(self) -> str:
        """In the words of a connector owner."""
        bound = "no bound" if self.bound is None else f"its bound of {duration_text(self.bound)}"
        confirmed = (
            "it was never read through" if self.confirmed_at is None else f"last confirmed {_text(self.confirmed_at)}"
        )
        match self.turn:
            case "recovered":
                return f"{self.source}: {self.kind} is within {bound} again; it was outside since {_text(self.since)}."
            case "breach":
                return f"{self.source}: {self.kind} is outside {bound} since {_text(self.since)}; {confirmed}."
            case "unknown":
                return (
                    f"{self.source}: nobody can tell whether {self.kind} is within {bound}, since {_text(self.since)}; "
                    f"{confirmed}. See its last runs for what failed."
                )

    @property
    def payload(self) -> dict[str, Any]:
        """As JSON for a webhook: names, moments and durations, nothing of what the source holds."""
        return {
            "event": f"freshness.{self.turn}",
            "source": self.source,
            "kind": self.kind,
            "at": _text(self.at),
            "since": _text(self.since),
            "bound_seconds": None if self.bound is None else self.bound.total_seconds(),
            "confirmed_at": None if self.confirmed_at is None else _text(self.confirmed_at),
            "message": self.message,
        }


def review(session: Session, records: Iterable[tuple[SourceRecord, Plan]], now: datetime) -> tuple[FreshnessEvent, ...]:
    """Compare each source with its bounds, keep what turned, and return it. One caller at a time (a lease)."""
    events: list[FreshnessEvent] = []
    watched = list(records)
    standings = standings_of(session, watched, now)
    known = repository.open_breaches(session, [record.id for record, _ in watched])
    for record, _ in watched:
        for standing in standings[record.id]:
            event = _turn(session, record, standing, known.get((record.id, standing.kind)), now)
            if event is not None:
                events.append(event)
    return tuple(events)


def close(session: Session, source_id: str, now: datetime) -> None:
    """End what is open of a source that is removed."""
    for breach in repository.open_breaches(session, [source_id]).values():
        repository.end(session, breach.id, now)


def _turn(
    session: Session, record: SourceRecord, standing: Standing, known: OpenBreach | None, now: datetime
) -> FreshnessEvent | None:
    # A new source is unknown as well, but has time: nobody is told until its bound has passed.
    state = None if standing.overdue_since is None or standing.state == "ok" else standing.state
    if state == (None if known is None else known.state):
        return None
    if known is not None:
        repository.end(session, known.id, now)
    if state is None:
        assert known is not None
        return _event(record, standing, "recovered", now, known.since)
    assert standing.overdue_since is not None
    # One follows the other without a gap, so that their times can be added up.
    began = now if known is not None else standing.overdue_since
    repository.begin(session, record.id, standing.kind, state, began)
    return _event(record, standing, state, now, standing.overdue_since)


def _event(record: SourceRecord, standing: Standing, turn: Turn, now: datetime, since: datetime) -> FreshnessEvent:
    return FreshnessEvent(
        record.id, record.name, standing.kind, turn, now, since, standing.bound, standing.confirmed_at
    )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
