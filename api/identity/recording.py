"""What the log says of who came, went, and with what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from api import tokens
from core.audit import AuditLog, Event
from core.audit.events import NO_SUBJECT
from core.clock import Clock
from core.people import Person

Credential = Literal["link", "password_link", "password", "key", "identity", "session"]
MOST_NAMED = 1000


@dataclass(frozen=True, slots=True)
class Recording:
    """Events of one request. ``by`` is the pseudonym of whoever asked for it; None where that is the person, empty
    where it is the installation itself or its operator."""

    audit: AuditLog
    clock: Clock
    trace_id: str = ""
    by: str | None = None

    def signed_in(self, person_id: str, method: str, token: str, roles: Iterable[str] = ()) -> Event:
        details = {"method": method, "session": tokens.name_of(token), "roles": tuple(roles)}
        return self._event("sign_in", self.audit.subject(person_id), "sign_in", "done", details)

    def not_signed_in(self, person_id: str | None, method: str, reason: str, *, denied: bool = False) -> Event:
        subject = NO_SUBJECT if person_id is None else self.audit.subject(person_id)
        outcome = "denied" if denied else "failed"
        return self._event("sign_in", subject, "sign_in", outcome, {"method": method, "reason": reason})

    def signed_out(
        self, person_id: str, method: str, *, session: str | None = None, reason: str | None = None
    ) -> Event:
        details: dict[str, Any] = {"method": method, "session": session, "reason": reason}
        return self._event("sign_out", self.audit.subject(person_id), "sign_out", "done", _given(details))

    def credential(
        self, person_id: str, change: str, credential: Credential, *, sessions: int | None = None,
        session: str | None = None, expires_at: datetime | None = None,
    ) -> Event:  # fmt: skip
        person = self.audit.subject(person_id)
        details: dict[str, Any] = {
            "person": person,
            "change": change,
            "credential": credential,
            "by": self.by or None,
            "sessions": sessions,
            "session": session,
            "expires_at": None if expires_at is None else expires_at.isoformat(),
        }
        subject = person if self.by is None else self.by
        return self._event("credential.changed", subject, f"{credential}.{change}", "done", _given(details))

    def person(self, person: Person, change: str, origin: str | None = None) -> Event:
        commitments = self.audit.commitments()
        details: dict[str, Any] = {
            "person": self.audit.subject(person.id),
            "change": change,
            "roles": tuple(person.roles),
            "groups": commitments.of("\n".join(person.groups)),
            "groups_count": len(person.groups),
            "origin": origin,
        }
        subject = self.by or NO_SUBJECT
        return self._event("people.changed", subject, f"people.{change}", "done", _given(details), commitments.salt)

    def group(
        self, group_id: str, name: str, change: str, origin: str, people: int, joined: Iterable[str] = (),
        left: Iterable[str] = (),
    ) -> Event:  # fmt: skip
        commitments = self.audit.commitments()
        came, went = sorted(map(self.audit.subject, joined)), sorted(map(self.audit.subject, left))
        unnamed = max(0, len(came) - MOST_NAMED) + max(0, len(went) - MOST_NAMED)
        details: dict[str, Any] = {
            "group": group_id,
            "change": change,
            "origin": origin,
            "name": commitments.of(name),
            "people": people,
            "joined": came[:MOST_NAMED],
            "left": went[:MOST_NAMED],
            "unnamed": unnamed or None,
        }
        return self._event("group.changed", NO_SUBJECT, f"group.{change}", "done", _given(details), commitments.salt)

    def _event(
        self, kind: Any, subject: str, action: str, outcome: Any, details: dict[str, Any], salt: str = ""
    ) -> Event:
        return Event(
            kind=kind, subject=subject, action=action, outcome=outcome, at=self.clock(), trace_id=self.trace_id,
            details=details, salt=salt,
        )  # fmt: skip


def _given(details: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if value is not None}
