"""What goes over the wire, as OpenAI's reference has it. Of a request only what is named here is read."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.models import AnswerOut, SpanOut, StaleOut


class Taken(BaseModel):
    """Other fields are ignored: tools send many (sampling, tools, ``user``, metadata), and none of them has a say."""

    model_config = ConfigDict(extra="ignore")


class Part(Taken):
    type: str
    text: str | None = None
    refusal: str | None = None


class Message(Taken):
    role: str = Field(max_length=40)
    content: str | list[Part] | None = None


class StreamOptions(Taken):
    include_usage: bool = False


class JsonSchema(Taken):
    name: str = "answer"
    form: dict[str, Any] = Field(default_factory=dict[str, Any], alias="schema")


class ResponseFormat(Taken):
    type: str
    json_schema: JsonSchema | None = None


class VouchIn(BaseModel):
    """Vouch's own: the conversation that goes on, and what a structured answer is where nothing valid comes of it."""

    model_config = ConfigDict(extra="forbid")

    conversation_id: str | None = None
    fallback: Literal["refuse", "nulls"] | dict[str, Any] = "refuse"


class CompletionIn(Taken):
    model: str
    messages: list[Message] = Field(min_length=1, max_length=2000)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None
    n: int | None = None
    vouch: VouchIn = VouchIn()


class UrlCitation(BaseModel):
    """``start_index`` to ``end_index`` (not part of it) in characters of the content, Unicode code points."""

    start_index: int
    end_index: int
    url: str
    title: str


class Rests(StaleOut):
    """On what the text between ``claim_start`` and ``claim_end`` rests. ``stale`` is null where it is not known yet,
    in a stream: the last chunk says it."""

    stale: bool | None = None  # type: ignore[assignment]
    n: int
    answer_id: str | None
    evidence: int
    claim_start: int
    claim_end: int
    document_id: str
    source: str
    uri: str
    version: str
    page: int | None
    spans: list[SpanOut]
    quote: str
    support: float
    as_of: str


class Annotation(BaseModel):
    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation
    vouch: Rests
    index: int | None = None
    """Only in a stream: its place in the list."""


class CompletionMessage(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: str | None
    annotations: list[Annotation]


class Choice(BaseModel):
    index: Literal[0] = 0
    message: CompletionMessage
    logprobs: None = None
    finish_reason: Literal["stop", "content_filter"]


class PromptTokens(BaseModel):
    cached_tokens: int = 0


class CompletionTokens(BaseModel):
    reasoning_tokens: int = 0


class CompletionUsage(BaseModel):
    """What the models of the answer read and wrote; 0 where the documents' own sentences were the answer."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokens
    completion_tokens_details: CompletionTokens


class Completion(BaseModel):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: CompletionUsage
    vouch: AnswerOut


class ModelCard(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelCard]


class Fault(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class FaultOut(BaseModel):
    error: Fault
