"""Finds records by what they speak of: person, answer, document, source, model, time, kind, outcome.

The index follows the log at a distance, and is made of nothing but the log. What is found is read from the record
itself, and held against what was asked for once more: an index that lies can hide a record, but cannot make one up, and
``rebuild`` makes it anew.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from sqlalchemy import ColumnElement, Select, delete, exists, func, select
from sqlalchemy.orm import Session, aliased

from core.audit import repository
from core.audit.repository import Link
from core.audit.tables import FoundRow, MentionRow
from core.database import Database, insert_missing

BATCH = 1000
DAMAGED = "damaged"
"""The kind under which a record stands that cannot be read."""
ASKED = ("ask.outcome",)
"""One of them for each answer that came to an end, or was closed as unknown."""
MADE = ("ask.intent", "ask.sentence", "ask.outcome", "model.intent", "model.outcome", "redaction.done")
"""What an answer was made by; other kinds tell who looked at it."""

# Which fields of events name what. A model's version and that of a program are no versions of documents.
_NAMED: Mapping[str, str] = {
    "conversation": "conversation", "document": "document", "source": "source", "sources": "source",
    "model": "model", "destination": "destination", "redaction": "map", "map": "map", "maps": "map",
    "request": "request", "hold": "hold", "review": "review", "sample": "sample", "webhook": "webhook",
    "delivery": "delivery", "grant": "grant", "share": "share",
}  # fmt: skip
_PEOPLE = ("person", "target", "asked_by", "account", "by", "assignee", "joined", "left")
_PASSAGES = ("passages", "cited", "snapshots")
_OF_DOCUMENTS = (
    "document.read", "evidence.read", "evidence.reviewed", "document.suppressed", "sensitivity.changed",
    "passage.flagged",
)  # fmt: skip
_SUBJECT = re.compile(r"[0-9a-f]{32}\Z")
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class Sought:
    """What a record has to be, all of it at once. ``person`` did it, or it is about them (a pseudonym); ``kinds``,
    ``actions`` and ``outcomes`` are alternatives; ``since`` is the first moment and ``until`` the one after the
    last."""

    person: str | None = None
    subject: str | None = None
    """As ``person``, who did it only."""
    answer: str | None = None
    conversation: str | None = None
    document: str | None = None
    source: str | None = None
    model: str | None = None
    mentions: tuple[tuple[str, str], ...] = ()
    """Anything else by what it is and its name: ("review", id)."""
    since: datetime | None = None
    until: datetime | None = None
    kinds: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    trace_id: str | None = None

    @property
    def about(self) -> tuple[tuple[str, str], ...]:
        """What it has to mention, but for people."""
        named = (
            ("conversation", self.conversation), ("document", self.document), ("source", self.source),
            ("model", self.model),
        )  # fmt: skip
        return (*((what, ref) for what, ref in named if ref is not None), *self.mentions)


@dataclass(frozen=True, slots=True)
class Found:
    """A record: ``event`` is what it says, with ``seq`` and ``prev``; ``hash`` its leaf hash."""

    seq: int
    event: Mapping[str, Any] = field(repr=False)
    record: bytes = field(repr=False)
    hash: bytes = field(repr=False)

    @property
    def details(self) -> Mapping[str, Any]:
        return self.event["details"]


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """An answer as the log knows it; ``seq`` is that of its outcome."""

    answer: str
    seq: int
    at: datetime
    subject: str
    outcome: str


class Finder:
    """Keeps the index behind the log. Safe to use from many threads, and beside other processes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._following = threading.Lock()

    def follow(self, tell: Callable[[int], None] = lambda done: None) -> int:
        """Take in what was chained since; returns how many records that were. ``tell`` gets how many so far."""
        done = 0
        with self._following:
            while links := self._next():
                with self._database.writing() as session:
                    _take_in(session, links)
                done += len(links)
                tell(done)
        return done

    def rebuild(self, tell: Callable[[int], None] = lambda done: None) -> int:
        """Make the index of the whole log anew."""
        with self._following, self._database.writing() as session:
            session.execute(delete(MentionRow))
            session.execute(delete(FoundRow))
        return self.follow(tell)

    def _next(self) -> list[Link]:
        with self._database.reading() as session:
            last = session.scalar(select(func.max(FoundRow.seq))) or 0
            return repository.records(session, last + 1, last + BATCH)


def find(session: Session, sought: Sought, limit: int, before: int | None = None) -> list[Found]:
    """Records that fit, the newest first, from before record ``before`` on. Those only that ``follow`` has taken in."""
    found: list[Found] = []
    while len(found) < limit:
        query = select(FoundRow.seq).where(*_conditions(sought)).order_by(FoundRow.seq.desc())
        if before is not None:
            query = query.where(FoundRow.seq < before)
        numbers = list(session.scalars(query.limit(limit - len(found))))
        if not numbers:
            break
        found += [each for each in read(session, numbers) if fits(each.event, sought)]
        before = numbers[-1]
    return found


def every(session: Session, sought: Sought) -> Iterator[Found]:
    """All records that fit, the oldest first, a few at a time."""
    after = 0
    while True:
        query = select(FoundRow.seq).where(*_conditions(sought), FoundRow.seq > after).order_by(FoundRow.seq)
        numbers = list(session.scalars(query.limit(BATCH)))
        if not numbers:
            return
        after = numbers[-1]
        yield from (each for each in read(session, numbers) if fits(each.event, sought))


def answers(session: Session, sought: Sought, limit: int, before: int | None = None) -> list[FoundAnswer]:
    """Answers, the newest first: of the person ``sought.person``, that came out as ``outcomes``, between ``since`` and
    ``until``, and for which what is ``about`` was retrieved, cited or called. ``before``: the ``seq`` of one."""
    query = _answers(sought).order_by(FoundRow.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(FoundRow.seq < before)
    return [FoundAnswer(*row) for row in session.execute(query)]


def count_answers(session: Session, sought: Sought) -> int:
    return session.scalar(select(func.count()).select_from(_answers(sought).subquery())) or 0


def read(session: Session, numbers: Sequence[int]) -> list[Found]:
    """These records, in the order of ``numbers``, without those that cannot be read."""
    by_number: dict[int, Found] = {}
    for start in range(0, len(numbers), BATCH):
        for link in repository.some_records(session, numbers[start : start + BATCH]):
            event = _decoded(link)
            if event is not None:
                by_number[link.seq] = Found(link.seq, event, link.record, link.hash)
    return [by_number[number] for number in numbers if number in by_number]


def fits(event: Mapping[str, Any], sought: Sought) -> bool:
    """Whether a record is what is sought, by what it says itself."""
    said = set(mentions_of(event))
    at = _moment(event)
    return (
        (sought.person is None or ("person", sought.person) in said)
        and (sought.subject is None or event["subject"] == sought.subject)
        and (sought.answer is None or event["details"].get("answer") == sought.answer)
        and said.issuperset(sought.about)
        and (sought.since is None or at >= sought.since)
        and (sought.until is None or at < sought.until)
        and (not sought.kinds or event["kind"] in sought.kinds)
        and (not sought.actions or event["action"] in sought.actions)
        and (not sought.outcomes or event["outcome"] in sought.outcomes)
        and (sought.trace_id is None or event["trace_id"] == sought.trace_id)
    )


def mentions_of(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a record speaks of: who did it and to whom, and each thing by what it is and its id."""
    if event["subject"]:
        yield "person", event["subject"]
    details = event["details"]
    for name, value in details.items():
        if name in _NAMED:
            yield from ((_NAMED[name], each) for each in _texts(value))
        elif name in _PEOPLE:
            yield from (("person", each) for each in _texts(value) if _SUBJECT.match(each))
        elif name in _PASSAGES and isinstance(value, list):
            # Some kinds only say how many there were.
            for passage in cast(list[Any], value):
                yield from ((what, passage[what]) for what in ("document", "version") if passage.get(what))
        elif name == "version" and event["kind"] in _OF_DOCUMENTS:
            yield from (("version", each) for each in _texts(value))


def _texts(value: Any) -> list[str]:
    each = cast(list[Any], value) if isinstance(value, list) else [value]
    return [one for one in each if isinstance(one, str)]


def _take_in(session: Session, links: Sequence[Link]) -> None:
    rows: list[dict[str, Any]] = []
    mentions: dict[tuple[str, str, int], dict[str, Any]] = {}
    for link in links:
        event = _decoded(link)
        if event is None:
            blank = {"action": "", "outcome": "", "subject": "", "trace_id": "", "answer": None}
            rows.append({"seq": link.seq, "at": datetime.fromtimestamp(0, UTC), "kind": DAMAGED, **blank})
            continue
        answer = event["details"].get("answer")
        rows.append(
            {
                "seq": link.seq, "at": _moment(event), "answer": answer if isinstance(answer, str) else None,
                **{name: event[name] for name in ("kind", "action", "outcome", "subject", "trace_id")},
            }
        )  # fmt: skip
        for what, ref in mentions_of(event):
            mentions[what, ref[:_LONGEST], link.seq] = {"what": what, "ref": ref[:_LONGEST], "seq": link.seq}
    insert_missing(session, FoundRow, rows)
    insert_missing(session, MentionRow, list(mentions.values()))


def _decoded(link: Link) -> dict[str, Any] | None:
    """What a record says; None for one that nobody could have written here."""
    try:
        event: Any = orjson.loads(link.record)
        _moment(event)
        list(mentions_of(event))
        whole = event["seq"] == link.seq and all(
            isinstance(event[name], str) for name in ("kind", "action", "outcome", "subject", "trace_id")
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return event if whole else None


def _moment(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    given: list[ColumnElement[bool]] = [_mentioned(what, ref) for what, ref in sought.about]
    if sought.person is not None:
        given.append(_mentioned("person", sought.person))
    if sought.subject is not None:
        given.append(FoundRow.subject == sought.subject)
    if sought.answer is not None:
        given.append(FoundRow.answer == sought.answer)
    if sought.trace_id is not None:
        given.append(FoundRow.trace_id == sought.trace_id)
    given += [
        column.in_(some)
        for column, some in (
            (FoundRow.kind, sought.kinds), (FoundRow.action, sought.actions), (FoundRow.outcome, sought.outcomes),
        )
        if some
    ]  # fmt: skip
    return [*given, *_within(sought)]


def _within(sought: Sought) -> Iterator[ColumnElement[bool]]:
    if sought.since is not None:
        yield FoundRow.at >= sought.since
    if sought.until is not None:
        yield FoundRow.at < sought.until


def _mentioned(what: str, ref: str) -> ColumnElement[bool]:
    return FoundRow.seq.in_(select(MentionRow.seq).where(MentionRow.what == what, MentionRow.ref == ref))


def _answers(sought: Sought) -> Select[str, int, datetime, str, str]:
    columns = (FoundRow.answer, FoundRow.seq, FoundRow.at, FoundRow.subject, FoundRow.outcome)
    query = select(*columns).where(FoundRow.kind.in_(ASKED), FoundRow.answer.is_not(None), *_within(sought))
    person = sought.person or sought.subject
    if person is not None:
        query = query.where(FoundRow.subject == person)
    if sought.answer is not None:
        query = query.where(FoundRow.answer == sought.answer)
    if sought.trace_id is not None:
        query = query.where(FoundRow.trace_id == sought.trace_id)
    if sought.outcomes:
        query = query.where(FoundRow.outcome.in_(sought.outcomes))
    for what, ref in sought.about:
        of = aliased(FoundRow)
        those = select(MentionRow.seq).where(MentionRow.what == what, MentionRow.ref == ref)
        query = query.where(
            exists().where(of.answer == FoundRow.answer, of.kind.in_(MADE), of.seq.in_(those)).correlate(FoundRow)
        )
    return cast("Select[str, int, datetime, str, str]", query)
