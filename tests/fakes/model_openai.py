"""Fakes of OpenAI's interfaces, written from its reference (platform.openai.com/docs/api-reference: chat/create,
chat/streaming, responses/create, responses-streaming, guides/error-codes) and from Azure's
(learn.microsoft.com/azure/ai-foundry/openai/reference, concepts/content-filter)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from answer.models.base import Usage
from answer.models.entry import ModelEntry
from evals import wire
from evals.wire import sse
from tests.fakes.loopback import Asked
from tests.fakes.model_vendor import KEY, Fault, ModelVendor, Script

MODEL = "gpt-5-mini-2025-08-07"
_FINISHES = {"stop": "stop", "length": "length", "declined": "content_filter", "other": "tool_calls"}
_FAULTS: Mapping[Fault, dict[str, Any]] = {
    "busy": {"type": "requests", "code": "rate_limit_exceeded"},
    "broken": {"type": "server_error", "code": None},
    "overflow": {"type": "invalid_request_error", "code": "context_length_exceeded"},
    "declined": {"type": "invalid_request_error", "code": "content_policy_violation"},
    "unknown_model": {"type": "invalid_request_error", "code": "model_not_found"},
    "no_means": {"type": "insufficient_quota", "code": "insufficient_quota"},
}


class FakeCompatible(ModelVendor):
    """Chat Completions, as a server of one's own speaks them."""

    usage = Usage(input=120, output=9, cache_read=64, reasoning=3)

    def entry(self, **changes: Any) -> ModelEntry:
        fields = {"name": "local", "provider": "compatible", "model": "qwen3-8b-instruct-q5", "tier": "on_premise"}
        place = {"place": "on_premise", "base_url": self.url, "api_key": "env:MODEL_KEY"}
        return ModelEntry.model_validate({**fields, **place, **changes})

    def accepts(self, asked: Asked) -> bool:
        return asked.path == "/v1/chat/completions" and asked.headers.get("authorization") == f"Bearer {KEY}"

    def opening(self, script: Script) -> list[bytes]:
        return [wire.chunk(self.version, {"role": "assistant", "content": ""})]

    def piece(self, text: str) -> bytes:
        return wire.chunk(self.version, {"content": text})

    def closing(self, script: Script) -> list[bytes]:
        told = self.usage
        usage = {
            "prompt_tokens": told.input,
            "completion_tokens": told.output,
            "total_tokens": told.input + told.output,
            "prompt_tokens_details": {"cached_tokens": told.cache_read},
            "completion_tokens_details": {"reasoning_tokens": told.reasoning},
        }
        last = wire.chunk(self.version, {}, _FINISHES[script.finish])
        return [last, wire.chunk_of_usage(self.version, usage), wire.DONE]

    def sign_of_life(self) -> bytes:
        return b": still working\n\n"

    def fault_event(self, words: str) -> bytes:
        return sse(self.fault_body("busy", words))

    def fault_body(self, fault: Fault, words: str) -> Any:
        return {"error": {"message": words, "param": words, **_FAULTS[fault]}}

    def schema_in(self, body: Any) -> Any:
        assert body["response_format"]["type"] == "json_schema"
        assert body["response_format"]["json_schema"]["strict"] is True
        return body["response_format"]["json_schema"]["schema"]

    def texts_in(self, body: Any) -> list[str]:
        assert body["messages"][0]["role"] == "system"
        return [message["content"] for message in body["messages"]]


class FakeOpenAI(ModelVendor):
    """Responses."""

    usage = Usage(input=120, output=9, cache_read=64, cache_write=32, reasoning=3)
    path = "/v1/responses"

    def entry(self, **changes: Any) -> ModelEntry:
        fields = {"name": "writer", "provider": "openai", "model": MODEL, "tier": "small"}
        place = {"base_url": f"{self.url}/v1", "api_key": "env:MODEL_KEY"}
        return ModelEntry.model_validate({**fields, **place, **changes})

    def accepts(self, asked: Asked) -> bool:
        return asked.path == self.path and asked.headers.get("authorization") == f"Bearer {KEY}"

    def opening(self, script: Script) -> list[bytes]:
        answer = self._answer("in_progress")
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        return [
            self._event("response.created", response=answer),
            self._event("response.in_progress", response=answer),
            self._event("response.output_item.added", output_index=0, item=item),
        ]

    def piece(self, text: str) -> bytes:
        at = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
        return self._event("response.output_text.delta", delta=text, **at)

    def closing(self, script: Script) -> list[bytes]:
        told = self.usage
        usage = {
            "input_tokens": told.input,
            "input_tokens_details": {"cached_tokens": told.cache_read, "cache_write_tokens": told.cache_write},
            "output_tokens": told.output,
            "output_tokens_details": {"reasoning_tokens": told.reasoning},
            "total_tokens": told.input + told.output,
        }
        if script.finish == "stop":
            return [self._event("response.completed", response=self._answer("completed", usage=usage))]
        why = {"length": "max_output_tokens", "declined": "content_filter"}[script.finish]
        answer = self._answer("incomplete", usage=usage, incomplete_details={"reason": why})
        return [self._event("response.incomplete", response=answer)]

    def refusal(self, text: str) -> bytes:
        at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        return self._event("response.refusal.delta", delta=text, **at)

    def sign_of_life(self) -> bytes:
        return self._event("keepalive")

    def fault_event(self, words: str) -> bytes:
        error = {"code": "rate_limit_exceeded", "message": words}
        return self._event("response.failed", response=self._answer("failed", error=error))

    def fault_body(self, fault: Fault, words: str) -> Any:
        return {"error": {"message": words, "param": words, **_FAULTS[fault]}}

    def schema_in(self, body: Any) -> Any:
        assert body["text"]["format"]["type"] == "json_schema"
        assert body["text"]["format"]["strict"] is True
        return body["text"]["format"]["schema"]

    def texts_in(self, body: Any) -> list[str]:
        return [body["instructions"], *(message["content"] for message in body["input"])]

    def _answer(self, status: str, **more: Any) -> dict[str, Any]:
        fixed = {"id": "resp_1", "object": "response", "created_at": 1, "model": self.version, "output": []}
        settings = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "metadata": {}}
        return {**fixed, **settings, "status": status, "error": None, "incomplete_details": None, **more}

    def _event(self, kind: str, **more: Any) -> bytes:
        return sse({"type": kind, "sequence_number": 1, **more}, kind)


class FakeAzure(FakeOpenAI):
    path = "/openai/v1/responses"

    def entry(self, **changes: Any) -> ModelEntry:
        return super().entry(**{"provider": "azure", "name": "azure-writer", "base_url": self.url, **changes})

    def fault_body(self, fault: Fault, words: str) -> Any:
        if fault != "declined":
            return super().fault_body(fault, words)
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"violence": {"filtered": True}}}
        return {"error": {"message": words, "type": None, "param": "prompt", "code": "content_filter", "status": 400,
                          "innererror": inner}}  # fmt: skip
