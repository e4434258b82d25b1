"""Secrets that a source uses, as its owner may see them: where each is and until when it holds, never what it is."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from cryptography import x509

from connectors.kinds import REFERENCE
from core.errors import VouchError
from core.secrets import Secret

State = Literal["there", "missing", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Credential:
    """``setting`` is where in the configuration it is named. ``elsewhere``: in a vault, which is asked only by runs.
    ``expires_at`` is None where the secret itself does not say."""

    setting: str
    reference: str
    state: State
    problem: str
    expires_at: datetime | None


def credentials(config: Mapping[str, Any], secret: Callable[[str], Secret]) -> tuple[Credential, ...]:
    """Every secret that a configuration names, by the name of its setting."""
    return tuple(_looked_at(setting, ref, secret) for setting, ref in sorted(_references(config, "")))


def expiry(secret: Secret) -> datetime | None:
    """Until when it holds, where it is a certificate or a signed token, which say so themselves."""
    try:
        text = secret.text()
    except UnicodeDecodeError:
        return None
    if "-----BEGIN CERTIFICATE-----" in text:
        try:
            return x509.load_pem_x509_certificate(text.encode()).not_valid_after_utc
        except ValueError:
            return None
    parts = text.strip().split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, binascii.Error):
        return None


def _looked_at(setting: str, ref: str, secret: Callable[[str], Secret]) -> Credential:
    if ref.startswith("vault:"):
        return Credential(setting, ref, "elsewhere", "", None)
    try:
        return Credential(setting, ref, "there", "", expiry(secret(ref)))
    except VouchError as error:
        return Credential(setting, ref, "missing", error.message, None)


def _references(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if re.match(REFERENCE, value, re.DOTALL):
            yield place, value
    elif isinstance(value, dict):
        for name, inner in cast("dict[str, object]", value).items():
            yield from _references(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, inner in enumerate(cast("list[object]", value)):
            yield from _references(inner, f"{place}.{number}")
