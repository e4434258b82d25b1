"""What is kept of a person, found: as somebody who asks, and as somebody who is written about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from answer.batching.tables import BatchItemRow
from answer.evidence.snapshots import Snapshots, cited_versions
from answer.evidence.tables import SnapshotRow
from answer.tables import AnswerRow, ConversationRow
from api.subjects.who import Naming, Side, Subject
from connectors.tables import DeliveryRow, SourceRow
from core import holds
from core.holds import Held
from core.text import Span
from ingest.label.tables import KnownPersonRow
from ingest.repository import HELD
from ingest.tables import ChunkRow, DocumentRow, VersionRow

_SOME = 50
_MANY = 1000


@dataclass(slots=True)
class FoundDocument:
    """A document that names somebody. ``versions``: spans in the text of each version; ``chunks``: ids of those that
    the spans touch."""

    id: str
    source_id: str
    source: str
    key: str = field(repr=False)
    title: str = field(repr=False)
    state: str
    versions: dict[str, list[Span]] = field(default_factory=dict[str, list[Span]])
    chunks: set[str] = field(default_factory=set[str])
    unclear: bool = False
    """Nothing in it is surely theirs."""


@dataclass(slots=True)
class Found:
    """Ids of what there is. ``answers`` and ``conversations`` are their own; ``retold`` are anybody's answers that name
    them or rest on what goes. What is held stands in ``held`` by kind, and nowhere else."""

    conversations: set[str] = field(default_factory=set[str])
    answers: set[str] = field(default_factory=set[str])
    deliveries: set[str] = field(default_factory=set[str])
    sent: set[str] = field(default_factory=set[str])
    """Destinations that have messages already."""
    profile: bool = False
    documents: dict[str, FoundDocument] = field(default_factory=dict[str, FoundDocument])
    unclear: dict[str, FoundDocument] = field(default_factory=dict[str, FoundDocument])
    unread: int = 0
    """Documents whose content could not be read, so that nobody knows whom they name."""
    versions: set[str] = field(default_factory=set[str])
    snapshots: set[str] = field(default_factory=set[str])
    """By their versions."""
    retold: set[str] = field(default_factory=set[str])
    waiting: int = 0
    """Questions that a provider still has, with passages of what goes."""
    held: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def hold(self, kind: str, identity: str) -> None:
        self.held.setdefault(kind, set()).add(identity)


def find(
    session: Session, subject: Subject, side: Side, naming: Naming, snapshots: Snapshots, *, whole: bool = True,
    before: datetime | None = None,
) -> Found:  # fmt: skip
    """``whole``: documents are to go, and with them what rests on them. What came after ``before`` is left alone."""
    found, held = Found(), holds.held(session)
    if side != "about" and subject.person_id:
        find_asked(session, subject.person_id, held, found, before)
    if side != "asker":
        _documents(session, naming, held, found)
        _records(session, subject, held, found)
        if before is not None:
            _leave_newer(session, found, before)
        if subject.person_id in held.people:
            for each in list(found.documents):
                found.hold("document", found.documents.pop(each).id)
            found.versions.clear()
        if whole:
            find_resting(session, held, found, naming, snapshots, spared=subject.person_id in held.people)
    return found


def find_asked(session: Session, person_id: str, held: Held, found: Found, before: datetime | None = None) -> None:
    """What somebody asked, until ``before``. A conversation with an answer that is held stays, with its other answers
    gone."""
    query = select(AnswerRow.id, AnswerRow.conversation_id, AnswerRow.created_at)
    everything = session.execute(query.where(AnswerRow.person_id == person_id)).all()
    answers = [each for each in everything if before is None or each.created_at <= before]
    kept = {each.conversation_id for each in everything if held.answer(each.id, person_id) or each not in answers}
    for each in answers:
        if held.answer(each.id, person_id):
            found.hold("answer", each.id)
        else:
            found.answers.add(each.id)
    mine = session.scalars(select(ConversationRow.id).where(ConversationRow.person_id == person_id)).all()
    for each in mine:
        if each in kept or person_id in held.people:
            found.hold("conversation", each)
        else:
            found.conversations.add(each)
    if any(held.answer(each.id, person_id) for each in everything) or person_id in held.people:
        found.hold("person", person_id)
    else:
        # Who has asked since goes on.
        found.profile = not kept
    _deliveries(session, found.answers, found)


def find_resting(
    session: Session, held: Held, found: Found, naming: Naming | None, snapshots: Snapshots, *, spared: bool = False
) -> None:
    """Answers and snapshots that name them, or that rest on versions that go. ``spared``: all of them are held."""
    kept = held_versions(session, held)
    for row in _answers(session):
        if row.id in found.answers:
            continue
        cites = not found.versions.isdisjoint(cited_versions(row.claims))
        if not cites and not (naming is not None and naming.names(*texts_of(row))):
            continue
        if spared or held.answer(row.id, row.person_id):
            found.hold("answer", row.id)
        else:
            found.retold.add(row.id)
    query = select(SnapshotRow.version_id, SnapshotRow.document_id, SnapshotRow.source_id)
    theirs = {
        row.version_id: (row.document_id, row.source_id)
        for row in session.execute(query.where(SnapshotRow.sealed.is_not(None)))
        if row.version_id in found.versions or row.document_id in found.documents
    }
    if naming is not None:
        for row, content in snapshots.readable(session):
            if naming.names(content.text, content.title):
                theirs[row.version_id] = (row.document_id, row.source_id)
    for version, (document, source) in theirs.items():
        if spared or version in kept or held.document(document, source):
            found.hold("snapshot", version)
        else:
            found.snapshots.add(version)
    _deliveries(session, found.retold, found)
    sent = session.scalars(select(BatchItemRow.sent).where(BatchItemRow.state == "sent")).all()
    found.waiting = sum(any(version in orjson.dumps(each).decode() for version in found.versions) for each in sent)


def held_versions(session: Session, held: Held) -> set[str]:
    """Versions that answers which are held cite."""
    if not (held.answers or held.people):
        return set()
    return {
        version
        for row in _answers(session)
        if held.answer(row.id, row.person_id)
        for version in cited_versions(row.claims)
    }


def texts_of(row: AnswerRow) -> Iterator[str | None]:
    """Everything that an answer says or was asked."""
    yield row.question
    yield row.searched
    yield row.reason
    for claim in row.claims:
        yield claim["text"]
    for told in row.tried:
        for dropped in told.get("dropped", ()):
            yield dropped.get("text")


def _documents(session: Session, naming: Naming, held: Held, found: Found) -> None:
    names = {row.id: row.name for row in session.execute(select(SourceRow.id, SourceRow.name))}
    after = ""
    while True:
        query = select(DocumentRow).where(DocumentRow.id > after).order_by(DocumentRow.id).limit(_SOME)
        rows = session.scalars(query).all()
        if not rows:
            return
        ids = [row.id for row in rows]
        named = {
            row.id: FoundDocument(row.id, row.source_id, names[row.source_id], row.key, row.title, row.state)
            for row in rows
        }
        sure: set[str] = set()
        unclear: set[str] = set()
        seen: set[str] = set()
        for version in session.scalars(select(VersionRow).where(VersionRow.document_id.in_(ids))):
            seen.add(version.document_id)
            text, title = naming.find(version.text), naming.find(version.title)
            if text.spans or title.spans:
                sure.add(version.document_id)
                named[version.document_id].versions[version.id] = list(text.spans)
            elif text.unclear or title.unclear:
                unclear.add(version.document_id)
                named[version.document_id].versions[version.id] = list(text.unclear)
        for row in rows:
            if row.state != "suppressed" and naming.names(row.title, row.key):
                sure.add(row.id)
            found.unread += row.id not in seen and row.state in ("pending", "failed")
        _touched(session, [named[each] for each in sure | unclear])
        for each in sure:
            if held.document(each, named[each].source_id):
                found.hold("document", each)
            else:
                add(session, found, named[each])
        for each in unclear - sure:
            named[each].unclear = True
            found.unclear[each] = named[each]
        after = ids[-1]
        session.expunge_all()


def _leave_newer(session: Session, found: Found, before: datetime) -> None:
    for each in list(found.documents):
        row = session.get_one(DocumentRow, each)
        if not from_before(session, row, before):
            del found.documents[each]
            gone = select(VersionRow.id).where(VersionRow.document_id == each)
            found.versions.difference_update(session.scalars(gone))


def from_before(session: Session, row: DocumentRow, at: datetime) -> bool:
    """Whether a document was read, or is waiting to be read, since before then."""
    first = session.scalar(select(func.min(VersionRow.created_at)).where(VersionRow.document_id == row.id))
    if first is not None:
        return first <= at
    return row.state in HELD and row.confirmed_at <= at


def add(session: Session, found: Found, document: FoundDocument) -> None:
    """With all its versions, also those that do not name anybody."""
    found.documents[document.id] = document
    found.versions.update(session.scalars(select(VersionRow.id).where(VersionRow.document_id == document.id)))


def described(session: Session, row: DocumentRow) -> FoundDocument:
    source = session.get_one(SourceRow, row.source_id)
    return FoundDocument(row.id, row.source_id, source.name, row.key, row.title, row.state)


def _touched(session: Session, documents: Iterable[FoundDocument]) -> None:
    for document in documents:
        for version, spans in document.versions.items():
            query = select(ChunkRow.id, ChunkRow.spans).where(ChunkRow.version_id == version)
            for chunk, covers in session.execute(query):
                within = [Span(start, end) for start, end in covers]
                if any(span.overlaps(each) for span in spans for each in within):
                    document.chunks.add(chunk)


def _records(session: Session, subject: Subject, held: Held, found: Found) -> None:
    """Documents that are records of them."""
    for row in session.scalars(select(KnownPersonRow)):
        if not set(row.emails) & set(subject.known.emails) or row.document_id in found.documents:
            continue
        document = session.get(DocumentRow, row.document_id)
        if document is None:
            continue
        found.unclear.pop(document.id, None)
        if held.document(document.id, document.source_id):
            found.hold("document", document.id)
        else:
            add(session, found, described(session, document))


def _deliveries(session: Session, answers: set[str], found: Found) -> None:
    if not answers:
        return
    for row in session.execute(select(DeliveryRow.id, DeliveryRow.key, DeliveryRow.destination, DeliveryRow.state)):
        if row.key.rpartition("/")[2] in answers:
            found.deliveries.add(row.id)
            if row.state == "sent":
                found.sent.add(row.destination)


def _answers(session: Session) -> Iterator[AnswerRow]:
    after = ""
    while True:
        query = select(AnswerRow).where(AnswerRow.id > after).order_by(AnswerRow.id).limit(_MANY)
        rows = session.scalars(query).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def sources_of(session: Session, document_ids: Sequence[str]) -> dict[str, str]:
    """The source of each document that is there."""
    query = select(DocumentRow.id, DocumentRow.source_id).where(DocumentRow.id.in_(document_ids))
    return {row.id: row.source_id for row in session.execute(query)}


def answer_held(session: Session, held: Held, answer_id: str) -> bool:
    person = session.scalar(select(AnswerRow.person_id).where(AnswerRow.id == answer_id))
    return person is not None and held.answer(answer_id, person)
