"""Signed notes in the form of C2SP (c2sp.org/signed-note): text, and below it signatures that name their key.

Only Ed25519 (signature type 1). Reading is strict: a note has exactly one form, so that no byte of it can be changed
without that being seen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
ID_BYTES, KEY_BYTES = 4, 32
MOST_BYTES = 1 << 20
MOST_SIGNATURES = 100
_DASH = "\u2014 "


class BadNote(Exception):
    """Not a note, or not signed as it should be. The message says which."""


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key and the name that it signs under."""

    name: str
    raw: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.raw).digest()[:ID_BYTES]

    @property
    def public(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)

    def __str__(self) -> str:
        """As tools of C2SP read it: name, id and key, joined by ``+``."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.raw).decode()}"


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    id: bytes
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """``text`` ends in a line break and is what was signed."""

    text: str
    signatures: tuple[Signature, ...]

    def signers(self, keys: Iterable[NoteKey]) -> tuple[NoteKey, ...]:
        """Those of ``keys`` that signed it. Raises BadNote for a signature of one of them that does not hold."""
        found: list[NoteKey] = []
        for key in keys:
            for each in self.signatures:
                if (each.name, each.id) != (key.name, key.id):
                    continue
                try:
                    key.public.verify(each.value, self.text.encode())
                except InvalidSignature:
                    raise BadNote("not signed by its key") from None
                found.append(key)
                break
        return tuple(found)


def read_key(text: str) -> NoteKey:
    """The key that ``NoteKey.__str__`` writes. Raises BadNote."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise BadNote("not a public key: it reads NAME+ID+KEY")
    name, identity, encoded = parts
    raw = decoded(encoded)
    if len(raw) != 1 + KEY_BYTES or raw[:1] != ED25519:
        raise BadNote("not an Ed25519 public key")
    key = NoteKey(checked_name(name), raw[1:])
    if key.id.hex() != identity:
        raise BadNote("a public key whose id is not its own")
    return key


def read_note(content: bytes) -> Note:
    """Raises BadNote for anything that is not the one form of a note."""
    if len(content) > MOST_BYTES:
        raise BadNote("damaged")
    try:
        whole = content.decode()
    except UnicodeDecodeError:
        raise BadNote("damaged") from None
    text, gap, below = whole.rpartition("\n\n")
    lines = below.split("\n")
    if not gap or not text or lines.pop() or not lines or len(lines) > MOST_SIGNATURES:
        raise BadNote("damaged")
    if any(ord(each) < ord(" ") and each != "\n" for each in whole):
        raise BadNote("damaged")
    return Note(f"{text}\n", tuple(map(_signature, lines)))


def sign_note(text: str, name: str, keys: Sequence[Ed25519PrivateKey]) -> bytes:
    """``text``, which ends in a line break, signed under ``name`` by each of ``keys``."""
    lines: list[str] = []
    for key in keys:
        named = NoteKey(checked_name(name), key.public_key().public_bytes_raw())
        value = base64.b64encode(named.id + key.sign(text.encode())).decode()
        lines.append(f"{_DASH}{name} {value}\n")
    return f"{text}\n{''.join(lines)}".encode()


def checked_name(name: str) -> str:
    if not name or "+" in name or any(each.isspace() for each in name):
        raise BadNote("not a key's name")
    return name


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    value = decoded(encoded)
    if not line.startswith(_DASH) or len(value) <= ID_BYTES:
        raise BadNote("damaged")
    return Signature(checked_name(name), value[:ID_BYTES], value[ID_BYTES:])


def decoded(encoded: str) -> bytes:
    """Base64 in its one form. Raises BadNote."""
    try:
        value = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("damaged") from None
    # The last character of an encoding may hold bits that say nothing.
    if base64.b64encode(value).decode() != encoded:
        raise BadNote("damaged")
    return value
