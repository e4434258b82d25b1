"""What a provider's refusal means for us. Of its words nothing is repeated: they may quote the prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import orjson
import structlog

from answer.models.base import ModelBusy, ModelDeclined, ModelError, ModelFailed, ModelOverflow
from connectors.outbound import retry_after
from core.errors import VouchError

BUSY = frozenset({408, 409, 424, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529, 598})
_BUSY_CODES = frozenset(
    {
        "overloaded_error", "rate_limit_error", "rate_limit_exceeded", "api_error", "server_error", "timeout_error",
        "unavailable", "resource_exhausted", "internal", "deadline_exceeded", "internalserverexception",
        "throttlingexception", "serviceunavailableexception", "modelstreamerrorexception", "modeltimeoutexception",
        "modelnotreadyexception", "vector_store_timeout",
    }
)  # fmt: skip
_OVERFLOW_CODES = frozenset(
    {"context_length_exceeded", "exceed_context_size_error", "request_too_large", "string_above_max_length"}
)
_DECLINED_CODES = frozenset(
    {
        "content_filter", "content_policy_violation", "invalid_prompt", "bio_policy", "misalignment_policy_violation",
        "responsibleaipolicyviolation", "cyber_policy", "safety",
    }
)  # fmt: skip
_OVERFLOW = re.compile(
    r"prompt is too long|input is too long|context (?:length|window|size)|maximum context|too many (?:input )?tokens"
    r"|token count .{0,40}exceeds|exceeds? the (?:available|maximum|model'?s) (?:context|number of tokens|input)"
    r"|longer than the (?:maximum )?(?:model|context)",
    re.IGNORECASE,
)
_DECLINED = re.compile(
    r"content (?:filter|policy|management policy)|blocked by .{0,30}(?:policy|guardrail)", re.IGNORECASE
)
_CODE = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+){0,5}")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_DELAY = re.compile(r"(\d{1,6}(?:\.\d+)?)s")
_IDS = ("x-request-id", "request-id", "apim-request-id", "x-amzn-requestid", "x-goog-request-id", "cf-ray")
LONGEST_WORDS = 4_000

log = structlog.get_logger()


def not_reached(name: str, error: VouchError, *, busy: bool, prefix: str = "") -> ModelError:
    """The error where nothing was sent: a secret, the egress rules, a name service or a server was in the way."""
    log.warning("model.not_reached", model=name, why=error.message)
    return (ModelBusy if busy else ModelFailed)(f"{prefix}{error.message}", hint=error.hint, sent=False)


def told(error: VouchError) -> tuple[str, str]:
    """Message and hint of an error as everybody may read them: what was in the way of a model is for those who run the
    installation, who find it in the log."""
    if isinstance(error, ModelError) and not error.sent:
        return "The model was not reached.", "Ask those who run Vouch; its log says what was in the way."
    return error.message, error.hint


def request_id(headers: Mapping[str, str]) -> str:
    """The provider's name for the call, where it is one by its form."""
    for name in _IDS:
        value = headers.get(name, "")
        if _ID.fullmatch(value):
            return value
    return ""


def refused(name: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> ModelError:
    """The error for an answer of HTTP that is no success."""
    try:
        told: Any = orjson.loads(body)
    except ValueError:
        told = body[:LONGEST_WORDS].decode(errors="replace")
    wait = retry_after({"Retry-After": headers.get("retry-after", "")}, now)
    return _failure(name, status, told, request_id(headers), wait)


def broken_off(name: str, told: object, request: str) -> ModelError:
    """The error for one that came in the middle of a reply, or instead of it with a status of success."""
    return _failure(name, None, told, request, None)


def _failure(name: str, status: int | None, told: object, request: str, wait: float | None) -> ModelError:
    codes, words, delay = _read(told)
    known = {code.lower() for code in codes}
    said = next((code for code in codes if len(code) <= 48 and _CODE.fullmatch(code)), "")
    what = " ".join(part for part in (f"status {status}" if status else "", f"({said})" if said else "") if part)
    facts: dict[str, Any] = {"status": status, "request_id": request}
    if known & _OVERFLOW_CODES or (status in (None, 400, 413, 422) and _OVERFLOW.search(words)) or status == 413:
        return ModelOverflow(
            f"The prompt is longer than the model {name} takes.", hint="Send less evidence, or a larger model.", **facts
        )
    if known & _DECLINED_CODES or (status in (None, 400, 403) and _DECLINED.search(words)):
        return ModelDeclined(
            f"The provider of the model {name} refused this request by its content rules.",
            hint="Ask another model, or in other words.", **facts,
        )  # fmt: skip
    if "insufficient_quota" in known or "billing_error" in known or status == 402:
        return ModelFailed(f"The account of the model {name} has no means left.", hint="Look at its billing.", **facts)
    if status in BUSY or (status is not None and status >= 500) or (status in (None, 200) and known & _BUSY_CODES):
        return ModelBusy(
            f"The model {name} cannot answer now: {what or 'it broke off'}.", hint="Try again later.",
            retry_after=wait if wait is not None else delay, **facts,
        )  # fmt: skip
    if status in (401, 403):
        hint = "Check its api_key, and what the key may use."
        return ModelFailed(f"The model {name} does not accept our key: {what}.", hint=hint, **facts)
    if status == 404:
        hint = "Check its base_url, its name and whether it was retired."
        return ModelFailed(f"The model {name} is not there: {what}.", hint=hint, **facts)
    if status is not None and 300 <= status < 400:
        hint = "If that is where the model is, use that address as its base_url."
        return ModelFailed(f"The model {name} redirects elsewhere, which is not followed.", hint=hint, **facts)
    hint = "Check its configuration against docs/models.md."
    return ModelFailed(f"The model {name} did not take the request: {what or 'an error'}.", hint=hint, **facts)


def _read(told: object) -> tuple[list[str], str, float | None]:
    """Codes, words and the wanted pause (seconds) of an error as any of the providers writes it."""
    if isinstance(told, list) and told:
        told = cast("list[object]", told)[0]
    if not isinstance(told, Mapping):
        return [], (told if isinstance(told, str) else "")[:LONGEST_WORDS], None
    outer = cast("Mapping[str, Any]", told)
    inner: Any = outer.get("error")
    error: Mapping[str, Any] = cast("Mapping[str, Any]", inner) if isinstance(inner, Mapping) else outer
    more = error.get("innererror") or error.get("inner_error")
    deeper: Mapping[str, Any] = cast("Mapping[str, Any]", more) if isinstance(more, Mapping) else {}
    found = (deeper.get("code"), error.get("code"), error.get("status"), error.get("type"), outer.get("__type"))
    codes = [each for each in found if isinstance(each, str) and each and each != "error"]
    words = inner if isinstance(inner, str) else error.get("message") or outer.get("Message") or ""
    return codes, str(words)[:LONGEST_WORDS], _delay(error.get("details"))


def _delay(details: object) -> float | None:
    """Google's ``RetryInfo``."""
    for each in cast("list[object]", details) if isinstance(details, list) else []:
        value = cast("Mapping[str, Any]", each).get("retryDelay") if isinstance(each, Mapping) else None
        match = _DELAY.fullmatch(value) if isinstance(value, str) else None
        if match:
            return float(match[1])
    return None
