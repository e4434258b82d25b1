"""Routes for tools that speak with OpenAI: the same questions, access, checks and records as those of the web chat."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from answer.answers import Answer, Stage
from answer.ask import Shown
from answer.models.base import Usage
from answer.tokens import tokens_of
from api.http.access import Asker, CurrentAsker, CurrentRuntime, may
from api.http.compatible import asking
from api.http.compatible.faults import CompatibleRoute, UnknownModel
from api.http.compatible.replies import Replies
from api.http.compatible.wire import Completion, CompletionIn, FaultOut, ModelCard, ModelList
from api.http.entering import base_url
from api.http.events import EVENTS, HEADERS
from api.runtime import Runtime

FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"model": FaultOut, "content": {"application/json": {}}} for status in (400, 401, 403, 404, 422, 429, 503)
}
router = APIRouter(prefix="/v1", route_class=CompatibleRoute, responses=FAULTS)


@router.get("/models", dependencies=[Depends(may("ask"))])
def list_models(runtime: CurrentRuntime) -> ModelList:
    """The names to ask with: the routing of the house, a tier, one model, or none."""
    return ModelList(data=asking.cards(runtime))


@router.get("/models/{name:path}", dependencies=[Depends(may("ask"))])
def show_model(name: str, runtime: CurrentRuntime) -> ModelCard:
    """One of them."""
    found = next((card for card in asking.cards(runtime) if card.id == name), None)
    if found is None:
        raise UnknownModel("There is no model of this name here.", hint="GET /v1/models lists them.")
    return found


@router.post("/chat/completions", response_model=Completion, responses={200: {"content": {EVENTS: {}}}})
def complete(body: CompletionIn, asker: CurrentAsker, runtime: CurrentRuntime, request: Request) -> object:
    """An answer to the last message. ``stream``: sentence by sentence, each once it is verified."""
    choice = asking.choice_of(runtime, body.model)
    asked = asking.read(body)
    runtime.limiter.take(asker.person_id)
    conversation_id, said = asking.place_of(runtime, asker.person_id, asked, body.vouch.conversation_id)
    happenings = runtime.asker.ask(
        asked.question, asker.person_id, conversation_id=conversation_id, trace_id=asker.trace_id,
        wanted=asked.wanted, choice=choice, said=said,
    )  # fmt: skip
    replies = Replies(base_url(request, runtime), body.model, asker.trace_id)
    if not body.stream:
        answer = next(each for each in happenings if isinstance(each, Answer))
        return replies.completion(answer, _used(runtime, asker, answer.id))
    # What fails until the evidence is there, and its intent in the log, is told by the status.
    first = _begun(happenings)
    counted = body.stream_options is not None and body.stream_options.include_usage
    usage = partial(_used, runtime, asker) if counted else None
    events = replies.stream(first, happenings, usage, int(runtime.clock().timestamp()))
    return StreamingResponse(events, media_type=EVENTS, headers=HEADERS)


def _begun(happenings: Iterator[Stage | Shown | Answer]) -> Stage | Shown | Answer:
    return next(each for each in happenings if not (isinstance(each, Stage) and each.stage == "searching"))


def _used(runtime: Runtime, asker: Asker, answer_id: str) -> Usage:
    with runtime.database.reading() as session:
        return tokens_of(session, answer_id, asker.person_id)
