"""Signed statements about the whole log: so many records, with this root, at this time. C2SP checkpoints
(c2sp.org/tlog-checkpoint) with one line more, the time.

The newest one also stands in a file outside the database, so that a database whose tail was cut off no longer agrees
with it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from filelock import FileLock

from core.audit.events import instant
from core.audit.merkle import EMPTY
from core.audit.notes import BadNote, Note, NoteKey, decoded, read_note, sign_note
from core.secrets import sync_directory, write_durably

GENESIS = bytes(32)
"""The hash that stands before the first record."""
HASH_BYTES = 32
_LINES = 4
_SIZE = re.compile(r"(0|[1-9][0-9]{0,17})\Z")
_TIME = re.compile(r"time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\Z")


class BadCheckpoint(Exception):
    """A statement that no key signed, or that is not one. The message says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log ``origin`` held ``size`` records, whose tree has this ``root``. ``note`` is the whole of it, signed."""

    origin: str
    size: int
    root: bytes
    at: str
    note: bytes = field(repr=False)

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)

    def agrees(self, other: Checkpoint) -> bool:
        """Whether both say the same of the log."""
        return (self.origin, self.size, self.root) == (other.origin, other.size, other.root)


def sign(origin: str, keys: Sequence[Ed25519PrivateKey], size: int, root: bytes, at: datetime) -> Checkpoint:
    """A new one, signed by each of ``keys``."""
    moment = instant(at)
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\ntime {moment}\n"
    return Checkpoint(origin, size, root, moment, sign_note(text, origin, keys))


def read(content: bytes) -> tuple[Checkpoint, Note]:
    """What a note says; its signatures are still to be checked. Raises BadCheckpoint."""
    try:
        note = read_note(content)
        origin, size, root, *more = note.text.removesuffix("\n").split("\n")
        times = [match[1] for line in more if (match := _TIME.match(line))]
        if not origin or not _SIZE.match(size) or not all(more) or len(times) != 1:
            raise BadCheckpoint("not a checkpoint")
        datetime.fromisoformat(times[0])
        head = decoded(root)
    except (BadNote, ValueError):
        raise BadCheckpoint("damaged") from None
    if len(head) != HASH_BYTES or (size == "0" and head != EMPTY):
        raise BadCheckpoint("not a checkpoint")
    return Checkpoint(origin, int(size), head, times[0], content), note


def open_checkpoint(content: bytes, keys: Sequence[NoteKey]) -> tuple[Checkpoint, tuple[NoteKey, ...]]:
    """A checkpoint of our own, and who of ``keys`` signed it, at least one. Nobody else may have signed it, and nothing
    else stands in it. Raises BadCheckpoint."""
    checkpoint, note = read(content)
    try:
        signers = note.signers(keys)
    except BadNote as error:
        raise BadCheckpoint(str(error)) from None
    if checkpoint.origin != keys[0].name or len(signers) != len(note.signatures):
        raise BadCheckpoint("not signed by this installation's key")
    if note.text.count("\n") != _LINES:
        raise BadCheckpoint("not a checkpoint")
    return checkpoint, signers


def read_head(path: Path, keys: Sequence[NoteKey]) -> Checkpoint | None:
    """The checkpoint in the head file, None when there is no file; raises BadCheckpoint, OSError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return open_checkpoint(content, keys)[0]


def prepare_head(path: Path, checkpoint: Checkpoint) -> None:
    """Put the checkpoint on the disk beside the head file, before the database commits it.

    A crash between the commit and ``publish_head`` leaves this file, which tells it from a head file rolled back.
    """
    upcoming(path).unlink(missing_ok=True)
    write_durably(upcoming(path), checkpoint.note)


def publish_head(path: Path) -> None:
    """Make the prepared checkpoint the head: whole or not at all, and on the disk when this returns."""
    upcoming(path).replace(path)
    sync_directory(path.parent)


def upcoming(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def head_lock(path: Path) -> FileLock:
    """Held while the chain and its head file move, so that whoever holds it sees the two agree."""
    return FileLock(path.with_name(f"{path.name}.lock"), timeout=60, mode=0o600, poll_interval=0.005)
