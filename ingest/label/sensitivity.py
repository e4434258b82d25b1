"""Saying how sensitive a document is, by people: who may, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import AuditLog, Event
from core.audit.events import NO_SUBJECT
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.policy import SENSITIVITIES, Sensitivity
from ingest.label.levels import DocumentLevels, as_sensitivity, levels_of
from ingest.label.repository import highest_of_version, is_labelled
from ingest.label.tables import DocumentSensitivityRow
from ingest.repository import HELD, documents, enqueue
from ingest.tables import DocumentRow

LONGEST_REASON = 500
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Changer:
    """Who says so: a person with roles, or the operator of this machine, who counts as an administrator. ``subject`` is
    their pseudonym in the log."""

    who: str = OPERATOR
    subject: str = NO_SUBJECT
    roles: frozenset[str] = field(default_factory=frozenset[str])
    trace_id: str = ""

    @property
    def may_lower(self) -> bool:
        return self.who == OPERATOR or "admin" in self.roles

    @property
    def may_raise(self) -> bool:
        return self.may_lower or "connector_owner" in self.roles


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of it: how sensitive the most sensitive chunk was and is."""

    document_id: str
    title: str = field(repr=False)
    before: Sensitivity
    after: Sensitivity
    lowered: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a document's history."""

    before: Sensitivity
    level: Sensitivity
    why: str = field(repr=False)
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentSensitivity:
    """How sensitive a document is, and what makes it so."""

    level: Sensitivity
    """That of its most sensitive chunk, as far as it has been looked into."""
    levels: DocumentLevels


def document_sensitivity(session: Session, document_id: str, detector: str) -> DocumentSensitivity:
    """``detector`` is the identity of the one whose labels count. Raises ``NotFound``."""
    row = _held(session, document_id)
    return DocumentSensitivity(highest_of_version(session, row, detector), levels_of(session, [row])[row.id])


def history(session: Session, document_id: str) -> tuple[Said, ...]:
    """What people said about a document, latest first."""
    rows = session.scalars(
        select(DocumentSensitivityRow)
        .where(DocumentSensitivityRow.document_id == document_id)
        .order_by(DocumentSensitivityRow.id.desc())
    )
    return tuple(
        Said(as_sensitivity(row.before), as_sensitivity(row.level), row.why, row.changed_by, row.changed_at)
        for row in rows
    )


def change_sensitivity(
    session: Session, audit: AuditLog, document_id: str, level: Sensitivity, *, why: str, by: Changer, now: datetime,
    detector: str,
) -> Changed:  # fmt: skip
    """Say that a document is ``level`` from now on, in the caller's transaction, together with its record in the log;
    have the index follow.

    Whoever owns sources raises it; only an administrator lowers it, once everything in it has been looked into: what
    nobody knows of cannot be decided. Raises ``Invalid`` without a reason, ``Forbidden``, ``NotFound``, ``Conflict``.
    """
    reason = " ".join(why.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Invalid(f"Say why, in at most {LONGEST_REASON} characters.", hint="The reason is kept with the change.")
    if level not in SENSITIVITIES:
        raise Invalid("That is no sensitivity.", hint=f"Choose one of {', '.join(SENSITIVITIES)}.")
    if not by.may_raise:
        raise Forbidden(
            "Only who owns sources, and administrators, say how sensitive a document is.", hint="Ask one of them."
        )
    row = _held(session, document_id)
    before = highest_of_version(session, row, detector)
    lowers = SENSITIVITIES.index(level) < SENSITIVITIES.index(before)
    if lowers and not by.may_lower:
        raise Forbidden(f"It is {before} now; only an administrator lowers that.", hint="Ask an administrator.")
    if lowers and not is_labelled(session, row.current_version, detector):
        raise Conflict(
            "Nobody has looked into this document yet, so that nobody knows what lowering would open.",
            hint="Wait until it has been looked into, or run: vouch label. Then try again.",
        )
    session.add(
        DocumentSensitivityRow(
            document_id=row.id, before=before, level=level, lowers=lowers, version_id=row.current_version, why=reason,
            changed_by=by.who, changed_at=now,
        )
    )  # fmt: skip
    session.flush()
    after = highest_of_version(session, row, detector)
    audit.enlist(session, _event(audit, row, (before, level, after), reason, by, now))
    if row.state == "ready":
        # Whether it may be embedded may have changed.
        enqueue(session, row.id, "index")
    return Changed(row.id, row.title, before, after, lowers)


def _held(session: Session, document_id: str) -> DocumentRow:
    row = documents(session, [document_id]).get(document_id)
    if row is None or row.state not in HELD:
        raise NotFound("There is no such document.", hint="vouch documents list shows their ids.")
    return row


def _event(
    audit: AuditLog, row: DocumentRow, levels: tuple[Sensitivity, Sensitivity, Sensitivity], why: str, by: Changer,
    now: datetime,
) -> Event:  # fmt: skip
    commitments = audit.commitments()
    before, said, after = levels
    return Event(
        kind="sensitivity.changed",
        subject=by.subject,
        action="documents.sensitivity",
        outcome="done",
        at=now,
        trace_id=by.trace_id,
        details={
            "document": row.id,
            "source": row.source_id,
            "version": row.current_version,
            "before": before,
            "said": said,
            "after": after,
            "why": commitments.of(why),
        },
        salt=commitments.salt,
    )
