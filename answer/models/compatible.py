"""Servers that speak OpenAI's Chat Completions: vLLM, llama.cpp, Ollama, LiteLLM Proxy, Kong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
from openai import OpenAI, OpenAIError

from answer.models.adapter import Adapter, ask, count, fits_strict, of
from answer.models.base import FinishReason, Piece, Prompt, Usage, Wrote
from answer.models.calls import Call
from answer.models.entry import ModelEntry
from answer.models.wording import numbered_text, turns
from core.secrets import Secret

NO_KEY = "none"
"""For servers that ask for no key; the SDK wants one, and would take that of the environment."""
_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length", "content_filter": "declined"}


class CompatibleModel(Adapter):
    package = "openai"

    def __init__(self, entry: ModelEntry, key: Secret | None, http: httpx2.Client) -> None:
        super().__init__(entry, http, (OpenAIError,))
        self._client = OpenAI(
            api_key=NO_KEY if key is None else key.text(),
            admin_api_key="",
            base_url=versioned(entry.base_url or ""),
            max_retries=0,
            http_client=http,
        )

    def _pieces(self, prompt: Prompt, call: Call) -> Iterator[Piece]:
        reason: FinishReason | None = None
        usage, model, answer_id = Usage(), "", ""
        refused = False
        for chunk in ask(self._client.chat.completions.create, self._request(prompt)):
            model, answer_id = of(chunk, "model") or model, of(chunk, "id") or answer_id
            usage = _usage(of(chunk, "usage")) or usage
            for choice in of(chunk, "choices") or ():
                refused = refused or bool(of(of(choice, "delta"), "refusal"))
                text = of(of(choice, "delta"), "content")
                if text:
                    yield Wrote(text)
                if of(choice, "finish_reason"):
                    reason = _REASONS.get(choice.finish_reason, "other")
        ended: FinishReason | None = "declined" if refused and reason == "stop" else reason
        yield self._ended(call, ended, usage, model, answer_id=answer_id)

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        said = [{"role": role, "content": text} for role, text in turns(prompt, numbered_text(prompt.evidence))]
        request: dict[str, Any] = {
            "model": self._entry.model,
            "messages": [{"role": "system", "content": prompt.instructions}, *said],
            "max_tokens": prompt.most_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if prompt.schema is not None:
            schema = {"name": "reply", "schema": dict(prompt.schema), "strict": fits_strict(prompt.schema)}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        return request


def versioned(base_url: str) -> str:
    """The address with the path that these servers have by convention, unless one is given."""
    return base_url if httpx2.URL(base_url).path.strip("/") else f"{base_url.rstrip('/')}/v1"


def _usage(told: object) -> Usage | None:
    if told is None:
        return None
    read, written = of(told, "prompt_tokens_details"), of(told, "completion_tokens_details")
    return Usage(
        input=count(of(told, "prompt_tokens")),
        output=count(of(told, "completion_tokens")),
        cache_read=count(of(read, "cached_tokens")),
        cache_write=count(of(read, "cache_write_tokens")),
        reasoning=count(of(written, "reasoning_tokens")),
    )
