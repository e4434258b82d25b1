"""Anthropic's Messages: at Anthropic itself, at servers that speak the same, on Bedrock and on Vertex."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
from anthropic import Anthropic, AnthropicError, transform_schema
from anthropic.lib.bedrock import AnthropicBedrock
from anthropic.lib.vertex import AnthropicVertex

from answer.models.adapter import Adapter, ask, count, of, word
from answer.models.base import FinishReason, Piece, Pointed, Prompt, Usage, Wrote
from answer.models.calls import Call
from answer.models.entry import ModelEntry
from answer.models.wording import harmless, numbered, numbered_text, turns
from core import regions

API_VERSION = "2026-10-21"
"""Which the SDK asks for: at Anthropic itself in a header, elsewhere in the body."""
REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "declined",
}
_CACHED = {"type": "ephemeral"}

Client = Anthropic | AnthropicBedrock | AnthropicVertex


class AnthropicModel(Adapter):
    package = "anthropic"

    def __init__(
        self, entry: ModelEntry, client: Client, http: httpx2.Client, errors: tuple[type[Exception], ...] = ()
    ) -> None:
        super().__init__(entry, http, (AnthropicError, *errors), API_VERSION)
        self._client = client

    def _pieces(self, prompt: Prompt, call: Call) -> Iterator[Piece]:
        blocks = self._citable(prompt)
        reason: FinishReason | None = None
        usage, model, answer_id, region = Usage(), "", "", None
        pointed: list[int] = []
        wrote = False
        for event in ask(self._client.messages.create, {**self._request(prompt), "stream": True}):
            match event.type:
                case "message_start":
                    message = event.message
                    model, answer_id = of(message, "model"), of(message, "id")
                    usage, region = usage_of(of(message, "usage"), usage), region_of(of(message, "usage"))
                case "content_block_delta":
                    if of(event.delta, "type") == "text_delta" and event.delta.text:
                        wrote = True
                        yield Wrote(event.delta.text)
                    elif of(event.delta, "type") == "citations_delta":
                        pointed += numbers_of(event.delta.citation, blocks)
                case "content_block_stop":
                    if wrote and blocks:
                        # Without numbers too: so that a citation of later text is not taken for one of this.
                        yield Pointed(tuple(dict.fromkeys(pointed)))
                    pointed, wrote = [], False
                case "message_delta":
                    usage = usage_of(of(event, "usage"), usage)
                    told = of(event.delta, "stop_reason")
                    reason = REASONS.get(told, "other") if told else reason
                case "message_stop":
                    yield self._ended(call, reason or "other", usage, model, answer_id=answer_id, region=region)
                    return
                case _:
                    pass
        yield self._ended(call, None, usage, model)

    def _citable(self, prompt: Prompt) -> list[list[int]]:
        """The numbers of the sentences by search result, where the provider's own citations are used. They do not go
        together with a schema."""
        if not self._entry.native_citations or prompt.schema is not None:
            return []
        return [[each.number for each in material.sentences] for material in prompt.evidence if material.sentences]

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        """The body, streamed or in a batch."""
        native = bool(self._citable(prompt))
        said: list[dict[str, Any]] = [
            {"role": role, "content": [{"type": "text", "text": text}]} for role, text in turns(prompt, "")
        ]
        first = _search_results(prompt) if native else _evidence_text(prompt)
        if first and said and said[0]["role"] == "user":
            said[0]["content"] = [*first, *said[0]["content"]]
        elif first:
            said.insert(0, {"role": "user", "content": first})
        request: dict[str, Any] = {
            "model": self._entry.model,
            "max_tokens": prompt.most_tokens,
            "system": [{"type": "text", "text": prompt.instructions, "cache_control": _CACHED}],
            "messages": said,
        }
        if prompt.schema is not None:
            schema = transform_schema(dict(prompt.schema))
            request["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        if self._entry.provider == "anthropic" and self._entry.base_url is None and self._entry.region is not None:
            request["inference_geo"] = regions.region(self._entry.region)
        return request


def _search_results(prompt: Prompt) -> list[dict[str, Any]]:
    """Each passage as a search result, each sentence a block of its own: what is cited is whole blocks. The numbers
    stand in the text too, since the instructions speak of them."""
    results: list[dict[str, Any]] = [
        {
            "type": "search_result",
            "source": harmless(material.source) or "passage",
            "title": harmless(material.title) or "passage",
            "content": [{"type": "text", "text": numbered(sentence)} for sentence in material.sentences],
            "citations": {"enabled": True},
        }
        for material in prompt.evidence
        if material.sentences
    ]
    results[-1]["cache_control"] = _CACHED
    return results


def _evidence_text(prompt: Prompt) -> list[dict[str, Any]]:
    text = numbered_text(prompt.evidence)
    return [{"type": "text", "text": text, "cache_control": _CACHED}] if text else []


def numbers_of(citation: object, blocks: list[list[int]]) -> list[int]:
    """The sentences that a citation names; those that are not there are left out."""
    result = _index(citation, "search_result_index")
    start, end = _index(citation, "start_block_index"), _index(citation, "end_block_index")
    return blocks[result][start:end] if 0 <= result < len(blocks) and start >= 0 and end >= 0 else []


def _index(citation: object, name: str) -> int:
    value = of(citation, name)
    return value if isinstance(value, int) else -1


def region_of(usage: object) -> str | None:
    """Where it was answered. Models that cannot be held to a place say that they do not tell."""
    said = word(of(usage, "inference_geo"))
    return None if said in ("", "not_available") else said


def usage_of(told: object, before: Usage) -> Usage:
    """The latest counts. The provider's ``input_tokens`` leaves out what its cache took part in; ours does not."""
    if told is None:
        return before
    read, write = of(told, "cache_read_input_tokens"), of(told, "cache_creation_input_tokens")
    plain = of(told, "input_tokens")
    cache_read = before.cache_read if read is None else count(read)
    cache_write = before.cache_write if write is None else count(write)
    uncached = before.input - before.cache_read - before.cache_write if plain is None else count(plain)
    return Usage(
        input=uncached + cache_read + cache_write,
        output=count(of(told, "output_tokens")) or before.output,
        cache_read=cache_read,
        cache_write=cache_write,
        reasoning=count(of(of(told, "output_tokens_details"), "thinking_tokens")) or before.reasoning,
    )
