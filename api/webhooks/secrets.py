"""The secrets that webhooks are signed with: made here, shown once, kept encrypted under the installation's keyring."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Refused
from core.secrets import Keyring, Secret

PREFIX = "whsec_"
SECRET_BYTES = 32
_KEY = "webhook-secrets"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Signing:
    """A secret as its receiver has it. ``until``: when it signs no more; None for the one that holds."""

    text: str = field(repr=False)
    until: datetime | None = None


def new_secret() -> str:
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


class Safe:
    """Seals secrets for the webhook that they belong to: put beside another one, they do not open."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, webhook_id: str, secrets: tuple[Signing, ...]) -> bytes:
        content = [[each.text, None if each.until is None else each.until.isoformat()] for each in secrets]
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher().encrypt(nonce, orjson.dumps(content), _bound(webhook_id))

    def open(self, webhook_id: str, sealed: bytes) -> tuple[Signing, ...]:
        """Raises ``Refused`` where they do not open: nothing is sent unsigned."""
        try:
            plain = self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(webhook_id))
        except (InvalidTag, ValueError):
            hint = "Restore the key directory from a backup, or make a new one: vouch webhooks rotate."
            raise Refused("The secret of this webhook does not open.", hint=hint) from None
        return tuple(
            Signing(text, None if until is None else datetime.fromisoformat(until))
            for text, until in orjson.loads(plain)
        )

    def valid(self, webhook_id: str, sealed: bytes, now: datetime) -> tuple[Secret, ...]:
        """Those that sign now, the newest first."""
        return tuple(
            Secret(each.text.encode())
            for each in self.open(webhook_id, sealed)
            if each.until is None or each.until > now
        )

    def _cipher(self) -> AESGCM:
        return AESGCM(self._keyring.key(_KEY).raw())


def _bound(webhook_id: str) -> bytes:
    return f"webhook:{webhook_id}".encode()
