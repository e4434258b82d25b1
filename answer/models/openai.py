"""OpenAI's Responses, at OpenAI itself and at Azure (``https://NAME.openai.azure.com/openai/v1/``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
from openai import OpenAI, OpenAIError

from answer.models.adapter import Adapter, ask, count, fits_strict, of
from answer.models.base import FinishReason, Piece, Prompt, Usage, Wrote
from answer.models.calls import Call
from answer.models.entry import ModelEntry
from answer.models.failures import broken_off
from answer.models.wording import numbered_text, turns
from core.errors import Invalid
from core.regions import region
from core.secrets import Secret

_OWN = "https://api.openai.com/v1"
_RESIDENCES: Mapping[str, str] = {
    name: f"https://{name}.api.openai.com/v1" for name in ("us", "eu", "ae", "au", "in", "jp")
}
FEWEST_TOKENS = 16
"""Which the interface accepts as the bound of a reply."""


class OpenAIModel(Adapter):
    package = "openai"

    def __init__(self, entry: ModelEntry, key: Secret, http: httpx2.Client) -> None:
        super().__init__(entry, http, (OpenAIError,), entry.api_version or "v1")
        self._client = OpenAI(
            api_key=key.text(),
            admin_api_key="",
            base_url=address(entry),
            default_query={"api-version": entry.api_version} if entry.api_version else None,
            max_retries=0,
            http_client=http,
        )

    def _pieces(self, prompt: Prompt, call: Call) -> Iterator[Piece]:
        refused = False
        for event in ask(self._client.responses.create, {**self._request(prompt), "stream": True}):
            match event.type:
                case "response.output_text.delta":
                    if event.delta:
                        yield Wrote(event.delta)
                case "response.refusal.delta" | "response.refusal.done":
                    refused = True
                case "response.completed" | "response.incomplete" | "response.cancelled":
                    answer = event.response
                    reason: FinishReason = "declined" if refused else reason_of(answer)
                    usage = usage_of(of(answer, "usage"))
                    yield self._ended(call, reason, usage, of(answer, "model"), answer_id=of(answer, "id"))
                    return
                case "response.failed" | "error":
                    error = of(of(event, "response"), "error") or event
                    told = {"code": of(error, "code"), "message": of(error, "message")}
                    raise broken_off(self.name, told, call.request_id)
                case _:
                    pass
        yield self._ended(call, None, Usage(), "")

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        """The body, streamed or in a batch."""
        said = [{"role": role, "content": text} for role, text in turns(prompt, numbered_text(prompt.evidence))]
        request: dict[str, Any] = {
            "model": self._entry.model,
            "instructions": prompt.instructions,
            "input": said,
            "max_output_tokens": max(FEWEST_TOKENS, prompt.most_tokens),
            "store": False,
        }
        if prompt.cache_key:
            request["prompt_cache_key"] = prompt.cache_key
        if prompt.schema is not None:
            schema = {"name": "reply", "schema": dict(prompt.schema), "strict": fits_strict(prompt.schema)}
            request["text"] = {"format": {"type": "json_schema", **schema}}
        return request


def address(entry: ModelEntry) -> str:
    """Where the interface is. For OpenAI's own a region is one of its residences, else it is refused: the rule that
    chose the region would not be kept. Raises Invalid."""
    if entry.provider == "azure":
        base = (entry.base_url or "").rstrip("/")
        return base if base.endswith("/openai/v1") else f"{base}/openai/v1"
    if entry.base_url is not None:
        return entry.base_url
    if entry.region is None:
        return _OWN
    residence = region(entry.region)
    if residence not in _RESIDENCES:
        hint = f"Write one of {', '.join(_RESIDENCES)}, or set base_url."
        raise Invalid(f"models.{entry.name}.region: OpenAI has no such residence.", hint=hint)
    return _RESIDENCES[residence]


def reason_of(answer: object) -> FinishReason:
    if of(answer, "status") == "completed":
        return "stop"
    why = of(of(answer, "incomplete_details"), "reason")
    reasons: dict[object, FinishReason] = {"max_output_tokens": "length", "content_filter": "declined"}
    return reasons.get(why, "other")


def usage_of(told: object) -> Usage:
    read, written = of(told, "input_tokens_details"), of(told, "output_tokens_details")
    return Usage(
        input=count(of(told, "input_tokens")),
        output=count(of(told, "output_tokens")),
        cache_read=count(of(read, "cached_tokens")),
        cache_write=count(of(read, "cache_write_tokens")),
        reasoning=count(of(written, "reasoning_tokens")),
    )
