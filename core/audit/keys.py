"""The keys that sign the log, the first one and those that followed it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.audit.checkpoints import Checkpoint, sign
from core.audit.notes import NoteKey
from core.secrets import Keyring

PREFIX = "vouch-audit/"


def origin_of(first: Ed25519PublicKey) -> str:
    """The name of the log that this key began. It stays when the key is changed."""
    return PREFIX + hashlib.sha256(first.public_bytes_raw()).hexdigest()[:32]


def first_key(public: Ed25519PublicKey) -> NoteKey:
    """What a verifier has to trust: the key that the log began with."""
    return NoteKey(origin_of(public), public.public_bytes_raw())


class Generations:
    """The signing keys that this installation holds, the oldest first, under the name of its log."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._private: tuple[Ed25519PrivateKey, ...] = ()
        self.keys: tuple[NoteKey, ...] = ()
        self.look()

    def look(self) -> None:
        """Take up keys that another process made."""
        self._private = self._keyring.signing_keys()
        origin = origin_of(self._private[0].public_key())
        self.keys = tuple(NoteKey(origin, each.public_key().public_bytes_raw()) for each in self._private)

    @property
    def origin(self) -> str:
        return self.keys[0].name

    def newest(self, signers: Sequence[NoteKey]) -> int:
        """The number of the newest key among those that signed something."""
        return max(self.keys.index(each) for each in signers)

    def number(self, raw: bytes) -> int | None:
        """Which key this is; None for one that is not held here."""
        return next((number for number, key in enumerate(self.keys) if key.raw == raw), None)

    def following(self, generation: int) -> NoteKey:
        """The key after ``generation``, made now unless an earlier change of keys was cut off after making it."""
        if generation + 1 >= len(self.keys):
            self._keyring.make_signing_key()
            self.look()
        return self.keys[generation + 1]

    def sign(self, generations: Sequence[int], size: int, root: bytes, at: datetime) -> Checkpoint:
        return sign(self.origin, [self._private[each] for each in generations], size, root, at)

    def sign_bytes(self, generation: int, content: bytes) -> bytes:
        return self._private[generation].sign(content)
