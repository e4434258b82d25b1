"""Routes for batches of questions, which belong to the person who asks."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from answer.batching.desk import Ask, Batches
from answer.batching.rows import Batch, BatchState, Item, ItemState
from answer.models.batches import Progress
from answer.models.entry import Tier
from api.http import shapes
from api.http.access import Asker, CurrentAsker, CurrentRuntime
from api.http.models import AnswerOut, Model
from api.runtime import Runtime

router = APIRouter(prefix="/v1/batches")


class BatchQuestionIn(Model):
    """``id`` is the asker's own name for it, of which each is there once."""

    id: str
    question: str


class BatchIn(Model):
    """One of ``model`` and ``tier`` is given."""

    questions: list[BatchQuestionIn]
    model: str | None = None
    tier: Tier | None = None


class ProgressOut(Model):
    """By the provider's word."""

    ended: bool
    done: int
    failed: int
    total: int


class BatchOut(Model):
    """``counts``: how many questions are in each state. ``progress`` is there while the provider has it. ``cleared_at``
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


class BatchesOut(Model):
    batches: list[BatchOut]


class BatchItemOut(Model):
    """``why`` there is no answer; where there is one, it is as its asker may read it now."""

    id: str
    question: str
    state: ItemState
    why: str
    answer: AnswerOut | None = None


class FetchedOut(Model):
    batch: BatchOut
    items: list[BatchItemOut] = Field(default_factory=list[BatchItemOut])


@router.post("")
def open_batch(body: BatchIn, asker: CurrentAsker, runtime: CurrentRuntime) -> BatchOut:
    """A batch of these questions, of which nothing is sent yet. The same questions for the same model are the same
    batch until it has ended."""
    asks = [Ask(each.id, each.question) for each in body.questions]
    return _out(runtime.batches.open(asks, asker.person_id, model=body.model, tier=body.tier))


@router.post("/{batch_id}/send")
def send_batch(batch_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> BatchOut:
    """Hand it over to the model's provider. A second time changes nothing."""
    return _out(runtime.batches.send(batch_id, asker.person_id, asker.trace_id))


@router.get("")
def list_batches(asker: CurrentAsker, runtime: CurrentRuntime) -> BatchesOut:
    """The asker's own, the latest first."""
    return BatchesOut(batches=[_out(each) for each in runtime.batches.batches(asker.person_id)])


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
    shown = None
    if item.state == "answered":
        shown = shapes.answer(runtime.archive.answer(item.answer_id, asker.principal, asker.trace_id))
    return BatchItemOut(id=item.key, question=item.question, state=item.state, why=item.why, answer=shown)


def _out(batch: Batch, progress: Progress | None = None) -> BatchOut:
    return BatchOut.model_validate(
        {
            "id": batch.id,
            "model": batch.entry.name,
            "version": batch.entry.model,
            "state": batch.state,
            "why": batch.why,
            "total": sum(batch.counts.values()),
            "counts": batch.counts,
            "created_at": batch.created_at,
            "ended_at": batch.ended_at,
            "cleared_at": batch.cleared_at,
            "progress": None
            if progress is None
            else {
                "ended": progress.ended,
                "done": progress.done,
                "failed": progress.failed,
                "total": progress.total,
            },
        }
    )
