"""A webhook, signed as the Standard Webhooks specification says (github.com/standard-webhooks/standard-webhooks).

The signature is HMAC-SHA256 over ``id.timestamp.body``. While keys are being changed a message carries a signature of
each, so that the receiver may change over at any moment in between.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from pydantic import Field, model_validator

from connectors.destinations.base import (
    Delivery,
    DestinationConfig,
    DestinationKind,
    Means,
    Receipt,
    Step,
)
from connectors.destinations.exchange import send, taken
from connectors.kinds import SecretRef
from core.errors import Invalid, VouchError
from core.secrets import Secret

ID, TIMESTAMP, SIGNATURE = "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"
PREFIX = "whsec_"
KEY_BYTES = range(24, 65)
OURS = frozenset({"webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "content-length", "host"})


class WebhookConfig(DestinationConfig):
    """``keys``: the first is the newest; all of them sign. ``headers``: name -> secret, for a gateway on the way."""

    url: str = Field(max_length=2000)
    keys: tuple[SecretRef, ...] = Field(min_length=1, max_length=3)
    headers: dict[str, SecretRef] = Field(default={})
    unencrypted: bool = False
    """Allow ``http:``. The signature stays, but others on the way may read the message."""
    timeout_seconds: float = Field(default=15, gt=0, le=60)

    @model_validator(mode="after")
    def _can_be_sent_to(self) -> WebhookConfig:
        parts = urlsplit(self.url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("url must be an address like https://host/path")
        if parts.scheme == "http" and not self.unencrypted:
            raise ValueError("url must begin with https: (or say unencrypted: true)")
        if parts.username or parts.password:
            raise ValueError("url must hold no password; use headers")
        if taken_names := OURS.intersection(name.lower() for name in self.headers):
            raise ValueError(f"headers may not set {', '.join(sorted(taken_names))}")
        return self


@dataclass(frozen=True, slots=True)
class Webhook:
    config: WebhookConfig
    means: Means
    settles_seconds: float = 0.0

    def check(self) -> Iterator[Step]:
        try:
            count = len([signing_key(self.means.secret(ref)) for ref in self.config.keys])
        except VouchError as error:
            yield Step("secrets", False, error.message, error.hint)
            return
        yield Step("secrets", True, f"{count} signing key{'s' if count > 1 else ''}.")
        try:
            status = send(self._session(), "HEAD", self.config.url).status_code
        except VouchError as error:
            yield Step("reach", False, error.message, error.hint or "Check the address and the egress rules.")
            return
        yield Step("reach", True, f"It answers ({status} to HEAD). To see more, send one: vouch destinations test.")

    def deliver(self, delivery: Delivery) -> Receipt:
        timestamp = int(self.means.clock().timestamp())
        signatures = [
            sign(signing_key(self.means.secret(ref)), delivery.id, timestamp, delivery.body) for ref in self.config.keys
        ]
        headers = {
            "Content-Type": "application/json",
            ID: delivery.id,
            TIMESTAMP: str(timestamp),
            SIGNATURE: " ".join(signatures),
        }
        response = send(self._session(), "POST", self.config.url, data=delivery.body, headers=headers)
        return Receipt(f"HTTP {taken(response, 'The receiver').status_code}")

    def _session(self) -> requests.Session:
        headers = {name: self.means.secret(ref).text() for name, ref in self.config.headers.items()}
        return self.means.http.session(
            f"webhook:{urlsplit(self.config.url).netloc}", headers=headers, timeout_seconds=self.config.timeout_seconds
        )


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, as it stands in the header."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def signing_key(secret: Secret) -> bytes:
    """The key within ``whsec_`` and Base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(secret.text().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in KEY_BYTES:
        raise Invalid(
            "A signing key is not whsec_ with the Base64 of 24 to 64 bytes.",
            hint="Make one: echo whsec_$(head -c 32 /dev/urandom | base64)",
        )
    return key


KIND = DestinationKind(
    name="webhook",
    title="Webhook, signed (Standard Webhooks)",
    auth="HMAC-SHA256 signature; extra headers by reference",
    idempotency="the receiver passes over a Webhook-Id that it has seen",
    tested="a real HTTP receiver on loopback that verifies each signature",
    config=WebhookConfig,
    open=Webhook,
    example="""\
url: https://hooks.company.example/vouch
keys: [env:VOUCH_WEBHOOK_KEY]
""",
)
