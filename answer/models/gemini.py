"""Google's Gemini through google-genai: with a key of the Gemini API, and on Vertex."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
from google import genai
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.genai import errors, types

from answer.models.adapter import Adapter, ask, count, of
from answer.models.base import FinishReason, Piece, Prompt, Usage, Wrote
from answer.models.calls import Call
from answer.models.entry import ModelEntry
from answer.models.wording import numbered_text, turns
from core.secrets import Secret

_REASONS: Mapping[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "declined",
    "RECITATION": "declined",
    "BLOCKLIST": "declined",
    "PROHIBITED_CONTENT": "declined",
    "SPII": "declined",
    "MODEL_ARMOR": "declined",
}
_VERSIONS = {"gemini": "v1", "gemini-vertex": "v1beta1"}


class GeminiModel(Adapter):
    package = "google-genai"

    def __init__(self, entry: ModelEntry, client: genai.Client, http: httpx2.Client) -> None:
        super().__init__(entry, http, (errors.APIError, GoogleAuthError), api_version(entry))
        self._client = client

    def _pieces(self, prompt: Prompt, call: Call) -> Iterator[Piece]:
        reason: FinishReason | None = None
        usage, model, answer_id = Usage(), "", ""
        for chunk in ask(self._client.models.generate_content_stream, self._request(prompt)):
            model, answer_id = of(chunk, "model_version") or model, of(chunk, "response_id") or answer_id
            usage = _usage(of(chunk, "usage_metadata")) or usage
            if _name(of(of(chunk, "prompt_feedback"), "block_reason")):
                reason = "declined"
            for candidate in (of(chunk, "candidates") or ())[:1]:
                for part in of(of(candidate, "content"), "parts") or ():
                    # What a model thinks is not what it answers.
                    if of(part, "text") and not of(part, "thought"):
                        yield Wrote(part.text)
                told = _name(of(candidate, "finish_reason"))
                if told and told != "FINISH_REASON_UNSPECIFIED":
                    reason = _REASONS.get(told, "other")
        yield self._ended(call, reason, usage, model, answer_id=answer_id)

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        roles = {"user": "user", "assistant": "model"}
        config: dict[str, Any] = {
            "system_instruction": prompt.instructions,
            "max_output_tokens": prompt.most_tokens,
            "automatic_function_calling": types.AutomaticFunctionCallingConfig(disable=True),
        }
        if prompt.schema is not None:
            config |= {"response_mime_type": "application/json", "response_json_schema": dict(prompt.schema)}
        return {
            "model": self._entry.model,
            "contents": [
                types.Content(role=roles[role], parts=[types.Part(text=text)])
                for role, text in turns(prompt, numbered_text(prompt.evidence))
            ],
            "config": types.GenerateContentConfig(**config),
        }


def direct(entry: ModelEntry, key: Secret, http: httpx2.Client) -> genai.Client:
    base = entry.base_url or "https://generativelanguage.googleapis.com/"
    return genai.Client(vertexai=False, api_key=key.text(), http_options=_options(entry, base, http))


def vertex(entry: ModelEntry, credentials: Credentials, http: httpx2.Client) -> genai.Client:
    region = entry.region or ""
    hosts = {"global": "aiplatform", "us": "aiplatform.us.rep", "eu": "aiplatform.eu.rep"}
    base = entry.base_url or f"https://{hosts.get(region, f'{region}-aiplatform')}.googleapis.com/"
    options = _options(entry, base, http)
    return genai.Client(
        vertexai=True, project=entry.project, location=region, credentials=credentials, http_options=options
    )


def api_version(entry: ModelEntry) -> str:
    return entry.api_version or _VERSIONS[entry.provider]


def _options(entry: ModelEntry, base: str, http: httpx2.Client) -> types.HttpOptions:
    return types.HttpOptions(base_url=base, api_version=api_version(entry), httpx_client=http)


def _name(value: object) -> str:
    """Of a member of one of the SDK's enumerations, or a name that it does not know yet."""
    named = of(value, "value") or value
    return named if isinstance(named, str) else ""


def _usage(told: object) -> Usage | None:
    """Thoughts are counted beside the answer there, and are a part of what was written here."""
    if told is None:
        return None
    thoughts = count(of(told, "thoughts_token_count"))
    return Usage(
        input=count(of(told, "prompt_token_count")),
        output=count(of(told, "candidates_token_count")) + thoughts,
        cache_read=count(of(told, "cached_content_token_count")),
        reasoning=thoughts,
    )
