"""Where reviewers look at anybody's answer. Each look is a record of the log before anything is given out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from answer.review import logged
from answer.review.compare import Comparison, comparison_of, material_of
from answer.review.live import Reader
from answer.review.logged import Logged
from answer.review.replay import Means, Replay, replay_of
from answer.review.told import Whole
from answer.review.trail import trail_of
from answer.tables import AnswerRow
from core.audit import AuditLog, Event
from core.audit.events import JSON
from core.clock import Clock
from core.database import Database
from core.errors import NotFound

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}\Z")


class Looking:
    """Recorded looks. ``follow`` lets the index of the log know all that was written so far."""

    def __init__(
        self, database: Database, audit: AuditLog, clock: Clock, means: Means, reader: Reader,
        follow: Callable[[], Any],
    ) -> None:  # fmt: skip
        self._database, self._audit, self._clock = database, audit, clock
        self._means, self._reader, self._follow = means, reader, follow

    def trail(self, answer_id: str, by: str, trace_id: str = "") -> Whole:
        """Everything about an answer. ``by`` is the pseudonym of who looks. Raises ``NotFound``, and ``Refused`` where
        the look cannot be recorded."""
        self._follow()
        with self._database.reading() as session:
            row, known = self._known(session, answer_id)
            found = trail_of(
                session, answer_id, row, known, self._means.snapshots, self._means.subject_of, self._means.key
            )
        self._tell("trail", answer_id, by, trace_id, found.subject, {"citations": found.citations})
        return found

    def replay(self, answer_id: str, by: str, trace_id: str = "") -> Replay:
        """The answer as of its date. Raises as ``trail`` does."""
        self._follow()
        with self._database.reading() as session:
            row, known = self._known(session, answer_id)
            found = replay_of(session, answer_id, row, known, self._means, self._clock())
            subject = self._subject(row, known)
        self._tell("replay", answer_id, by, trace_id, subject, {})
        return found

    def compare(self, answer_id: str, by: str, trace_id: str = "", *, live: bool = False) -> Comparison:
        """What it cites beside what the documents say now; ``live``: and beside what their sources say at this moment.
        Raises as ``trail`` does."""
        self._follow()
        with self._database.reading() as session:
            row, known = self._known(session, answer_id)
            material = material_of(session, answer_id, row, known, self._means.snapshots)
            subject = self._subject(row, known)
        # Outside of the transaction: a source may be slow.
        found = comparison_of(material, self._reader.read(material.wanted) if live else None)
        told: dict[str, JSON] = {"citations": len(found.citations), "changed": found.changed, "live": live}
        self._tell("compare", answer_id, by, trace_id, subject, told)
        return found

    @staticmethod
    def _known(session: Session, answer_id: str) -> tuple[AnswerRow | None, Logged]:
        if _ID.match(answer_id):
            row, known = session.get(AnswerRow, answer_id), logged.read(session, answer_id)
            if row is not None or known.records:
                return row, known
        raise NotFound("There is no such answer.", hint="Search for it: GET /v1/review/answers.")

    def _subject(self, row: AnswerRow | None, known: Logged) -> str | None:
        return known.asked_by or (None if row is None else self._means.subject_of(row.person_id))

    def _tell(
        self, look: str, answer_id: str, by: str, trace_id: str, subject: str | None, told: dict[str, JSON]
    ) -> None:
        asked_by: dict[str, JSON] = {} if subject is None else {"asked_by": subject}
        self._audit.append(
            Event(
                kind="answer.reviewed",
                subject=by,
                action=f"answer.{look}",
                outcome="done",
                at=self._clock(),
                trace_id=trace_id,
                details={"answer": answer_id, "look": look, **asked_by, **told},
            )
        )
