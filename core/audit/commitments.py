"""Names and texts as the audit log knows them: keyed, so that nobody can guess them from the log alone."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from core.secrets import Secret

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Commitments:
    """Commits to the texts of one record. The salt stands in the record: without key and salt, equal texts look
    unrelated; with both, a text can be shown to be the one that was logged.

    Each commitment is HMAC-SHA256(key, salt || UTF-8 of the text), in hex.
    """

    key: Secret = field(repr=False)
    salt: str

    @classmethod
    def new(cls, key: Secret) -> Commitments:
        return cls(key, secrets.token_hex(SALT_BYTES))

    def of(self, text: str | bytes) -> str:
        # A lone surrogate has no UTF-8 form, but a question that holds one still has to be logged.
        content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return hmac.digest(self.key.raw(), bytes.fromhex(self.salt) + content, "sha256").hex()


def pseudonym(key: Secret, person_id: str) -> str:
    """The name of a person in the log: HMAC-SHA256 cut to 128 bits, in hex. Always the same for the same person."""
    return hmac.digest(key.raw(), person_id.encode(), "sha256").hex()[:32]
