"""Fakes of Anthropic's Messages, written from its documentation (platform.claude.com/docs: api/messages,
build-with-claude/streaming, search-results, prompt-caching, api/errors), of the same on Bedrock
(docs.aws.amazon.com: API_runtime_InvokeModelWithResponseStream, the event stream encoding of the Smithy specification,
Signature Version 4) and on Vertex (streamRawPredict)."""

from __future__ import annotations

import base64
import struct
from binascii import crc32
from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from answer.models.base import Usage
from answer.models.entry import ModelEntry
from evals import wire
from evals.wire import sse
from tests.fakes.loopback import Asked
from tests.fakes.model_vendor import KEY, Fault, ModelVendor, Script

MODEL = "claude-haiku-4-5-20251001"
_STOPS = {"stop": "end_turn", "length": "max_tokens", "declined": "refusal", "other": "pause_turn"}
_FAULTS: Mapping[Fault, tuple[str, str]] = {
    "busy": ("rate_limit_error", ""),
    "broken": ("api_error", ""),
    "overflow": ("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum. "),
    "declined": ("invalid_request_error", "Output blocked by content filtering policy. "),
    "unknown_model": ("not_found_error", ""),
    "no_means": ("billing_error", ""),
}


class FakeAnthropic(ModelVendor):
    usage = Usage(input=120, output=9, cache_read=64, cache_write=32, reasoning=3)
    request_header = "request-id"

    def __init__(self) -> None:
        super().__init__()
        self._block_open = False

    def entry(self, **changes: Any) -> ModelEntry:
        fields = {"name": "reader", "provider": "anthropic", "model": MODEL, "tier": "large"}
        place = {"base_url": self.url, "api_key": "env:MODEL_KEY", "native_citations": False}
        return ModelEntry.model_validate({**fields, **place, **changes})

    def accepts(self, asked: Asked) -> bool:
        versioned = asked.headers.get("anthropic-version") == "2026-10-21"
        return asked.path == "/v1/messages" and asked.headers.get("authorization") == f"Bearer {KEY}" and versioned

    def opening(self, script: Script) -> list[bytes]:
        told = self.usage
        usage = {
            "input_tokens": told.input - told.cache_read - told.cache_write,
            "cache_read_input_tokens": told.cache_read,
            "cache_creation_input_tokens": told.cache_write,
            "output_tokens": 1,
            "inference_geo": "eu",
        }
        return [*map(self.event, wire.opened(self.version, usage)), self.sign_of_life()]

    def piece(self, text: str) -> bytes:
        return self.event(wire.text_delta(text))

    def closing(self, script: Script) -> list[bytes]:
        cited = [self.event(self._citation(*cite)) for cite in script.cites]
        told = {
            "output_tokens": self.usage.output,
            "output_tokens_details": {"thinking_tokens": self.usage.reasoning},
        }
        return [*cited, *map(self.event, wire.closed(_STOPS[script.finish], told))]

    def sign_of_life(self) -> bytes:
        return self.event({"type": "ping"})

    def fault_event(self, words: str) -> bytes:
        return self.event({"type": "error", "error": {"type": "overloaded_error", "message": words}})

    def fault_body(self, fault: Fault, words: str) -> Any:
        kind, said = _FAULTS[fault]
        return {"type": "error", "error": {"type": kind, "message": said + words}, "request_id": "req-77"}

    def schema_in(self, body: Any) -> Any:
        assert body["output_config"]["format"]["type"] == "json_schema"
        return body["output_config"]["format"]["schema"]

    def texts_in(self, body: Any) -> list[str]:
        texts = [block["text"] for block in body["system"]]
        for message in body["messages"]:
            for block in message["content"]:
                inner = block.get("content") or [block]
                texts += [block["title"]] if "title" in block else []
                texts += [each["text"] for each in inner]
        return texts

    def event(self, data: dict[str, Any]) -> bytes:
        return sse(data, data["type"])

    def _citation(self, result: int, start: int, end: int) -> dict[str, Any]:
        where = {"search_result_index": result, "start_block_index": start, "end_block_index": end}
        citation = {"type": "search_result_location", "cited_text": "...", "source": "s", "title": "t", **where}
        return wire.block_delta({"type": "citations_delta", "citation": citation})


class FakeBedrock(FakeAnthropic):
    """Checks the signature of each request as AWS does: over what arrived."""

    media_type = "application/vnd.amazon.eventstream"
    request_header = "x-amzn-requestid"
    model = "anthropic.claude-haiku-4-5-20251001-v1:0"
    access, private = "AKIAFAKEFAKEFAKE", "wJalrXUtnFEMI-hunter2"

    def entry(self, **changes: Any) -> ModelEntry:
        place = {"provider": "anthropic-bedrock", "name": "bedrock", "model": self.model, "region": "eu-central-1"}
        return super().entry(**{**place, **changes})

    @property
    def secret(self) -> str:
        return orjson.dumps({"access_key_id": self.access, "secret_access_key": self.private}).decode()

    @property
    def hidden(self) -> tuple[str, ...]:
        return (self.private,)

    def accepts(self, asked: Asked) -> bool:
        if asked.path != f"/model/{self.model}/invoke-with-response-stream":
            return False
        scope, _, rest = asked.headers.get("authorization", "").partition(", SignedHeaders=")
        names, _, signature = rest.partition(", Signature=")
        if "/eu-central-1/bedrock/aws4_request" not in scope:
            return False
        if not set(names.split(";")) <= set(asked.headers):
            return False
        headers = {name: asked.headers[name] for name in names.split(";")}
        signer = SigV4Auth(Credentials(self.access, self.private), "bedrock", "eu-central-1")
        request = AWSRequest("POST", self.url + asked.path, headers=headers, data=asked.body)
        request.context["timestamp"] = asked.headers["x-amz-date"]
        wanted = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        return signature == wanted

    def event(self, data: dict[str, Any]) -> bytes:
        payload = orjson.dumps({"bytes": base64.b64encode(orjson.dumps(data)).decode(), "p": "abcd"})
        kind = {":message-type": "event", ":event-type": "chunk", ":content-type": "application/json"}
        return frame(kind, payload)

    def fault_event(self, words: str) -> bytes:
        kind = {":message-type": "exception", ":exception-type": "throttlingException"}
        return frame({**kind, ":content-type": "application/json"}, orjson.dumps({"message": words}))

    def fault_body(self, fault: Fault, words: str) -> Any:
        said = {"overflow": "Input is too long for requested model. ", "declined": "Blocked by a content policy. "}
        return {"message": said.get(fault, "") + words}


class FakeAnthropicVertex(FakeAnthropic):
    """Gives a token for a signed assertion (RFC 7523) and takes no other."""

    request_header = "x-goog-request-id"

    def entry(self, **changes: Any) -> ModelEntry:
        place = {"provider": "anthropic-vertex", "name": "vertex-claude", "region": "europe-west1", "project": "acme-1"}
        return super().entry(**{**place, "base_url": f"{self.url}/v1", **changes})

    @property
    def secret(self) -> str:
        return service_account(self.url)

    @property
    def hidden(self) -> tuple[str, ...]:
        return (TOKEN, private_key().splitlines()[1])

    def accepts(self, asked: Asked) -> bool:
        place = "/v1/projects/acme-1/locations/europe-west1/publishers/anthropic/models"
        path = f"{place}/{MODEL}:streamRawPredict"
        return asked.path == path and asked.headers.get("authorization") == f"Bearer {TOKEN}"

    def serve(self, http: Any, asked: Asked) -> None:
        if not give_token(self, http, asked):
            super().serve(http, asked)


TOKEN = "ya29.hunter2-token"


def give_token(vendor: ModelVendor, http: Any, asked: Asked) -> bool:
    """Answers a request for a token (developers.google.com/identity/protocols/oauth2/service-account)."""
    if asked.path != "/token":
        return False
    vendor.tokens += 1
    assert asked.form()["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    token = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
    vendor._send(http, 200, orjson.dumps(token))
    return True


@cache
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def service_account(url: str) -> str:
    fields = {
        "type": "service_account",
        "project_id": "acme-1",
        "private_key_id": "k1",
        "private_key": private_key(),
        "client_email": "vouch@acme-1.iam.gserviceaccount.com",
        "token_uri": f"{url}/token",
    }
    return orjson.dumps(fields).decode()


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message of an event stream: lengths and their checksum, headers of type 7 (text), payload, checksum."""
    head = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    lengths = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    start = lengths + struct.pack("!I", crc32(lengths)) + head + payload
    return start + struct.pack("!I", crc32(start))
