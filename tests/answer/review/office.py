"""An office in which people asked, and reviewers look at what they were answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from answer.review.drawing import Draw, Sampler
from answer.review.queue import Reviews
from answer.review.sampling import Frame, Period, Size
from answer.review.tables import ReviewRow
from answer.tables import AnswerRow, ConversationRow, FeedbackRow
from api import migrate
from core import people
from core.access import Principal
from core.audit import AuditLog
from core.audit.tables import PendingRow
from core.database import Base, Database, open_engine, sqlite_url
from core.secrets import Keyring
from tests.conftest import StandingClock


@dataclass
class Office:
    directory: Path
    url: str = ""
    clock: StandingClock = field(default_factory=StandingClock)

    def __post_init__(self) -> None:
        engine = open_engine(self.url or sqlite_url(self.directory / "office.db"))
        migrate.upgrade(engine)
        self.database = Database(engine)
        self.audit = AuditLog(self.database, Keyring(self.directory / "keys"), self.clock)
        self.reviews = Reviews(self.database, self.audit, self.clock)
        self.sampler = Sampler(self.database, self.audit, self.clock)
        self.ana, self.bo = self.person("ana@bank.example"), self.person("bo@bank.example")
        self.ruth = self.principal("ruth@bank.example", "reviewer")
        self.otto = self.principal("otto@bank.example", "reviewer")
        self._made = 0

    def person(self, email: str, *roles: str) -> str:
        with self.database.writing() as session:
            return people.put(session, email, groups=(), roles=("employee", *roles), now=self.clock()).id

    def principal(self, email: str, *roles: str) -> Principal:
        person = self.person(email, *roles)
        with self.database.reading() as session:
            return people.principal(session, person, self.audit.subject)

    def answered(self, by: str = "", count: int = 1, ago: timedelta = timedelta(hours=1), **values: Any) -> list[str]:
        """Answers to ``by``, all of the same moment."""
        by = by or self.ana
        made = [self._id() for _ in range(count)]
        at = self.clock() - ago
        with self.database.writing() as session:
            talk = self._id()
            session.add(
                ConversationRow(id=talk, person_id=by, title="t", created_at=at, updated_at=at, deleted_at=None)
            )
            session.flush()
            for answer in made:
                row: dict[str, Any] = {
                    "status": "answered", "claims": [], "nearest": [], "model": "extractive", "tier": "extractive",
                    "tried": [], "conflicts": [], "support": 0.9, "threshold": 0.5, "reason": None, "timings": {},
                    "question": "How long is leave?", "created_at": at, **values,
                }  # fmt: skip
                session.add(AnswerRow(id=answer, conversation_id=talk, person_id=by, **row))
        return made

    def disliked(self, answer: str, rating: str = "down") -> None:
        now = self.clock()
        with self.database.writing() as session:
            session.add(
                FeedbackRow(
                    answer_id=answer, person_id=self.ana, rating=rating, reasons=[], comment="", redaction=None,
                    created_at=now, updated_at=now,
                )
            )  # fmt: skip

    def week(self) -> Period:
        return Period(self.clock() - timedelta(days=7), self.clock())

    def drawing(self, size: int, rule: Any = "random", name: str = "", **more: Any) -> Draw:
        return Draw(Frame(rule, name), Size(size, size), more.pop("period", self.week()), **more)

    def drawn(self, size: int, rule: Any = "random", name: str = "", **more: Any) -> set[str]:
        """The answers that such a sample puts into the queue."""
        sample = self.sampler.draw(self.drawing(size, rule, name, **more), self.ruth)
        return self.queued(sample.id)

    def queued(self, sample: str | None = None) -> set[str]:
        with self.database.reading() as session:
            query = select(ReviewRow.answer_id)
            return set(session.scalars(query if sample is None else query.where(ReviewRow.sample_id == sample)))

    def one(self) -> str:
        """A review that waits in the queue."""
        return self.reviews.add(self.answered()[0], "Somebody complained.", self.ruth).id

    def revision(self, review: str) -> int:
        with self.database.reading() as session:
            return session.get_one(ReviewRow, review).revision

    def events(self, kind: str) -> list[dict[str, Any]]:
        with self.database.reading() as session:
            found = [json.loads(event) for event in session.scalars(select(PendingRow.event).order_by(PendingRow.id))]
        return [each for each in found if each["kind"] == kind]

    def empty(self) -> None:
        """As it was before anything was done, for the next one in this database."""
        with self.database.writing() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(table.delete())

    def close(self) -> None:
        if self.url:
            self.empty()
        self.database.close()

    def _id(self) -> str:
        self._made += 1
        return str(UUID(int=self._made))


def opened(directory: Path, url: str) -> Iterator[Office]:
    office = Office(directory, url)
    yield office
    office.close()
