"""Routes for reviewers of answers: an answer's whole trail, the answer as of its date, and its evidence beside what the
sources say now. Each look is a record before it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from answer.review.compare import Comparison
from answer.review.replay import Replay
from answer.review.told import Whole
from api.configuring import By
from api.http.access import CurrentRuntime, deciding
from api.http.review_shapes import (
    ComparisonOut,
    ReplayOut,
    ReviewedAttemptOut,
    ReviewedDroppedOut,
    ReviewedTrailOut,
)

router = APIRouter(prefix="/v1/review")
Reviewing = Annotated[By, Depends(deciding("review"))]


@router.get("/answers/{answer_id}")
def review_answer(answer_id: str, by: Reviewing, runtime: CurrentRuntime) -> ReviewedTrailOut:
    """Everything about anybody's answer."""
    return _trail(runtime.looking.trail(answer_id, by.subject, by.trace_id))


def _trail(found: Whole) -> ReviewedTrailOut:
    given = {name: getattr(found, name) for name in ReviewedTrailOut.model_fields}
    told = {**given, "attempts": [_attempt(each) for each in found.attempts]}
    return ReviewedTrailOut.model_validate(told, from_attributes=True)


def _attempt(told: Mapping[str, Any]) -> ReviewedAttemptOut:
    return ReviewedAttemptOut(
        model=told.get("model"), version=told.get("version"), tier=told["tier"], region=told.get("region"),
        reason=told["reason"], ended=told["ended"], why=told.get("why", ""), held=told.get("held", 0),
        repaired=told.get("repaired", 0), replaced=told.get("replaced", 0), kept_back=told.get("withheld", 0),
        instructing=told.get("instructing", 0), strayed=told.get("call", {}).get("strayed", False),
        reused=told.get("reused"), excluded=told.get("excluded", []), timings=told.get("timings", {}),
        dropped=[
            ReviewedDroppedOut(
                text=each["text"] or None, redaction=each.get("redaction"), against=each["against"],
                support=each["support"], replaced=each["replaced"],
            )
            for each in told.get("dropped", ())
        ],
    )  # fmt: skip


@router.get("/answers/{answer_id}/replay")
def replay_answer(answer_id: str, by: Reviewing, runtime: CurrentRuntime) -> ReplayOut:
    """What was retrieved for an answer, who could see it then, and whether its sentences still hold on that."""
    found: Replay = runtime.looking.replay(answer_id, by.subject, by.trace_id)
    return ReplayOut.model_validate(found, from_attributes=True)


@router.get("/answers/{answer_id}/compare")
def compare_answer(answer_id: str, by: Reviewing, runtime: CurrentRuntime, live: bool = False) -> ComparisonOut:
    """What an answer cites beside its documents as they are indexed now; with ``live`` also as their sources have them
    at this moment."""
    found: Comparison = runtime.looking.compare(answer_id, by.subject, by.trace_id, live=live)
    return ComparisonOut.model_validate(found, from_attributes=True)
