"""The trail of an answer, for the person who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter

from answer.retold import Attempted, Trail
from api.http import shapes
from api.http.access import CurrentAsker, CurrentRuntime
from api.http.models import CountedValuesOut, Model
from api.http.register import AttemptOut

router = APIRouter(prefix="/v1")


class DroppedOut(Model):
    """``against``: a kind of disagreement with the evidence (``number``, ``date``, ``name``, ``quote``, ``negation``,
    ``modality``, ``limit``, ``order``), ``support``, ``says_nothing`` or ``instruction``."""

    text: str | None
    withheld: Literal["access revoked", "instruction"] | None
    against: list[str]
    support: float
    replaced: bool


class TokensOut(Model):
    input: int
    output: int
    cache_read: int
    cache_write: int
    reasoning: int


class CallOut(Model):
    """What became of a call, request by request. ``region`` is where the provider says that it answered; ``micros`` are
    millionths of ``currency``."""

    returned: str
    region: str | None
    finish: str | None
    requests: list[AttemptOut]
    tokens: TokensOut
    micros: int | None
    currency: str | None
    first_seconds: float | None
    seconds: float


class TrailAttemptOut(Model):
    """``model`` is null where the documents' own sentences were taken; ``call`` where nothing was sent."""

    model: str | None
    version: str | None
    tier: str
    region: str | None
    reason: str
    ended: str
    why: str
    held: int
    repaired: int
    replaced: int
    kept_back: int
    instructing: int
    dropped: list[DroppedOut]
    call: CallOut | None


class TrailOut(Model):
    answer_id: str
    conversation_id: str
    question: str
    searched: str
    model: str
    tier: str
    attempts: list[TrailAttemptOut]
    timings: dict[str, float]
    values: list[CountedValuesOut]


@router.get("/answers/{answer_id}/trail")
def read_trail(answer_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> TrailOut:
    """Which models were asked for an answer, how it ended, and which of their sentences were not shown."""
    return _shown(runtime.archive.trail(answer_id, asker.principal, asker.trace_id))


def _shown(trail: Trail) -> TrailOut:
    return TrailOut(
        answer_id=trail.answer_id,
        conversation_id=trail.conversation_id,
        question=trail.question,
        searched=trail.searched,
        model=trail.model,
        tier=trail.tier,
        attempts=[_attempt(each) for each in trail.attempts],
        timings=dict(trail.timings),
        values=shapes.counted(trail.values),
    )


def _attempt(each: Attempted) -> TrailAttemptOut:
    return TrailAttemptOut(
        model=each.model,
        version=each.version,
        tier=each.tier,
        region=each.region,
        reason=each.reason,
        ended=each.ended,
        why=each.why,
        held=each.held,
        repaired=each.repaired,
        replaced=each.replaced,
        kept_back=each.kept_back,
        instructing=each.instructing,
        dropped=[
            DroppedOut(
                text=dropped.text,
                withheld=dropped.withheld,
                against=list(dropped.against),
                support=dropped.support,
                replaced=dropped.replaced,
            )
            for dropped in each.dropped
        ],
        call=_call(each.call) if each.call else None,
    )


def _call(told: Mapping[str, Any]) -> CallOut:
    cost: Mapping[str, Any] = told["cost"] or {}
    return CallOut(
        returned=told["returned"],
        region=told["region"],
        finish=told["finish"],
        requests=[
            AttemptOut(**{name: each[name] for name in ("reason", "seconds", "waited", "status")})
            for each in told["attempts"]
        ],
        tokens=TokensOut(**told["usage"]),
        micros=cost.get("micros"),
        currency=cost.get("currency"),
        first_seconds=told["first_seconds"],
        seconds=told["seconds"],
    )
