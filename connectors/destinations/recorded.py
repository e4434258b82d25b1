"""Deliveries in the audit log: that one is about to be sent, and what came of it. Of a message only a commitment."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.orm import Session

from connectors.destinations.repository import Claim
from core.audit import AuditLog, Event
from core.audit.events import JSON, NO_SUBJECT, Kind, Outcome
from core.clock import Clock

Result = Literal["accepted", "postponed", "refused", "given_up", "fallback", "review"]
_OUTCOMES: dict[Result, Outcome] = {"accepted": "done", "refused": "refused"}


class DeliveryLog:
    """Writes with the caller's transaction."""

    def __init__(self, audit: AuditLog, clock: Clock) -> None:
        self._audit, self._clock = audit, clock

    def begins(self, session: Session, claimed: Claim, connector: str, body: bytes) -> None:
        """Without this nothing is sent."""
        commitments = self._audit.commitments()
        details: dict[str, JSON] = {"connector": connector, "body": commitments.of(body)}
        self._write(session, "delivery.intent", "started", {**_of(claimed), **details}, commitments.salt)

    def ended(
        self, session: Session, claimed: Claim, result: Result, *, reason: str = "", fallback: str | None = None,
        found: bool | None = None,
    ) -> None:  # fmt: skip
        """``reason``: the code of the error. ``found``: an earlier attempt had got through."""
        told: dict[str, JSON] = {"result": result, "reason": reason or None, "fallback": fallback, "found": found}
        self._write(session, "delivery.outcome", _OUTCOMES.get(result, "failed"), {**_of(claimed), **told})

    def unsent(self, session: Session, destination: str, key: str, reason: str) -> None:
        """A message that was not put in line."""
        told: dict[str, JSON] = {"destination": destination, "answer": key, "result": "refused", "reason": reason}
        self._write(session, "delivery.outcome", "refused", told)

    def _write(self, session: Session, kind: Kind, outcome: Outcome, details: dict[str, JSON], salt: str = "") -> None:
        event = Event(
            kind=kind, subject=NO_SUBJECT, action="deliver", outcome=outcome, at=self._clock(), salt=salt,
            details=details,
        )  # fmt: skip
        self._audit.enlist(session, event)


def _of(claimed: Claim) -> dict[str, JSON]:
    return {
        "delivery": claimed.id,
        "destination": claimed.destination,
        "answer": claimed.key,
        "attempt": claimed.attempt,
    }
