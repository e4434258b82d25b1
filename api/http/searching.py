"""Routes to find records of the log, and answers, by what they are about. That somebody searched is a record itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, get_args

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.tables import AnswerRow
from api.configuring import By
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model
from api.http.moments import Moment
from api.http.paging import Cursor, Limit
from api.runtime import Runtime
from connectors import repository as sources
from core import people
from core.audit import Event, Kind
from core.audit.events import JSON, Outcome
from core.audit.finding import Found, FoundAnswer, Sought, answers, count_answers, find
from core.errors import Invalid, NotFound

router = APIRouter(prefix="/v1")
Reading = Annotated[By, Depends(deciding("audit.read"))]
Reviewing = Annotated[By, Depends(deciding("review"))]
Identifying = Annotated[By, Depends(deciding("audit.identify"))]
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
KINDS, OUTCOMES = get_args(Kind), get_args(Outcome)

Pseudonym = Annotated[str | None, Query(pattern=r"^[0-9a-f]{32}$", description="A pseudonym of the log.")]
Reference = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9:_./+=-]{0,127}$")]
SourceNamed = Annotated[str | None, Query(max_length=100, description="The name of a source, or its id.")]
When = Annotated[Moment | None, Query(description="With its time zone.")]
Several = Annotated[list[str] | None, Query(max_length=100, description="May be repeated: one of them has to fit.")]


@dataclass(frozen=True, slots=True)
class Filters:
    """All of them have to hold; of ``kind``, ``action`` and ``outcome`` one of those given."""

    person: Pseudonym = None
    answer: Reference = None
    conversation: Reference = None
    document: Reference = None
    source: SourceNamed = None
    model: Reference = None
    since: When = None
    until: When = None
    kind: Several = None
    action: Several = None
    outcome: Several = None
    trace: Reference = None

    def sought(self) -> Sought:
        """Raises ``Invalid`` for a kind or outcome that no record has."""
        for given, known, what in ((self.kind, KINDS, "kind"), (self.outcome, OUTCOMES, "outcome")):
            if strange := next((each for each in given or () if each not in known), None):
                raise Invalid(f"No record has the {what} {strange!r}.", hint=f"Choose of: {', '.join(known)}.")
        source = self.source
        if source is not None and not _ID.match(source):
            source = sources.id_of(source)
        return Sought(
            person=self.person, answer=self.answer, conversation=self.conversation, document=self.document,
            source=source, model=self.model, since=self.since, until=self.until, kinds=tuple(self.kind or ()),
            actions=tuple(self.action or ()), outcomes=tuple(self.outcome or ()), trace_id=self.trace,
        )  # fmt: skip


class FoundOut(Model):
    """``event`` is what the record says; ``hash`` is its leaf hash, for a proof."""

    seq: int
    at: datetime
    kind: str
    action: str
    outcome: str
    subject: str
    trace_id: str
    hash: str
    event: dict[str, Any]


class FoundListOut(Model):
    events: list[FoundOut]
    next: str | None


class FoundAnswerOut(Model):
    """``seq`` is the record of its outcome. ``question`` and what follows are null once the answer is erased, or its
    time is over: then the log still tells of it."""

    id: str
    seq: int
    at: datetime
    subject: str
    outcome: str
    question: str | None = None
    conversation_id: str | None = None
    model: str | None = None
    tier: str | None = None
    sentences: int | None = None
    support: float | None = None


class FoundAnswersOut(Model):
    """``total``: how many fit in all."""

    answers: list[FoundAnswerOut]
    total: int
    next: str | None


class PseudonymIn(Model):
    """``why`` is kept with the look-up, as a commitment."""

    email: str = Field(min_length=3, max_length=320)
    why: str = Field(min_length=3, max_length=500)


class PseudonymOut(Model):
    subject: str


@router.get("/audit/events")
def search_events(
    filters: Annotated[Filters, Depends()], by: Reading, runtime: CurrentRuntime, limit: Limit = 50, cursor: Cursor = ""
) -> FoundListOut:
    """Records that fit, the newest first."""
    sought = filters.sought()
    runtime.sequencer.drain()
    runtime.finder.follow()
    before = paging.read(cursor, int)[0] if cursor else None
    with runtime.database.reading() as session:
        found = find(session, sought, limit + 1, before)
    shown, following = paging.page_of(found, limit, lambda each: (each.seq,))
    _tell(runtime, by, "events", sought, len(shown))
    return FoundListOut(events=[found_out(each) for each in shown], next=following)


@router.get("/review/answers")
def search_answers(
    filters: Annotated[Filters, Depends()], by: Reviewing, runtime: CurrentRuntime, limit: Limit = 50,
    cursor: Cursor = "",
) -> FoundAnswersOut:  # fmt: skip
    """Answers that fit, the newest first. ``person`` asked; ``document``, ``source`` and ``model`` were retrieved,
    cited or called for it."""
    sought = filters.sought()
    if sought.kinds or sought.actions:
        raise Invalid("Answers have no kind or action.", hint="Search records by them: GET /v1/audit/events.")
    runtime.sequencer.drain()
    runtime.finder.follow()
    before = paging.read(cursor, int)[0] if cursor else None
    with runtime.database.reading() as session:
        found = answers(session, sought, limit + 1, before)
        total = count_answers(session, sought)
        shown, following = paging.page_of(found, limit, lambda each: (each.seq,))
        listed = [_answer(session, each) for each in shown]
    _tell(runtime, by, "answers", sought, len(shown))
    return FoundAnswersOut(answers=listed, total=total, next=following)


@router.post("/audit/pseudonym")
def pseudonym(body: PseudonymIn, by: Identifying, runtime: CurrentRuntime) -> PseudonymOut:
    """Under which pseudonym the log knows a person. The look-up is a record of its own, written before it is
    answered."""
    with runtime.database.reading() as session:
        person = people.find(session, body.email)
    found = None if person is None else runtime.audit.subject(person)
    commitments = runtime.audit.commitments()
    details: dict[str, JSON] = {"found": found is not None, "why": commitments.of(body.why)}
    if found is not None:
        details["person"] = found
    runtime.audit.append(
        Event(
            "audit.identified", by.subject, "pseudonym", "done" if found else "denied", runtime.clock(),
            trace_id=by.trace_id, salt=commitments.salt, details=details,
        )
    )  # fmt: skip
    if found is None:
        raise NotFound("Nobody here has this address.", hint="The person may have been erased.")
    return PseudonymOut(subject=found)


def _tell(runtime: Runtime, by: By, what: str, sought: Sought, found: int) -> None:
    given: dict[str, object] = {
        "person": sought.person, "answer": sought.answer, "conversation": sought.conversation,
        "document": sought.document, "source": sought.source, "model": sought.model, "since": sought.since,
        "until": sought.until, "kind": sought.kinds, "action": sought.actions, "outcome": sought.outcomes,
        "trace": sought.trace_id,
    }  # fmt: skip
    details: dict[str, JSON] = {"what": what, "by": [name for name, value in given.items() if value], "found": found}
    for name in ("person", "answer", "document", "source", "model"):
        value = given[name]
        if isinstance(value, str):
            details[name] = value
    runtime.audit.append(
        Event("audit.searched", by.subject, "search", "done", runtime.clock(), trace_id=by.trace_id, details=details)
    )


def found_out(each: Found) -> FoundOut:
    event = each.event
    return FoundOut(
        seq=each.seq, at=datetime.fromisoformat(event["at"]), kind=event["kind"], action=event["action"],
        outcome=event["outcome"], subject=event["subject"], trace_id=event["trace_id"], hash=each.hash.hex(),
        event=orjson.loads(each.record),
    )  # fmt: skip


def _answer(session: Session, each: FoundAnswer) -> FoundAnswerOut:
    told = FoundAnswerOut(id=each.answer, seq=each.seq, at=each.at, subject=each.subject, outcome=each.outcome)
    row = session.scalar(select(AnswerRow).where(AnswerRow.id == each.answer))
    if row is None:
        return told
    return told.model_copy(
        update={
            "question": row.question, "conversation_id": row.conversation_id, "model": row.model, "tier": row.tier,
            "sentences": len(row.claims), "support": row.support,
        }
    )  # fmt: skip
