"""The event: who did what to what, with which outcome, when. The vocabulary is closed and versioned.

A new optional field needs no new version; a field or kind that changes its meaning, or goes, raises ``SCHEMA``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast, get_args

import orjson
import rfc8785
from pydantic import ValidationError

from core.audit.details import asking, base, log, people, reviewing, systems
from core.errors import Invalid

SCHEMA = 2

JSON = str | int | float | bool | None | list["JSON"] | tuple["JSON", ...] | Mapping[str, "JSON"]
Kind = Literal[
    "sign_in",
    "sign_out",
    "search",
    "ask.intent",
    "ask.sentence",
    "ask.outcome",
    "model.intent",
    "model.outcome",
    "document.read",
    "evidence.read",
    "answer.read",
    "redaction.done",
    "redaction.restored",
    "operator.impersonation",
    "person.acted_for",
    "role.changed",
    "service.changed",
    "source.run",
    "source.configured",
    "destination.configured",
    "delivery.intent",
    "delivery.outcome",
    "people.changed",
    "policy.changed",
    "model.changed",
    "model.checked",
    "passage.flagged",
    "budget.changed",
    "document.suppressed",
    "sensitivity.changed",
    "access.changed",
    "installation.started",
    "audit.verified",
    "audit.exported",
    "audit.rotated",
    "audit.read",
    "audit.identified",
    "credential.changed",
    "group.changed",
    "webhook.configured",
    "webhook.delivered",
    "conversation.changed",
    "conversation.shared",
    "feedback.given",
    "evidence.kept",
    "evidence.reviewed",
    "hold.changed",
    "subject.exported",
    "subject.erased",
    "retention.run",
    "audit.searched",
    "answer.reviewed",
    "sample.drawn",
    "review.changed",
    "report.made",
    "sampling.changed",
]
Outcome = Literal["started", "done", "answered", "abstained", "refused", "denied", "failed", "unknown"]
NO_SUBJECT = ""
_EXACT, _SMALLEST = 2**53 - 1, 1e-4

DETAILS: Mapping[Kind, type[base.Details]] = {
    "sign_in": people.SignIn,
    "sign_out": people.SignOut,
    "search": asking.Search,
    "ask.intent": asking.AskIntent,
    "ask.sentence": asking.AskSentence,
    "ask.outcome": asking.AskOutcome,
    "model.intent": asking.ModelIntent,
    "model.outcome": asking.ModelOutcome,
    "document.read": asking.DocumentRead,
    "evidence.read": asking.EvidenceRead,
    "answer.read": asking.AnswerRead,
    "redaction.done": asking.RedactionDone,
    "redaction.restored": asking.RedactionRestored,
    "operator.impersonation": people.Impersonation,
    "person.acted_for": people.ActedFor,
    "role.changed": people.RoleChanged,
    "service.changed": people.ServiceChanged,
    "source.run": systems.SourceRun,
    "source.configured": systems.SourceConfigured,
    "destination.configured": systems.DestinationConfigured,
    "delivery.intent": systems.DeliveryIntent,
    "delivery.outcome": systems.DeliveryOutcome,
    "people.changed": people.PeopleChanged,
    "policy.changed": systems.PolicyChanged,
    "model.changed": systems.ModelChanged,
    "model.checked": systems.ModelChecked,
    "passage.flagged": asking.PassageFlagged,
    "budget.changed": systems.BudgetChanged,
    "document.suppressed": systems.DocumentSuppressed,
    "sensitivity.changed": systems.SensitivityChanged,
    "access.changed": systems.AccessChanged,
    "installation.started": systems.InstallationStarted,
    "audit.verified": log.AuditVerified,
    "audit.exported": log.AuditExported,
    "audit.rotated": log.AuditRotated,
    "audit.read": log.AuditRead,
    "audit.identified": log.SubjectIdentified,
    "credential.changed": people.CredentialChanged,
    "group.changed": people.GroupChanged,
    "webhook.configured": systems.WebhookConfigured,
    "webhook.delivered": systems.WebhookDelivered,
    "conversation.changed": asking.ConversationChanged,
    "conversation.shared": asking.ConversationShared,
    "feedback.given": asking.FeedbackGiven,
    "evidence.kept": asking.EvidenceKept,
    "evidence.reviewed": asking.EvidenceReviewed,
    "hold.changed": people.HoldChanged,
    "subject.exported": people.SubjectExported,
    "subject.erased": people.SubjectErased,
    "retention.run": people.RetentionRun,
    "audit.searched": reviewing.AuditSearched,
    "answer.reviewed": reviewing.AnswerReviewed,
    "sample.drawn": reviewing.SampleDrawn,
    "review.changed": reviewing.ReviewChanged,
    "report.made": reviewing.ReportMade,
    "sampling.changed": reviewing.SamplingChanged,
}
_OUTCOMES = frozenset(get_args(Outcome))
_SUBJECT = re.compile(r"([0-9a-f]{32})?\Z")
_WORD = re.compile(r"[a-z][a-z0-9_.-]{0,39}\Z")
_TRACE = re.compile(r"[0-9A-Za-z-]{0,64}\Z")
_SALT = re.compile(r"([0-9a-f]{32})?\Z")
_ID = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Event:
    """One event, checked when it is built: Invalid names the field that the schema does not allow, never its value.

    ``subject`` is a pseudonym (``AuditLog.subject``), or ``NO_SUBJECT`` where the installation itself acts.
    ``action`` is the verb or route (``search``, ``cli.ask``). ``salt`` belongs to the commitments in ``details``
    (``Commitments.salt``) and is required when there are any. ``id`` names the event for good.
    """

    kind: Kind
    subject: str
    action: str
    outcome: Outcome
    at: datetime
    trace_id: str = ""
    details: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    salt: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        if self.kind not in DETAILS:
            raise _refuse("kind")
        if self.outcome not in _OUTCOMES:
            raise _refuse("outcome")
        if self.at.tzinfo is None:
            raise _refuse("at")
        for name, pattern in (
            ("subject", _SUBJECT),
            ("action", _WORD),
            ("trace_id", _TRACE),
            ("salt", _SALT),
            ("id", _ID),
        ):
            if not pattern.match(getattr(self, name)):
                raise _refuse(name)
        object.__setattr__(self, "details", _checked(self.kind, self.details, salted=bool(self.salt)))


def body(event: Event) -> dict[str, JSON]:
    """What the record says of the event: everything but its place in the chain."""
    members: dict[str, JSON] = {
        "id": event.id,
        "at": instant(event.at),
        "kind": event.kind,
        "subject": event.subject,
        "action": event.action,
        "outcome": event.outcome,
        "trace_id": event.trace_id,
        "details": dict(event.details),
    }
    return {**members, "salt": event.salt} if event.salt else members


def canonical(value: Mapping[str, JSON]) -> bytes:
    """RFC 8785 canonical JSON."""
    try:
        return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)
    except _Unlike:
        return rfc8785.dumps(dict(value))


class _Unlike(Exception):
    """A value that orjson writes otherwise than RFC 8785 does."""


def _plain(value: JSON) -> JSON:
    """``value`` so that orjson, which is much faster, gives the bytes of RFC 8785. Raises _Unlike where it cannot."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict or (kind not in (int, float, list, tuple) and isinstance(value, Mapping)):
        members = cast(Mapping[str, JSON], value)
        # By bytes and by UTF-16, keys are in the same order where they are ASCII.
        if not "".join(members).isascii():
            raise _Unlike
        return {name: each if type(each) is str else _plain(each) for name, each in members.items()}
    if kind is list or kind is tuple:
        return [each if type(each) is str else _plain(each) for each in cast(list[JSON], value)]
    if kind is int and abs(cast(int, value)) <= _EXACT:
        return value
    if kind is float:
        number = cast(float, value)
        if number.is_integer() and abs(number) <= _EXACT:
            return int(number)
        # Between these, both write the shortest digits without an exponent.
        if _SMALLEST <= abs(number) <= _EXACT:
            return number
    raise _Unlike


def instant(at: datetime) -> str:
    """A moment in UTC with microseconds, RFC 3339."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _checked(kind: Kind, details: Mapping[str, JSON], *, salted: bool) -> dict[str, JSON]:
    tally = base.Tally()
    try:
        checked = DETAILS[kind].model_validate(details, context=tally)
    except ValidationError as error:
        path = error.errors(include_input=False, include_context=False, include_url=False)[0]["loc"]
        # An unknown key is a text from outside: it is shown only when it looks like a field's name.
        shown = ".".join(str(part) if isinstance(part, int) or _WORD.match(part) else "?" for part in path)
        raise _refuse(f"details.{shown} of {kind}") from None
    if tally.commitments and not salted:
        raise _refuse("salt")
    return checked.model_dump(mode="json", exclude_none=True)


def _refuse(name: str) -> Invalid:
    return Invalid(f"The audit schema does not allow this value of {name}.", hint="See core/audit/details.")
