"""Retention: what is older than its class is kept for goes, by itself, once a day; what is held stays.

Records of the log are never deleted: without keys, snapshots and answers nothing in them says anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from answer.batching import rows as batches
from answer.batching.tables import BatchRow
from answer.evidence.snapshots import cited_versions, destroy
from answer.evidence.tables import SnapshotRow
from answer.models.tables import UsageRow
from answer.review import erase as reviews
from answer.tables import AnswerRow, ConversationRow, KeptAnswerRow
from api.runtime import Runtime
from api.settings import RetentionSettings
from api.subjects.documents import SOME, purge, unlink
from api.subjects.finding import held_versions
from api.subjects.rows import overwrite, remove
from api.subjects.tables import RetentionRow
from api.tables import OnceRow
from api.webhooks.tables import WebhookDeliveryRow
from connectors.tables import DeliveryRow
from core import holds
from core.audit import Event
from core.audit.events import JSON, NO_SUBJECT
from core.database import Base
from core.holds import Held
from ingest.tables import DocumentAccessRow, DocumentRow

EVERY = timedelta(days=1)
MOST = 500
"""Rows of a class that one transaction removes."""
CLASSES = ("answers", "evidence", "documents", "usage", "deliveries", "kept_answers", "reviews")


@dataclass(slots=True)
class Retired:
    """How much was removed, and how much was spared by a hold, by class."""

    removed: Counter[str] = field(default_factory=Counter[str])
    held: Counter[str] = field(default_factory=Counter[str])
    files: list[str] = field(default_factory=list[str])
    """Large content that nobody names any more, by its hash."""


@dataclass(frozen=True, slots=True)
class Run:
    at: datetime
    removed: Mapping[str, int]
    held: Mapping[str, int]


def days_of(settings: RetentionSettings) -> dict[str, int]:
    return {name: getattr(settings, f"{name}_days") for name in CLASSES}


def last(runtime: Runtime) -> Run | None:
    """The latest run."""
    with runtime.database.reading() as session:
        row = session.scalar(select(RetentionRow).order_by(RetentionRow.at.desc()).limit(1))
        return None if row is None else Run(row.at, dict(row.removed), dict(row.held))


def sweep(runtime: Runtime) -> Retired | None:
    """Run it where the last run is a day ago. Returns what it did, None where it was not its turn."""
    before = last(runtime)
    if before is not None and runtime.clock() - before.at < EVERY:
        return None
    return run(runtime)


def run(runtime: Runtime, subject: str = NO_SUBJECT, trace_id: str = "") -> Retired:
    """Remove what has had its time. Each transaction has the event that tells of it, and of who asked for it."""
    settings, whole = runtime.settings.retention, Retired()
    while True:
        with runtime.database.writing() as session:
            overwrite(session)
            now, some = runtime.clock(), Retired()
            _retire(runtime, session, settings, now, some)
            # Its time is the class's: of what is held the last round counts.
            whole.removed += some.removed
            whole.held = some.held
            more = any(some.removed.values())
            runtime.audit.enlist(session, _event(some, settings, now, subject, trace_id))
            if not more:
                session.add(RetentionRow(id=str(uuid4()), at=now, removed=dict(whole.removed), held=dict(whole.held)))
        unlink(runtime.blobs.directory, some.files)
        if not more:
            return whole


def _retire(runtime: Runtime, session: Session, settings: RetentionSettings, now: datetime, to: Retired) -> None:
    held = holds.held(session)
    _answers(runtime, session, settings, held, now, to)
    _evidence(session, settings, held, now, to)
    _documents(session, now - timedelta(days=settings.documents_days), held, now, to)
    cutoff = now - timedelta(days=settings.usage_days)
    to.removed["usage"] += _some(session, UsageRow, select(UsageRow.id).where(UsageRow.at < cutoff))
    _deliveries(session, now - timedelta(days=settings.deliveries_days), held, to)
    cutoff = now - timedelta(days=settings.kept_answers_days)
    old = select(AnswerRow.id).where(AnswerRow.created_at < cutoff)
    stale = select(KeptAnswerRow.name).where(KeptAnswerRow.answer_id.in_(old))
    to.removed["kept_answers"] += _some(session, KeptAnswerRow, stale, "name")
    gone, spared = reviews.retain(session, now - timedelta(days=settings.reviews_days), held, MOST)
    to.removed["reviews"] += gone
    if spared:
        to.held["reviews"] += spared


def _answers(
    runtime: Runtime, session: Session, settings: RetentionSettings, held: Held, now: datetime, to: Retired
) -> None:
    """With their conversation once it is empty, and with what the vault holds for that."""
    going: list[AnswerRow] = []
    shortest = min((settings.answers_days, *settings.by_sensitivity.values()))
    query = select(AnswerRow).where(AnswerRow.created_at < now - timedelta(days=shortest))
    for row in session.scalars(query.order_by(AnswerRow.created_at).execution_options(yield_per=500)):
        levels = _levels(session, row) if settings.by_sensitivity else ()
        if now - row.created_at < timedelta(days=_days(settings.answers_days, settings, levels)):
            continue
        if held.answer(row.id, row.person_id):
            to.held["answers"] += 1
        elif len(going) < MOST:
            going.append(row)
    ids = [row.id for row in going]
    conversations = {row.conversation_id for row in going}
    session.execute(delete(OnceRow).where(OnceRow.answer_id.in_(ids)))
    session.execute(update(UsageRow).where(UsageRow.answer_id.in_(ids)).values(answer_id=None))
    reviews.withdraw(session, ids, now)
    remove(session, AnswerRow, ids)
    to.removed["answers"] += len(ids)
    cutoff = now - timedelta(days=settings.answers_days)
    used = select(AnswerRow.id).where(AnswerRow.conversation_id == ConversationRow.id).exists()
    empty = select(ConversationRow.id, ConversationRow.person_id).where(~used)
    over = ConversationRow.id.in_(conversations) | (ConversationRow.updated_at < cutoff)
    emptied = [row.id for row in session.execute(empty.where(over)) if row.person_id not in held.people][:MOST]
    runtime.redaction.vault.forget(session, emptied, ())
    remove(session, ConversationRow, emptied)
    to.removed["conversations"] += len(emptied)
    ended = select(BatchRow.id, BatchRow.person_id).where(
        BatchRow.state == "ended",
        BatchRow.ended_at < cutoff,
        BatchRow.cleared_at.is_not(None) | BatchRow.sending_at.is_(None),
    )
    for batch in session.execute(ended.limit(MOST)).all():
        if batch.person_id not in held.people:
            batches.remove(session, batch.id)
            to.removed["batches"] += 1


def _evidence(session: Session, settings: RetentionSettings, held: Held, now: datetime, to: Retired) -> None:
    kept = held_versions(session, held)
    going: list[str] = []
    # Not the rows themselves: each holds the text of a document.
    columns = (
        SnapshotRow.version_id, SnapshotRow.document_id, SnapshotRow.source_id, SnapshotRow.sensitivity,
        SnapshotRow.cited_at,
    )  # fmt: skip
    query = select(*columns).where(SnapshotRow.sealed.is_not(None)).order_by(SnapshotRow.cited_at)
    shortest = min((settings.evidence_days, *settings.by_sensitivity.values()))
    for row in session.execute(query.where(SnapshotRow.cited_at < now - timedelta(days=shortest))):
        if now - row.cited_at < timedelta(days=_days(settings.evidence_days, settings, [row.sensitivity])):
            continue
        if row.version_id in kept or held.document(row.document_id, row.source_id):
            to.held["evidence"] += 1
        elif len(going) < MOST:
            going.append(row.version_id)
    to.removed["evidence"] += destroy(session, going, "retired", now)


def _documents(session: Session, cutoff: datetime, held: Held, now: datetime, to: Retired) -> None:
    """What is stored of documents that left their source, or whose source was removed, since before ``cutoff``."""
    still = select(DocumentAccessRow.id).where(
        DocumentAccessRow.document_id == DocumentRow.id,
        DocumentAccessRow.valid_to.is_(None) | (DocumentAccessRow.valid_to >= cutoff),
    )
    gone = select(DocumentRow.id, DocumentRow.source_id).where(
        DocumentRow.state == "gone", DocumentRow.content_hash != "", ~still.exists()
    )
    going: list[str] = []
    for row in session.execute(gone):
        if held.document(row.id, row.source_id):
            to.held["documents"] += 1
        elif len(going) < SOME:
            going.append(row.id)
    to.removed["documents"] += len(going)
    if going:
        to.files += purge(session, going, now, "gone")[1]


def _deliveries(session: Session, cutoff: datetime, held: Held, to: Retired) -> None:
    over = DeliveryRow.created_at < cutoff, DeliveryRow.state.in_(("sent", "dead"))
    asked = session.execute(select(AnswerRow.id, AnswerRow.person_id)) if held else ()
    people = {row.id: row.person_id for row in asked}
    going: list[str] = []
    for row in session.execute(select(DeliveryRow.id, DeliveryRow.key).where(*over).limit(10 * MOST)):
        answer = row.key.rpartition("/")[2]
        if held and held.answer(answer, people.get(answer, "")):
            to.held["deliveries"] += 1
        elif len(going) < MOST:
            going.append(row.id)
    to.removed["deliveries"] += len(going)
    session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(going)))
    hooks = select(WebhookDeliveryRow.id).where(
        WebhookDeliveryRow.created_at < cutoff, WebhookDeliveryRow.state.in_(("sent", "dead"))
    )
    to.removed["deliveries"] += _some(session, WebhookDeliveryRow, hooks)


def _levels(session: Session, row: AnswerRow) -> Sequence[str]:
    """How sensitive what an answer cites is."""
    cited = SnapshotRow.version_id.in_(cited_versions(row.claims))
    return session.scalars(select(SnapshotRow.sensitivity).where(cited)).all()


def _days(days: int, settings: RetentionSettings, levels: Iterable[str]) -> int:
    """A sensitivity shortens, and never lengthens."""
    shorter = {str(level): count for level, count in settings.by_sensitivity.items()}
    return min((days, *(shorter[each] for each in levels if each in shorter)))


def _some(session: Session, table: type[Base], ids: Select[str], key: str = "id") -> int:
    found = list(session.scalars(ids.limit(MOST)))
    remove(session, table, found, key)
    return len(found)


def _event(retired: Retired, settings: RetentionSettings, now: datetime, subject: str, trace_id: str) -> Event:
    details: dict[str, JSON] = {
        "removed": {name: count for name, count in retired.removed.items() if count},
        "held": dict(retired.held),
        "days": dict(days_of(settings)),
    }
    return Event(
        kind="retention.run", subject=subject, action="retention.run", outcome="done", at=now, trace_id=trace_id,
        details=details,
    )  # fmt: skip
