"""The queue of answers that reviewers look at: assigned, labelled, noted, and signed off by a second pair of eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from answer.review import queue_rows
from answer.review.agreement import Agreement, agreement
from answer.review.labels import Label, Severity, State, checked
from answer.review.queue_rows import Filters, Place
from answer.review.sampling import BY_HAND
from answer.review.tables import ReviewEntryRow, ReviewRow
from answer.tables import AnswerRow
from core import people
from core.access import Principal
from core.audit import AuditLog, Event
from core.audit.events import JSON
from core.clock import Clock
from core.database import Database
from core.errors import Conflict, Forbidden, Invalid, NotFound

LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the answer without reading it. ``asked_by`` is a pseudonym."""

    asked_by: str
    status: str
    tier: str
    model: str
    support: float
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """People are ids here. ``about`` is None once the answer is gone; ``notes`` says how many there are."""

    id: str
    answer_id: str
    sample_id: str | None
    rule: str
    state: State
    assignee: str | None
    label: Label | None
    severity: Severity | None
    labelled_by: str | None
    first_label: Label | None
    signed_by: str | None
    second: bool | None
    queued_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    revision: int
    notes: int
    about: About | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened to a review. ``text`` is a note or a reason."""

    revision: int
    change: str
    by: str | None
    at: datetime
    assignee: str | None
    label: str | None
    severity: str | None
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are by state, by rule, and by label with its severity."""

    states: Mapping[str, int]
    rules: Mapping[str, int]
    labels: Mapping[str, Mapping[str, int]]
    agreement: Agreement


class Reviews:
    """The queue. Every look and every change stands in the log before it is told of."""

    def __init__(self, database: Database, audit: AuditLog, clock: Clock, *, alone: bool = False) -> None:
        """``alone``: whoever is the only reviewer here may sign off what they labelled themselves."""
        self._database, self._audit, self._clock, self._alone = database, audit, clock, alone

    # Looking

    def listed(
        self, principal: Principal, filters: Filters, limit: int, after: Place | None = None, trace_id: str = ""
    ) -> list[Review]:
        """At most ``limit``, what has waited longest first; and one more where there is more."""
        with self._database.reading() as session:
            rows = queue_rows.listed(session, filters, limit + 1, after)
            found = self._reviews(session, rows)
        self.tell_searched(principal, "reviews", len(found[:limit]), filters.names(), trace_id)
        return found

    def read(self, review_id: str, principal: Principal, trace_id: str = "") -> tuple[Review, tuple[Entry, ...]]:
        """With everything that happened to it. Raises ``NotFound``."""
        with self._database.reading() as session:
            row = queue_rows.get(session, review_id)
            entries = tuple(_entry(each) for each in queue_rows.entries(session, review_id))
            (found,) = self._reviews(session, [row])
        self._audit.append(self._event(row, "read", principal, trace_id))
        return found, entries

    def counts(self, filters: Filters) -> Counts:
        """Whoever gives them out tells of it."""
        with self._database.reading() as session:
            labels: dict[str, dict[str, int]] = {}
            for label, severity, count in queue_rows.counted(session, filters, ReviewRow.label, ReviewRow.severity):
                if label is not None:
                    labels.setdefault(label, {})[severity] = count
            states = {row[0]: row[1] for row in queue_rows.counted(session, filters, ReviewRow.state)}
            rules = {row[0]: row[1] for row in queue_rows.counted(session, filters, ReviewRow.rule)}
            columns = (ReviewRow.first_label, ReviewRow.label, ReviewRow.state, ReviewRow.second)
            pairs = {
                (first, last): count
                for first, last, state, second, count in queue_rows.counted(session, filters, *columns)
                if state == "signed_off" and second
            }
        return Counts(states, rules, labels, agreement(pairs))

    # Changing

    def add(self, answer_id: str, why: str, principal: Principal, trace_id: str = "") -> Review:
        """Put one answer into the queue by hand. Raises ``NotFound``, and ``Conflict`` where it is there."""
        said = _text(why, "a reason")
        with self._database.writing() as session:
            if not queue_rows.answers(session, [answer_id]):
                raise NotFound("There is no such answer.", hint="It may have been erased, or its time may be over.")
            if (there := queue_rows.of_answer(session, answer_id)) is not None:
                hint = "Reopen its review." if there.state == "signed_off" else "Add a note to its review."
                raise Conflict(f"This answer has a review already: {there.id} ({there.state}).", hint=hint)
            row = queue_rows.put(session, answer_id, BY_HAND, self._clock())
            return self._changed(session, row, "queued", principal, trace_id, text=said)

    def assign(self, review_id: str, revision: int, email: str, principal: Principal, trace_id: str = "") -> Review:
        """To a person who is a reviewer and did not ask the question; to nobody where ``email`` is empty."""
        with self._database.writing() as session:
            row = self._at(session, review_id, revision, "open", "assigned")
            assignee = None
            if email:
                person = people.by_email(session, email)
                if "reviewer" not in person.roles:
                    raise Invalid(f"{person.email} is not a reviewer.", hint="Assign it to somebody who is.")
                _refuse_own(session, row, person.id)
                assignee = person.id
            row.assignee, row.state = assignee, "open" if assignee is None else "assigned"
            change = "unassigned" if assignee is None else "assigned"
            return self._changed(session, row, change, principal, trace_id, assignee=assignee)

    def label(
        self, review_id: str, revision: int, label: str, severity: str | None, principal: Principal, trace_id: str = ""
    ) -> Review:
        """Say what the answer is. What is assigned, only its assignee labels; what is labelled, anybody may label
        otherwise, and then somebody else has to sign that off."""
        with self._database.writing() as session:
            row = self._at(session, review_id, revision, "open", "assigned", "labelled")
            if row.state == "assigned" and row.assignee != principal.person_id:
                raise Conflict("This review is assigned to somebody else.", hint="Assign it to yourself first.")
            answer = _refuse_own(session, row, principal.person_id)
            said, weight = checked(label, severity, answer.status)
            if row.label is None or {row.labelled_by, row.first_by} == {principal.person_id}:
                # Until somebody else has said something, it is still the first that is being corrected.
                row.first_label, row.first_by = said, principal.person_id
            row.label, row.severity = said, weight
            row.labelled_by, row.state = principal.person_id, "labelled"
            row.assignee = row.assignee or principal.person_id
            return self._changed(session, row, "labelled", principal, trace_id, label=row.label, severity=row.severity)

    def note(
        self, review_id: str, text: str, principal: Principal, revision: int | None = None, trace_id: str = ""
    ) -> Review:
        """Add a note, in whichever state. Raises ``Conflict`` where the answer has gone: nothing is written of it."""
        said = _text(text, "a note")
        with self._database.writing() as session:
            row = self._at(session, review_id, revision, "open", "assigned", "labelled", "signed_off")
            if not queue_rows.answers(session, [row.answer_id]):
                raise _gone()
            return self._changed(session, row, "noted", principal, trace_id, text=said)

    def sign_off(self, review_id: str, revision: int, principal: Principal, trace_id: str = "") -> Review:
        """Agree with the label, as somebody else than who gave it. Raises ``Forbidden``."""
        with self._database.writing() as session:
            row = self._at(session, review_id, revision, "labelled")
            _refuse_own(session, row, principal.person_id)
            second = row.labelled_by != principal.person_id
            if not second and not (self._alone and queue_rows.reviewers(session) == {principal.person_id}):
                raise Forbidden(
                    "Nobody signs off what they labelled themselves.", hint="Let another reviewer look at it."
                )
            row.signed_by, row.second = principal.person_id, second
            row.state, row.closed_at = "signed_off", self._clock()
            return self._changed(
                session, row, "signed_off", principal, trace_id, label=row.label, severity=row.severity
            )

    def reopen(self, review_id: str, revision: int, why: str, principal: Principal, trace_id: str = "") -> Review:
        """Begin anew; what was said before stays in its history. Raises ``Conflict`` where the answer has gone."""
        said = _text(why, "a reason")
        with self._database.writing() as session:
            row = self._at(session, review_id, revision, "labelled", "signed_off")
            if not queue_rows.answers(session, [row.answer_id]):
                raise _gone()
            row.state, row.assignee, row.label, row.severity = "open", None, None, None
            row.labelled_by, row.first_label, row.first_by = None, None, None
            row.signed_by, row.second, row.closed_at = None, None, None
            return self._changed(session, row, "reopened", principal, trace_id, text=said)

    def tell_searched(
        self, principal: Principal, what: str, found: int, by: tuple[str, ...] = (), trace_id: str = ""
    ) -> None:
        """Tell that a list was looked at, before it is given out."""
        details: dict[str, JSON] = {"what": what, "by": by, "found": found}
        self._audit.append(
            Event(
                kind="audit.searched", subject=principal.subject, action=f"review.list_{what}", outcome="done",
                at=self._clock(), trace_id=trace_id, details=details,
            )
        )  # fmt: skip

    def _at(self, session: Session, review_id: str, revision: int | None, *states: State) -> ReviewRow:
        """The review at the revision that its reader saw, in one of ``states``. Raises ``NotFound``, ``Conflict``."""
        row = queue_rows.get(session, review_id)
        if row.state == "withdrawn":
            raise _gone()
        if revision is not None and row.revision != revision:
            since = queue_rows.entries(session, review_id, revision)
            happened = ", ".join(_told(each) for each in since) or "nothing that you could have seen"
            raise Conflict(
                f"This review changed since revision {revision}: {happened}. It is at revision {row.revision}.",
                hint="Read it again, then decide.",
            )
        if row.state not in states:
            raise Conflict(
                f"This review is {row.state.replace('_', ' ')}.",
                hint=f"This is done while it is {' or '.join(state.replace('_', ' ') for state in states)}.",
            )
        return row

    def _changed(
        self, session: Session, row: ReviewRow, change: str, principal: Principal, trace_id: str, *, text: str = "",
        assignee: str | None = None, label: str | None = None, severity: str | None = None,
    ) -> Review:  # fmt: skip
        queue_rows.note(
            session, row, change, principal.person_id, self._clock(), text=text, assignee=assignee, label=label,
            severity=severity,
        )  # fmt: skip
        event = self._event(
            row, change, principal, trace_id, text=text, assignee=assignee, label=label, severity=severity
        )
        self._audit.enlist(session, event)
        (made,) = self._reviews(session, [row])
        return made

    def _event(
        self, row: ReviewRow, change: str, principal: Principal, trace_id: str, *, text: str = "",
        assignee: str | None = None, label: str | None = None, severity: str | None = None,
    ) -> Event:  # fmt: skip
        commitments = self._audit.commitments()
        signed = change == "signed_off"
        details: dict[str, JSON] = {
            "review": row.id,
            "answer": row.answer_id,
            "change": change,
            "sample": row.sample_id,
            "revision": row.revision,
            "assignee": None if assignee is None else self._audit.subject(assignee),
            "label": label,
            "severity": severity,
            "note": commitments.of(text) if text else None,
            "second": row.second if signed else None,
            "agreed": row.first_label == row.label if signed and row.second else None,
        }
        return Event(
            kind="review.changed", subject=principal.subject, action="review.change", outcome="done", at=self._clock(),
            trace_id=trace_id, salt=commitments.salt if text else "", details=details,
        )  # fmt: skip

    def _reviews(self, session: Session, rows: list[ReviewRow]) -> list[Review]:
        answers = queue_rows.answers(session, [row.answer_id for row in rows])
        notes = queue_rows.notes(session, [row.id for row in rows])
        return [self._review(row, notes.get(row.id, 0), answers.get(row.answer_id)) for row in rows]

    def _review(self, row: ReviewRow, notes: int, answer: AnswerRow | None) -> Review:
        about = None
        if answer is not None:
            asked_by = self._audit.subject(answer.person_id)
            about = About(asked_by, answer.status, answer.tier, answer.model, answer.support, answer.created_at)
        return Review(
            row.id, row.answer_id, row.sample_id, row.rule, cast(State, row.state), row.assignee,
            cast("Label | None", row.label), cast("Severity | None", row.severity), row.labelled_by,
            cast("Label | None", row.first_label), row.signed_by, row.second, row.queued_at, row.changed_at,
            row.closed_at, row.revision, notes, about,
        )  # fmt: skip


def _refuse_own(session: Session, row: ReviewRow, person_id: str) -> AnswerRow:
    """The answer, where it was not this person who asked. Raises ``Forbidden``, ``Conflict`` where it is gone."""
    answer = queue_rows.answers(session, [row.answer_id]).get(row.answer_id)
    if answer is None:
        raise _gone()
    if answer.person_id == person_id:
        raise Forbidden("Nobody reviews the answer to their own question.", hint="Let another reviewer do it.")
    return answer


def _text(text: str, what: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT:
        raise Invalid(f"Write {what} of 1 to {LONGEST_TEXT} characters.", hint="It is kept with the review.")
    return text


def _gone() -> Conflict:
    return Conflict("The answer has gone: erased, or its time is over.", hint="What was said of it stays as it is.")


def _told(entry: ReviewEntryRow) -> str:
    change = entry.change.replace("_", " ")
    return f"{change} {entry.label}" if entry.label and entry.change == "labelled" else change


def _entry(row: ReviewEntryRow) -> Entry:
    return Entry(row.revision, row.change, row.by, row.at, row.assignee, row.label, row.severity, row.text)
