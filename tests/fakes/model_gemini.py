"""Fakes of Gemini's generateContent, written from its reference (ai.google.dev/api/generate-content, /gemini-api/docs/
troubleshooting; cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from answer.models.base import Usage
from answer.models.entry import ModelEntry
from evals.wire import sse
from tests.fakes.loopback import Asked
from tests.fakes.model_anthropic import TOKEN, give_token, private_key, service_account
from tests.fakes.model_vendor import KEY, Fault, ModelVendor, Script

MODEL = "gemini-2.5-flash-001"
_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "declined": "SAFETY", "other": "MALFORMED_FUNCTION_CALL"}
_FAULTS: Mapping[Fault, tuple[int, str, str]] = {
    "busy": (429, "RESOURCE_EXHAUSTED", ""),
    "broken": (500, "INTERNAL", ""),
    "overflow": (400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed. "),
    "declined": (400, "INVALID_ARGUMENT", "The prompt goes against the content policy. "),
    "unknown_model": (404, "NOT_FOUND", ""),
    "no_means": (402, "FAILED_PRECONDITION", ""),
}


class FakeGemini(ModelVendor):
    usage = Usage(input=120, output=9, cache_read=64, reasoning=3)

    def entry(self, **changes: Any) -> ModelEntry:
        fields = {"name": "flash", "provider": "gemini", "model": MODEL, "tier": "small"}
        return ModelEntry.model_validate({**fields, "base_url": self.url, "api_key": "env:MODEL_KEY", **changes})

    def accepts(self, asked: Asked) -> bool:
        path = f"/v1/models/{MODEL}:streamGenerateContent"
        return asked.path == path and asked.query == {"alt": "sse"} and asked.headers.get("x-goog-api-key") == KEY

    def opening(self, script: Script) -> list[bytes]:
        return [self._chunk({"content": {"role": "model", "parts": [{"text": "I am thinking", "thought": True}]}})]

    def piece(self, text: str) -> bytes:
        return self._chunk({"content": {"role": "model", "parts": [{"text": text}]}})

    def closing(self, script: Script) -> list[bytes]:
        told = self.usage
        usage = {
            "promptTokenCount": told.input,
            "cachedContentTokenCount": told.cache_read,
            "candidatesTokenCount": told.output - told.reasoning,
            "thoughtsTokenCount": told.reasoning,
            "totalTokenCount": told.input + told.output,
        }
        return [self._chunk({"finishReason": _FINISHES[script.finish]}, usageMetadata=usage)]

    def sign_of_life(self) -> bytes:
        return self._chunk({"content": {"role": "model", "parts": [{"text": "hm", "thought": True}]}})

    def fault_event(self, words: str) -> bytes:
        return sse({"error": {"code": 503, "message": words, "status": "UNAVAILABLE"}})

    def fault_body(self, fault: Fault, words: str) -> Any:
        code, status, said = _FAULTS[fault]
        return {"error": {"code": code, "message": said + words, "status": status}}

    def schema_in(self, body: Any) -> Any:
        assert body["generationConfig"]["responseMimeType"] == "application/json"
        return body["generationConfig"]["responseJsonSchema"]

    def texts_in(self, body: Any) -> list[str]:
        contents = [body["systemInstruction"], *body["contents"]]
        return [part["text"] for content in contents for part in content["parts"]]

    def _chunk(self, candidate: dict[str, Any], **more: Any) -> bytes:
        return sse(
            {"candidates": [{"index": 0, **candidate}], "modelVersion": self.version, "responseId": "r1", **more}
        )


class FakeGeminiVertex(FakeGemini):
    def entry(self, **changes: Any) -> ModelEntry:
        place = {"provider": "gemini-vertex", "name": "vertex-flash", "region": "europe-west1", "project": "acme-1"}
        return super().entry(**{**place, **changes})

    @property
    def secret(self) -> str:
        return service_account(self.url)

    @property
    def hidden(self) -> tuple[str, ...]:
        return (TOKEN, private_key().splitlines()[1])

    def accepts(self, asked: Asked) -> bool:
        place = "/v1beta1/projects/acme-1/locations/europe-west1/publishers/google/models"
        path = f"{place}/{MODEL}:streamGenerateContent"
        return asked.path == path and asked.headers.get("authorization") == f"Bearer {TOKEN}"

    def serve(self, http: Any, asked: Asked) -> None:
        if not give_token(self, http, asked):
            super().serve(http, asked)
