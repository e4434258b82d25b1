"""From an answer to a completion, whole or chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Literal

import orjson
import structlog

from answer.answers import Answer, Stage
from answer.ask import Shown
from answer.models.base import Usage
from api.cited import Mark, Piece, Writing, filled, whole
from api.http import shapes
from api.http.compatible.faults import fault
from api.http.compatible.wire import (
    Annotation,
    Choice,
    Completion,
    CompletionMessage,
    CompletionTokens,
    CompletionUsage,
    PromptTokens,
    Rests,
    UrlCitation,
)
from core.errors import VouchError

log = structlog.get_logger()
Happening = Stage | Shown | Answer
Counted = Callable[[str], Usage]
"""What was used for an answer, by its id."""


class Replies:
    """Writes completions. ``base`` is where Vouch is reached; ``model`` the name that was asked for."""

    def __init__(self, base: str, model: str, trace_id: str) -> None:
        self._base, self._model, self._trace_id = base, model, trace_id

    def completion(self, answer: Answer, used: Usage) -> Completion:
        piece = whole(answer)
        refused = answer.status == "refused"
        return Completion(
            id=f"chatcmpl-{answer.id}",
            created=int(answer.created_at.timestamp()),
            model=self._model,
            choices=[
                Choice(
                    message=CompletionMessage(
                        content=None if refused else piece.text,
                        refusal=_refusal(answer) if refused else None,
                        annotations=self._annotations(piece.marks, answer),
                    ),
                    finish_reason=_finish(answer),
                )
            ],
            usage=_usage(used),
            vouch=shapes.answer(answer),
        )

    def stream(
        self, first: Happening, rest: Iterator[Happening], usage: Counted | None, created: int
    ) -> Iterator[bytes]:
        """Events. ``usage`` gives that of an answer by its id, where the caller wants it. What fails after the first
        of them is an event with an error: the status line is gone by then."""
        head: dict[str, Any] = {
            "id": f"chatcmpl-{self._trace_id}", "object": "chat.completion.chunk", "created": created,
            "model": self._model,
        }  # fmt: skip
        writing, count = Writing(), 0
        try:
            yield _chunk(head, {"role": "assistant", "content": "", "refusal": None})
            for happening in chain((first,), rest):
                if isinstance(happening, Shown):
                    piece = writing.sentence(happening.sentence)
                    yield from self._delta(head, piece, count)
                    count += len(piece.marks)
                elif isinstance(happening, Answer):
                    yield from self._ending(head, happening, writing, count)
                    if usage is not None:
                        yield _event({**head, "choices": [], "usage": _usage(usage(happening.id)).model_dump()})
        except Exception as error:
            if not isinstance(error, VouchError):
                log.error("compatible.failed", trace_id=self._trace_id, exc_info=error)
            yield _event(fault(error, self._trace_id)[1].model_dump())
        yield b"data: [DONE]\n\n"

    def _ending(self, head: dict[str, Any], answer: Answer, writing: Writing, count: int) -> Iterator[bytes]:
        if answer.status == "refused":
            yield _chunk(head, {"refusal": _refusal(answer)})
        else:
            piece = writing.rest(answer) if answer.structured is None else filled(answer.structured)
            yield from self._delta(head, piece, count, answer)
        extension = {"vouch": shapes.answer(answer).model_dump(mode="json")}
        yield _chunk({**head, **extension}, {}, _finish(answer))

    def _delta(self, head: dict[str, Any], piece: Piece, count: int, answer: Answer | None = None) -> Iterator[bytes]:
        if not piece.text:
            return
        delta: dict[str, Any] = {"content": piece.text}
        noted = self._annotations(piece.marks, answer)
        if noted:
            told = [each.model_copy(update={"index": count + at}) for at, each in enumerate(noted)]
            delta["annotations"] = [each.model_dump(mode="json") for each in told]
        yield _chunk(head, delta)

    def _annotations(self, marks: tuple[Mark, ...], answer: Answer | None) -> list[Annotation]:
        return [self._annotation(mark, answer) for mark in marks]

    def _annotation(self, mark: Mark, answer: Answer | None) -> Annotation:
        cited, document = mark.cited.citation, mark.cited.citation.document
        source = next((each for each in answer.sources if each.n == mark.cited.n), None) if answer else None
        stale = None if source is None else source.stale
        own = f"{self._base}/v1/documents/{document.id}"
        if answer is not None:
            own = f"{self._base}/v1/answers/{answer.id}/evidence/{mark.cited.evidence}"
        return Annotation(
            url_citation=UrlCitation(
                start_index=mark.start, end_index=mark.end, url=document.url or own, title=document.title
            ),
            vouch=Rests(
                n=mark.cited.n,
                answer_id=None if answer is None else answer.id,
                evidence=mark.cited.evidence,
                claim_start=mark.claim[0],
                claim_end=mark.claim[1],
                document_id=document.id,
                source=document.source,
                uri=document.uri,
                version=cited.version,
                page=cited.page,
                spans=shapes.spans(cited.spans),
                quote=cited.quote,
                support=round(cited.support, 4),
                as_of=cited.as_of.isoformat(),
                stale=None if answer is None else stale is not None,
                bound=None if stale is None else stale.bound,
                stale_since=None if stale is None else stale.since,
            ),
        )


def _chunk(head: dict[str, Any], delta: dict[str, Any], finish: str | None = None) -> bytes:
    return _event({**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]})


def _event(data: Any) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"


def _finish(answer: Answer) -> Literal["stop", "content_filter"]:
    return "content_filter" if answer.status == "refused" else "stop"


def _refusal(answer: Answer) -> str:
    return answer.reason or "Nothing that could be verified fits the schema."


def _usage(used: Usage) -> CompletionUsage:
    return CompletionUsage(
        prompt_tokens=used.input,
        completion_tokens=used.output,
        total_tokens=used.input + used.output,
        prompt_tokens_details=PromptTokens(cached_tokens=used.cache_read),
        completion_tokens_details=CompletionTokens(reasoning_tokens=used.reasoning),
    )
