"""Routes for batches of questions, which belong to the person who asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from fastapi import APIRouter
from pydantic import Field

from answer.batching.desk import Ask, Batches
from answer.batching.rows import Batch, BatchState, EachDocument, Item, ItemState
from answer.models.batches import Progress
from answer.models.entry import Tier
from api.http import paging, shapes
from api.http.access import Asker, CurrentAsker, CurrentRuntime
from api.http.models import AnswerOut, DocumentOut, Model
from api.http.paging import Cursor, Limit
from api.http.trail import DroppedOut, dropped_out
from api.runtime import Runtime
from core.errors import Invalid

router = APIRouter(prefix="/v1/batches")


class BatchQuestionIn(Model):
    """``id`` is the asker's own name for it, of which each is there once."""

    id: str
    question: str


class EachDocumentIn(Model):
    """A question that is put to each document of a source by itself. With ``schema`` (a JSON schema) the answer is a
    value of that shape: what of it was verified, and null for the rest."""

    source: str
    question: str
    form: dict[str, Any] | None = Field(default=None, alias="schema")


class BatchIn(Model):
    """One of ``questions`` and ``each_document`` is given, and one of ``model`` and ``tier``."""

    questions: list[BatchQuestionIn] = Field(default_factory=list[BatchQuestionIn])
    each_document: EachDocumentIn | None = None
    model: str | None = None
    tier: Tier | None = None


class ProgressOut(Model):
    """By the provider's word."""

    ended: bool
    done: int
    failed: int
    total: int


class EachDocumentOut(Model):
    source: str
    question: str


class BatchOut(Model):
    """``counts``: how many questions are in each state, or documents, where one question is put to each of a source.
    ``progress`` is there while the provider has it. ``cleared_at``
    is when the provider was told to delete it."""

    id: str
    model: str
    version: str
    state: BatchState
    why: str
    total: int
    counts: dict[ItemState, int]
    created_at: datetime
    ended_at: datetime | None
    cleared_at: datetime | None
    progress: ProgressOut | None = None
    each_document: EachDocumentOut | None = None


class BatchesOut(Model):
    batches: list[BatchOut]
    next: str | None = None


class BatchItemOut(Model):
    """``why`` there is no answer; where there is one, it is as its asker may read it now. ``document``: the one that
    was asked by itself; null where it may not be read now. What was made of one that changed since is not shown.
    ``dropped``: sentences, or values after what they are of, that the model wrote and its document does not carry."""

    id: str
    question: str
    state: ItemState
    why: str
    answer: AnswerOut | None = None
    document: DocumentOut | None = None
    dropped: list[DroppedOut] = Field(default_factory=list[DroppedOut])


class FetchedOut(Model):
    batch: BatchOut
    items: list[BatchItemOut] = Field(default_factory=list[BatchItemOut])


@router.post("")
def open_batch(body: BatchIn, asker: CurrentAsker, runtime: CurrentRuntime) -> BatchOut:
    """A batch of these questions, or of one to each document of a source that the asker may read, of which nothing is
    sent yet. The same for the same model is the same batch until it has ended."""
    runtime.limiter.take(asker.person_id)
    each = body.each_document
    if each is None:
        asks = [Ask(one.id, one.question) for one in body.questions]
        return _out(runtime.batches.open(asks, asker.person_id, model=body.model, tier=body.tier))
    if body.questions:
        raise Invalid("A batch has questions, or one for each document.", hint="Make two batches of it.")
    wanted = EachDocument(each.source, each.question, each.form)
    return _out(runtime.batches.open_each(wanted, asker.person_id, model=body.model, tier=body.tier))


@router.post("/{batch_id}/send")
def send_batch(batch_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> BatchOut:
    """Hand it over to the model's provider. A second time changes nothing."""
    return _out(runtime.batches.send(batch_id, asker.person_id, asker.trace_id))


@router.get("")
def list_batches(
    asker: CurrentAsker, runtime: CurrentRuntime, limit: Limit = paging.MOST, cursor: Cursor = ""
) -> BatchesOut:
    """The asker's own, the latest first."""
    after = cast("tuple[datetime, str]", paging.read(cursor, datetime, str, of="batches")) if cursor else None
    found = runtime.batches.batches(asker.person_id, limit + 1, after)
    shown, following = paging.page_of(found, limit, lambda each: (each.created_at, each.id), "batches")
    return BatchesOut(batches=[_out(each) for each in shown], next=following)


@router.get("/{batch_id}")
def read_batch(batch_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> BatchOut:
    """How far it is. The provider is asked, while it has it."""
    batches: Batches = runtime.batches
    batch = batches.batch(batch_id, asker.person_id)
    return _out(batch, batches.progress(batch))


@router.post("/{batch_id}/fetch")
def fetch_batch(batch_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> FetchedOut:
    """The answers, once the provider is done. What each may read is decided now; a second time changes nothing."""
    batch, items = runtime.batches.fetch(batch_id, asker.person_id, asker.trace_id)
    return FetchedOut(batch=_out(batch), items=[_item(each, asker, runtime) for each in items])


@router.post("/{batch_id}/cancel")
def cancel_batch(batch_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> BatchOut:
    """Have it end. What the provider did by then can be fetched."""
    return _out(runtime.batches.cancel(batch_id, asker.person_id))


def _item(item: Item, asker: Asker, runtime: Runtime) -> BatchItemOut:
    document, against = None, ""
    if item.document is not None:
        document, against = runtime.batches.document(item, asker.principal)
    shown, dropped = None, list[DroppedOut]()
    if item.state == "answered" and not against:
        shown = shapes.answer(runtime.archive.answer(item.answer_id, asker.principal, asker.trace_id))
        if (shown.dropped or shown.replaced) and item.document is not None:
            trail = runtime.archive.trail(item.answer_id, asker.principal, asker.trace_id)
            dropped = [dropped_out(each) for attempt in trail.attempts for each in attempt.dropped]
    return BatchItemOut(
        id=item.key,
        question=item.question,
        state=item.state,
        why=item.why or against,
        answer=shown,
        document=None if document is None else shapes.document(document),
        dropped=dropped,
    )


def _out(batch: Batch, progress: Progress | None = None) -> BatchOut:
    each = batch.each
    return BatchOut(
        id=batch.id,
        model=batch.entry.name,
        version=batch.entry.model,
        state=batch.state,
        why=batch.why,
        total=sum(batch.counts.values()),
        counts=batch.counts,
        created_at=batch.created_at,
        ended_at=batch.ended_at,
        cleared_at=batch.cleared_at,
        progress=None if progress is None else ProgressOut.model_validate(progress, from_attributes=True),
        each_document=None if each is None else EachDocumentOut.model_validate(each, from_attributes=True),
    )
