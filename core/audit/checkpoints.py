"""Signed statements about the head of the chain: one row a batch, and the newest one again in a file of its own.

The file stands outside the database, so that a database whose tail was cut off no longer agrees with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from filelock import FileLock

from core.audit.events import JSON, canonical, instant
from core.secrets import sync_directory, write_durably

VERSION = 1
GENESIS = bytes(32)
"""The hash that stands before the first record."""


class BadCheckpoint(Exception):
    """A statement that the key did not sign, or that is not one. The message says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain held ``seq`` records; ``hashes`` (SHA-256) are those since the checkpoint before.

    With the hash of each record signed, a rewritten record is named itself, not only the batch that it is in.
    """

    seq: int
    hashes: tuple[bytes, ...]
    at: str
    statement: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def head(self) -> bytes:
        return self.hashes[-1] if self.hashes else GENESIS

    @property
    def before(self) -> int:
        """The place of the checkpoint before this one."""
        return self.seq - len(self.hashes)


def key_id(public: Ed25519PublicKey) -> str:
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def sign(key: Ed25519PrivateKey, seq: int, hashes: Sequence[bytes], at: datetime) -> Checkpoint:
    moment = instant(at)
    listed: list[JSON] = [one.hex() for one in hashes]
    statement = canonical({"v": VERSION, "seq": seq, "hashes": listed, "at": moment, "key": key_id(key.public_key())})
    return Checkpoint(seq, tuple(hashes), moment, statement, key.sign(statement))


def open_checkpoint(public: Ed25519PublicKey, statement: bytes, signature: bytes) -> Checkpoint:
    """Read a statement after checking its signature; raises BadCheckpoint."""
    try:
        public.verify(signature, statement)
    except InvalidSignature:
        raise BadCheckpoint("not signed by this installation's key") from None
    members = _members(statement)
    try:
        hashes = tuple(bytes.fromhex(one) for one in members["hashes"])
        return Checkpoint(int(members["seq"]), hashes, str(members["at"]), statement, signature)
    except (KeyError, TypeError, ValueError):
        raise BadCheckpoint("not a checkpoint") from None


def read_head(path: Path, public: Ed25519PublicKey) -> Checkpoint | None:
    """The checkpoint in the head file, None when there is no file; raises BadCheckpoint, OSError."""
    try:
        members = _members(path.read_bytes())
    except FileNotFoundError:
        return None
    try:
        statement, signature = members["statement"].encode(), bytes.fromhex(members["signature"])
    except (KeyError, AttributeError, TypeError, ValueError):
        raise BadCheckpoint("damaged") from None
    return open_checkpoint(public, statement, signature)


def prepare_head(path: Path, checkpoint: Checkpoint) -> None:
    """Put the checkpoint on the disk beside the head file, before the database commits it.

    A crash between the commit and ``publish_head`` leaves this file, which tells it from a head file rolled back.
    """
    content = {"statement": checkpoint.statement.decode(), "signature": checkpoint.signature.hex()}
    upcoming(path).unlink(missing_ok=True)
    write_durably(upcoming(path), orjson.dumps(content) + b"\n")


def publish_head(path: Path) -> None:
    """Make the prepared checkpoint the head: whole or not at all, and on the disk when this returns."""
    upcoming(path).replace(path)
    sync_directory(path.parent)


def upcoming(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def head_lock(path: Path) -> FileLock:
    """Held while the chain and its head file move, so that whoever holds it sees the two agree."""
    return FileLock(path.with_name(f"{path.name}.lock"), timeout=60, mode=0o600, poll_interval=0.005)


def _members(content: bytes) -> dict[str, Any]:
    try:
        members: Any = orjson.loads(content)
    except ValueError:
        raise BadCheckpoint("damaged") from None
    if not isinstance(members, dict):
        raise BadCheckpoint("damaged")
    return cast(dict[str, Any], members)
