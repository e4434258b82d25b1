"""A filled form on its way to a destination: written for its audience, put in line with the answer's own record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from answer.answers import Answer
from connectors.destinations import repository
from connectors.destinations.outbox import Outbox
from core import access, people
from core.access import Principal
from core.errors import Forbidden, VouchError

SENDERS = frozenset({"connector_owner", "admin", "operator"})
"""Roles that may send to any destination."""


@dataclass(frozen=True, slots=True)
class ToDestination:
    """``reader``: the asker together with the groups that the message is written for."""

    outbox: Outbox
    destination: str
    written_for: tuple[str, ...]
    reader: Principal

    def send(self, session: Session, answer: Answer) -> dict[str, Any]:
        """The value as ``reader`` may read it. Nothing is sent of a form that was refused."""
        structured = answer.structured
        told: dict[str, Any] = {"destination": self.destination}
        if structured is None or structured.outcome == "refused":
            self.outbox.unsent(session, self.destination, answer.id, "no_form")
            return told | {"problem": "Nothing was sent: no valid form came of the question."}
        if any(leaf.state == "withheld" for leaf in structured.leaves):
            # Access, or the audience, has changed since the evidence was read.
            self.outbox.unsent(session, self.destination, answer.id, "withheld")
            return told | {"problem": f"Nothing was sent: not all of it may be read by who reads {self.destination}."}
        try:
            told["delivery"] = self.outbox.enqueue(
                session, self.destination, answer.id, structured.value, written_for=self.written_for
            )
        except VouchError as error:
            # The answer stands, and says why it was not sent.
            self.outbox.unsent(session, self.destination, answer.id, error.code)
            told["problem"] = f"{error.message} {error.hint}".strip()
        return told


def towards(session: Session, outbox: Outbox, destination: str, asker: Principal) -> ToDestination:
    """Raises ``NotFound`` where there is no such destination, ``Forbidden`` where the asker may not send there."""
    record = repository.by_name(session, destination)
    reads_there = any(access.group(name) in asker.grants for name in record.audience)
    if not reads_there and asker.roles.isdisjoint(SENDERS):
        raise Forbidden(
            f"Only those who read {record.name} may send there.",
            hint="Ask somebody of its audience, or an administrator.",
        )
    return ToDestination(outbox, record.name, record.audience, people.together(session, asker, record.audience))
