"""What the person who asked says of an answer: up or down, why, and a comment, which is kept without values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

from sqlalchemy.orm import Session

from answer import feedback_rows, repository
from answer.permitted import values_for
from answer.pseudonyms import replace_tokens
from answer.redact import Redactor
from answer.restore import Counting
from answer.tables import FeedbackRow
from answer.vault import Vault
from core.access import Principal
from core.audit import AuditLog, Event
from core.audit.events import JSON
from core.clock import Clock
from core.database import Database
from core.errors import Invalid, NotFound
from retrieval.evidence import Evidence

Rating = Literal["up", "down"]
Reason = Literal[
    "complete", "clear", "good_sources",
    "wrong", "incomplete", "out_of_date", "wrong_source", "not_answered", "unclear", "should_not_see",
    "should_have_refused",
]  # fmt: skip
REASONS: Mapping[Rating, frozenset[Reason]] = {
    "up": frozenset({"complete", "clear", "good_sources"}),
    "down": frozenset(
        {
            "wrong",
            "incomplete",
            "out_of_date",
            "wrong_source",
            "not_answered",
            "unclear",
            "should_not_see",
            "should_have_refused",
        }
    ),
}
COMMENT_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Opinion:
    answer_id: str
    rating: Rating
    reasons: tuple[Reason, ...]
    comment: str = field(repr=False)
    created_at: datetime
    updated_at: datetime


class Feedback:
    """Opinions on answers, each its author's own."""

    def __init__(self, database: Database, audit: AuditLog, clock: Clock, vault: Vault, redactor: Redactor) -> None:
        self._database, self._audit, self._clock = database, audit, clock
        self._vault, self._redactor = vault, redactor

    def give(
        self, answer_id: str, principal: Principal, rating: Rating, reasons: Sequence[Reason] = (),
        comment: str = "", trace_id: str = "",
    ) -> Opinion:  # fmt: skip
        """The author's opinion, new or in place of the one before. Raises ``NotFound``, ``Invalid`` for a reason that
        does not go with the rating, and ``Refused`` where a comment cannot be cleared of values."""
        comment = comment.strip()
        if not REASONS[rating].issuperset(reasons):
            raise Invalid(f"Not all of these are reasons for {rating}.", hint=", ".join(sorted(REASONS[rating])))
        if len(comment) > COMMENT_CHARACTERS:
            raise Invalid("This comment is too long.", hint=f"Write at most {COMMENT_CHARACTERS} characters.")
        with self._database.reading() as session:
            conversation_id = repository.answer(session, answer_id, principal.person_id).conversation_id
        redaction = None
        if comment:
            nothing = Evidence("", (), {})
            cleared = self._redactor.unrestored(
                comment, (), nothing, conversation_id, principal.person_id, trace_id=trace_id
            )
            comment, redaction = cleared.question.text, cleared.map_id
        with self._database.writing() as session:
            before = feedback_rows.get(session, answer_id, principal.person_id)
            now = self._clock()
            row = FeedbackRow(
                answer_id=answer_id, person_id=principal.person_id, rating=rating,
                reasons=sorted(set(reasons)), comment=comment, redaction=redaction,
                created_at=now if before is None else before.created_at, updated_at=now,
            )  # fmt: skip
            change = "given" if before is None else "changed"
            feedback_rows.put(session, row)
            self._tell(session, row, change, principal, trace_id)
            session.flush()
            return self._opinion(session, row, conversation_id, principal)

    def read(self, answer_id: str, principal: Principal) -> Opinion | None:
        """The reader's own, None where they gave none. Raises ``NotFound`` for an answer that is not theirs."""
        with self._database.reading() as session:
            conversation_id = repository.answer(session, answer_id, principal.person_id).conversation_id
            row = feedback_rows.get(session, answer_id, principal.person_id)
            return None if row is None else self._opinion(session, row, conversation_id, principal)

    def withdraw(self, answer_id: str, principal: Principal, trace_id: str = "") -> None:
        """Raises ``NotFound``."""
        with self._database.writing() as session:
            repository.answer(session, answer_id, principal.person_id)
            row = feedback_rows.get(session, answer_id, principal.person_id)
            if row is None:
                raise NotFound("There is no feedback on this answer.", hint="Give some first.")
            self._tell(session, row, "withdrawn", principal, trace_id)
            session.delete(row)

    def tally(self, since: datetime, until: datetime) -> dict[tuple[str, str], int]:
        """For reviewers: how often, by rating and reason."""
        with self._database.reading() as session:
            return feedback_rows.tally(session, since, until)

    def _opinion(self, session: Session, row: FeedbackRow, conversation_id: str, principal: Principal) -> Opinion:
        comment = row.comment
        if row.redaction is not None:
            values = values_for(session, self._vault, conversation_id, principal, row.updated_at, self._clock())
            comment = replace_tokens(comment, Counting(values).shown)
        return Opinion(
            row.answer_id, cast(Rating, row.rating), tuple(cast("list[Reason]", row.reasons)), comment,
            row.created_at, row.updated_at,
        )  # fmt: skip

    def _tell(self, session: Session, row: FeedbackRow, change: str, principal: Principal, trace_id: str) -> None:
        details: dict[str, JSON] = {
            "answer": row.answer_id,
            "change": change,
            "rating": row.rating,
            "reasons": tuple(row.reasons),
            "comment": bool(row.comment),
        }
        event = Event(
            kind="feedback.given", subject=principal.subject, action="feedback", outcome="done", at=self._clock(),
            trace_id=trace_id, details=details,
        )  # fmt: skip
        self._audit.enlist(session, event)
