"""Queries on batches, which belong to the person who asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, cast
from uuid import uuid4

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from answer.batching.tables import BatchItemRow, BatchRow
from answer.models.entry import HANDED_OVER, ModelEntry
from answer.tables import AnswerRow
from answer.vault import Vault
from core.errors import NotFound

BatchState = Literal["preparing", "sending", "running", "ended"]
ItemState = Literal["waiting", "sent", "answered", "refused", "failed", "expired", "cancelled"]
OPEN: tuple[ItemState, ...] = ("waiting", "sent")


@dataclass(frozen=True, slots=True)
class EachDocument:
    """A question that is put to each document of a source by itself, with the JSON schema of what is wanted."""

    source: str
    question: str = field(repr=False)
    schema: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """As it is now, with how many of its questions are in each state."""

    id: str
    person_id: str
    entry: ModelEntry
    state: BatchState
    why: str
    provider_id: str | None
    created_at: datetime
    sending_at: datetime | None
    ended_at: datetime | None
    cleared_at: datetime | None
    counts: dict[ItemState, int]
    each: EachDocument | None = None


@dataclass(frozen=True, slots=True)
class Item:
    position: int
    key: str
    question: str = field(repr=False)
    answer_id: str
    conversation_id: str
    state: ItemState
    why: str = ""
    sent: dict[str, Any] | None = field(default=None, repr=False)
    reserved: dict[str, Any] | None = field(default=None, repr=False)
    document: str | None = None
    version: str | None = None

    def became(self, state: ItemState, why: str = "") -> Item:
        """At its end: nothing of what was sent is kept."""
        return replace(self, state=state, why=why, sent=None, reserved=None)


def add(
    session: Session, person_id: str, fingerprint: str, entry: ModelEntry, questions: Sequence[tuple[str, str]],
    now: datetime, each: EachDocument | None = None,
) -> str:  # fmt: skip
    """A new one with questions by key, which is a document's id where it is about ``each`` one; returns its id."""
    batch_id = str(uuid4())
    session.add(
        BatchRow(
            id=batch_id, person_id=person_id, fingerprint=fingerprint, model=entry.name,
            entry=entry.model_dump(mode="json"), state="preparing", created_at=now,
            each_document=None if each is None else asdict(each),
        )
    )  # fmt: skip
    session.flush()
    session.add_all(
        BatchItemRow(
            batch_id=batch_id, position=position, key=key, question=question, answer_id=str(uuid4()),
            conversation_id=str(uuid4()), state="waiting", document=None if each is None else key,
        )
        for position, (key, question) in enumerate(questions)
    )  # fmt: skip
    return batch_id


def put_since(session: Session, person_id: str, since: datetime) -> tuple[int, datetime | None]:
    """How many questions a person has put into batches since then, and when the first of them."""
    query = (
        select(func.count(), func.min(BatchRow.created_at))
        .select_from(BatchItemRow)
        .join(BatchRow, BatchRow.id == BatchItemRow.batch_id)
        .where(BatchRow.person_id == person_id, BatchRow.created_at > since)
    )
    count, first = session.execute(query).one()
    return count, first


def unfinished(session: Session, person_id: str, fingerprint: str) -> str | None:
    """The batch of these very questions that has not come to its end."""
    return session.scalar(
        select(BatchRow.id)
        .where(BatchRow.person_id == person_id, BatchRow.fingerprint == fingerprint, BatchRow.state != "ended")
        .order_by(BatchRow.created_at.desc())
        .limit(1)
    )


def batch(session: Session, batch_id: str, person_id: str) -> Batch:
    """Raises ``NotFound``, also for somebody else's."""
    row = session.get(BatchRow, batch_id)
    if row is None or row.person_id != person_id:
        raise NotFound("There is no such batch.", hint="vouch batch status shows yours.")
    return _batch(row, _counts(session, [batch_id])[batch_id])


def batches(
    session: Session, person_id: str, limit: int = 200, after: tuple[datetime, str] | None = None
) -> list[Batch]:
    """The latest first; those that come ``after`` the one of this time and id."""
    query = select(BatchRow).where(BatchRow.person_id == person_id)
    if after is not None:
        query = query.where(tuple_(BatchRow.created_at, BatchRow.id) < after)
    found = list(session.scalars(query.order_by(BatchRow.created_at.desc(), BatchRow.id.desc()).limit(limit)))
    counts = _counts(session, [row.id for row in found])
    return [_batch(row, counts[row.id]) for row in found]


def provider_ids(session: Session, model: str) -> list[str]:
    """Of every batch that went to a model, whoever asked."""
    query = select(BatchRow.provider_id).where(BatchRow.model == model, BatchRow.provider_id.is_not(None))
    return [name for name in session.scalars(query) if name]


def items(session: Session, batch_id: str, states: Iterable[ItemState] = ()) -> list[Item]:
    """In their order; of all states where none is given."""
    query = select(BatchItemRow).where(BatchItemRow.batch_id == batch_id).order_by(BatchItemRow.position)
    wanted = tuple(states)
    return [_item(row) for row in session.scalars(query.where(BatchItemRow.state.in_(wanted)) if wanted else query)]


def put(session: Session, batch_id: str, item: Item) -> None:
    row = session.get_one(BatchItemRow, (batch_id, item.position))
    row.state, row.why, row.sent, row.reserved = item.state, item.why, item.sent, item.reserved
    row.version = item.version


def change(session: Session, batch_id: str, **values: Any) -> None:
    session.execute(update(BatchRow).where(BatchRow.id == batch_id).values(**values))


def end(session: Session, batch_id: str, now: datetime) -> bool:
    """Mark it as ended where each question is; returns whether it is."""
    open_ = select(func.count()).where(BatchItemRow.batch_id == batch_id, BatchItemRow.state.in_(OPEN))
    if session.scalar(open_):
        return False
    change(session, batch_id, state="ended", ended_at=now)
    return True


def answer_kept(session: Session, answer_id: str) -> bool:
    """Whether something of the answer is there already: a fetch may have been cut off."""
    return session.get(AnswerRow, answer_id) is not None


def forget(session: Session, vault: Vault, person_id: str) -> int:
    """What a person asked in batches, and what the vault holds for answers that are not there yet. Returns how many
    values went. The rows stay without a text until their provider has nothing of them (``forgotten``)."""
    query = select(BatchItemRow).join(BatchRow, BatchRow.id == BatchItemRow.batch_id)
    rows = list(session.scalars(query.where(BatchRow.person_id == person_id)))
    for row in rows:
        row.key, row.question, row.document, row.version = str(row.position), "", None, None
        if row.state in OPEN:
            row.state, row.why, row.sent, row.reserved = "cancelled", "", None, None
    gone = {"state": "ended", "fingerprint": "", "each_document": None}
    session.execute(update(BatchRow).where(BatchRow.person_id == person_id).values(**gone))
    session.flush()
    return vault.forget(session, [row.conversation_id for row in rows], ())


def forgotten(session: Session) -> list[Batch]:
    """Batches of people who were forgotten."""
    found = list(session.scalars(select(BatchRow).where(BatchRow.fingerprint == "").order_by(BatchRow.created_at)))
    counts = _counts(session, [row.id for row in found])
    return [_batch(row, counts[row.id]) for row in found]


def handed_over(session: Session, batch_id: str, provider_id: str) -> None:
    """The provider has it. Whose asker was forgotten meanwhile stays ended."""
    change(session, batch_id, provider_id=provider_id)
    sending = BatchRow.id == batch_id, BatchRow.state == "sending"
    session.execute(update(BatchRow).where(*sending).values(state="running"))


def remove(session: Session, batch_id: str) -> None:
    session.execute(delete(BatchItemRow).where(BatchItemRow.batch_id == batch_id))
    session.execute(delete(BatchRow).where(BatchRow.id == batch_id))


def _counts(session: Session, ids: Sequence[str]) -> dict[str, dict[ItemState, int]]:
    query = select(BatchItemRow.batch_id, BatchItemRow.state, func.count()).where(BatchItemRow.batch_id.in_(ids))
    counts: dict[str, dict[ItemState, int]] = {batch_id: {} for batch_id in ids}
    for batch_id, state, count in session.execute(query.group_by(BatchItemRow.batch_id, BatchItemRow.state)):
        counts[batch_id][cast(ItemState, state)] = count
    return counts


def _batch(row: BatchRow, counts: dict[ItemState, int]) -> Batch:
    return Batch(
        row.id, row.person_id, ModelEntry.model_validate(row.entry, context=HANDED_OVER), cast(BatchState, row.state),
        row.why, row.provider_id, row.created_at, row.sending_at, row.ended_at, row.cleared_at, counts,
        None if row.each_document is None else EachDocument(**row.each_document),
    )  # fmt: skip


def _item(row: BatchItemRow) -> Item:
    return Item(
        row.position, row.key, row.question, row.answer_id, row.conversation_id, cast(ItemState, row.state), row.why,
        row.sent, row.reserved, row.document, row.version,
    )  # fmt: skip
