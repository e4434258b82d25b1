"""The trail of an answer, for the person who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BeforeValidator

from answer.retold import Dropped
from api.http.access import CurrentAsker, CurrentRuntime
from api.http.conversations import FeedbackOut, feedback_out
from api.http.models import CountedValuesOut, Model
from api.http.register import AttemptOut

router = APIRouter(prefix="/v1")


class DroppedOut(Model):
    """``against``: a kind of disagreement with the evidence (``number``, ``date``, ``name``, ``quote``, ``negation``,
    ``modality``, ``limit``, ``order``, ``clause``, ``condition``), ``support``, ``says_nothing``, ``repeated`` or
    ``instruction``."""

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
    """What became of a call, request by request. ``region`` is where the provider says that it answered, ``strayed``
    whether that is elsewhere than it should; ``micros`` are millionths of ``currency``."""

    returned: str
    region: str | None
    strayed: bool
    finish: str | None
    requests: list[AttemptOut]
    tokens: TokensOut
    micros: int | None
    currency: str | None
    first_seconds: float | None
    seconds: float


def _call_out(told: Mapping[str, Any]) -> CallOut | None:
    """Of a call as it is stored; None where nothing was sent."""
    if not told:
        return None
    cost: Mapping[str, Any] = told["cost"] or {}
    return CallOut(
        returned=told["returned"],
        region=told["region"],
        strayed=told.get("strayed", False),
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
    call: Annotated[CallOut | None, BeforeValidator(_call_out)]


class AloneByOut(Model):
    """The model that was asked to make a follow-up stand alone. ``ended``: ``rewritten``, ``stands_alone``,
    ``unusable`` or ``failed``, then with the code of the error in ``why``."""

    model: str
    version: str
    tier: str
    region: str | None
    ended: str
    why: str
    call: Annotated[CallOut | None, BeforeValidator(_call_out)]


class TrailOut(Model):
    answer_id: str
    conversation_id: str
    question: str
    searched: str
    model: str
    tier: str
    alone_by: AloneByOut | None
    attempts: list[TrailAttemptOut]
    timings: dict[str, float]
    values: list[CountedValuesOut]
    feedback: FeedbackOut | None = None
    """What its reader said of it."""


@router.get("/answers/{answer_id}/trail")
def read_trail(answer_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> TrailOut:
    """Which models were asked for an answer, how it ended, and which of their sentences were not shown."""
    trail = runtime.archive.trail(answer_id, asker.principal, asker.trace_id)
    told = TrailOut.model_validate(trail, from_attributes=True)
    opinion = runtime.feedback.read(answer_id, asker.principal)
    return told.model_copy(update={"feedback": None if opinion is None else feedback_out(opinion)})


def dropped_out(dropped: Dropped) -> DroppedOut:
    return DroppedOut.model_validate(dropped, from_attributes=True)
