"""The SDK's own clients for the places where Anthropic's models are. What the SDK would look for in the environment is
given, or is not sent."""

from __future__ import annotations

from typing import Any

import httpx2
import orjson
from anthropic import Anthropic, Omit
from anthropic.lib.bedrock import AnthropicBedrock
from anthropic.lib.vertex import AnthropicVertex
from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError
from google.auth.credentials import Credentials

from answer.models.entry import ModelEntry
from core.errors import Invalid
from core.secrets import Secret

OWN = "https://api.anthropic.com"
BEDROCK_ERRORS: tuple[type[Exception], ...] = (BotoCoreError, ParserError)
# On Bedrock these would be signed and sent: what the machine is, which is nobody's business.
_MACHINE: Any = {
    f"X-Stainless-{name}": Omit()
    for name in (
        "Lang",
        "Package-Version",
        "OS",
        "Arch",
        "Runtime",
        "Runtime-Version",
        "Async",
        "Retry-Count",
        "Timeout",
        "Read-Timeout",
    )
}


def direct(entry: ModelEntry, key: Secret, http: httpx2.Client) -> Anthropic:
    return Anthropic(api_key=key.text(), base_url=entry.base_url or OWN, **_common(http))


def bedrock(entry: ModelEntry, key: Secret, http: httpx2.Client) -> AnthropicBedrock:
    """``key`` is a Bedrock API key, or JSON: ``{"access_key_id": ..., "secret_access_key": ..., "session_token":
    ...}``, the last where there is one. Raises Invalid."""
    base = entry.base_url or f"https://bedrock-runtime.{entry.region}.amazonaws.com"
    place: dict[str, Any] = {"aws_region": entry.region, "base_url": base, "default_headers": _MACHINE}
    try:
        return AnthropicBedrock(**_bedrock_key(entry, key), **place, **_common(http))
    except ValueError:
        hint = "Is AWS_BEARER_TOKEN_BEDROCK set in the environment? Vouch takes keys by reference only."
        raise Invalid(f"models.{entry.name}: the keys of Bedrock collide.", hint=hint) from None


def vertex(entry: ModelEntry, credentials: Credentials, http: httpx2.Client) -> AnthropicVertex:
    region = entry.region or ""
    hosts = {"global": "aiplatform", "us": "aiplatform.us.rep", "eu": "aiplatform.eu.rep"}
    base = entry.base_url or f"https://{hosts.get(region, f'{region}-aiplatform')}.googleapis.com/v1"
    return AnthropicVertex(
        region=region, project_id=entry.project or "", credentials=credentials, base_url=base, **_common(http)
    )


def _common(http: httpx2.Client) -> dict[str, Any]:
    return {"max_retries": 0, "http_client": http, "open_telemetry": False}


def _bedrock_key(entry: ModelEntry, key: Secret) -> dict[str, str | None]:
    text = key.text()
    if not text.lstrip().startswith("{"):
        return {"api_key": text}
    hint = 'Write {"access_key_id": "...", "secret_access_key": "..."}, and "session_token" where there is one.'
    wrong = Invalid(f"models.{entry.name}.api_key: this is not a key of AWS.", hint=hint)
    try:
        fields = orjson.loads(text)
    except ValueError:
        raise wrong from None
    names = ("access_key_id", "secret_access_key", "session_token")
    if not all(isinstance(fields.get(name), str) for name in names[:2]) or set(fields) - set(names):
        raise wrong
    return {
        "aws_access_key": fields["access_key_id"],
        "aws_secret_key": fields["secret_access_key"],
        "aws_session_token": fields.get("session_token"),
    }
