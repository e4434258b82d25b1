"""Where a log is read from: the database with its head file, or an export (``core.audit.exported``)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy.orm import Session

from core.audit import repository
from core.audit.checkpoints import head_lock, upcoming
from core.audit.repository import Stored
from core.database import Database


class Unreadable(Exception):
    """The log lies where it cannot be read. The message says what is wrong there."""


@dataclass(frozen=True, slots=True)
class Heads:
    """What the head file beside a database says, and the one that was prepared beside it; not checked yet. ``trouble``
    says why it cannot be used."""

    head: bytes | None
    prepared: bytes | None
    trouble: str = ""

    @property
    def missing(self) -> bool:
        return self.head is None and not self.trouble


class LogReader(Protocol):
    """A log at rest, in order and a few records at a time. Reading raises Unreadable where it lies in pieces."""

    def total(self) -> int:
        """About how many records there are."""
        ...

    def records(self) -> AbstractContextManager[Iterator[Stored]]:
        """Place, bytes and stored leaf hash of each record. The hash is None where none is stored."""
        ...

    def checkpoints(self) -> AbstractContextManager[Iterator[Stored]]:
        """Size, note and leaf hashes since the one before of each checkpoint."""
        ...

    def tiles(self, level: int) -> Iterator[tuple[int, bytes | None]] | None:
        """The stored subtrees of a level, where any are stored."""
        ...

    def heads(self) -> Heads | None:
        """None where there is no head file that belongs to it."""
        ...

    def stamps(self) -> Sequence[tuple[bytes, bytes]]:
        """Time stamps (RFC 3161), each with the note that it is for."""
        ...


@dataclass(frozen=True, slots=True)
class DatabaseReader:
    """A snapshot of the database, and the head file of the same moment."""

    session: Session
    at_hand: Heads

    def total(self) -> int:
        newest = next(iter(repository.latest(self.session, 1)), None)
        return 0 if newest is None else newest.seq

    def records(self) -> AbstractContextManager[Iterator[Stored]]:
        return repository.all_records(self.session)

    def checkpoints(self) -> AbstractContextManager[Iterator[Stored]]:
        return repository.all_checkpoints(self.session)

    def tiles(self, level: int) -> Iterator[tuple[int, bytes | None]]:
        return repository.tiles(self.session, level)

    def heads(self) -> Heads:
        return self.at_hand

    def stamps(self) -> Sequence[tuple[bytes, bytes]]:
        return repository.stamps(self.session)


@contextmanager
def open_database(database: Database, head: Path) -> Generator[DatabaseReader]:
    with repository.snapshot(database) as session:
        with ExitStack() as held:
            # A copy on read-only media cannot be locked, and has no sequencer that could move it.
            with suppress(OSError):
                held.enter_context(head_lock(head))
            repository.latest_checkpoint(session)
            heads = _heads(head)
        yield DatabaseReader(session, heads)


def _heads(path: Path) -> Heads:
    try:
        prepared = upcoming(path).read_bytes()
    except OSError:
        prepared = None
    try:
        return Heads(path.read_bytes(), prepared)
    except FileNotFoundError:
        return Heads(None, prepared)
    except OSError as error:
        return Heads(None, prepared, f"the head file cannot be read ({error.strerror})")


def split_notes(content: bytes) -> list[bytes]:
    """The notes that stand one after the other in a file, an empty line between them."""
    found: list[bytes] = []
    text, gap, rest = content.partition(b"\n\n")
    while gap:
        # Below the text stand signatures, and then an empty line or the end.
        below, gap, rest = rest.partition(b"\n\n")
        found.append(text + b"\n\n" + below.rstrip(b"\n") + b"\n")
        text, gap, rest = rest.partition(b"\n\n") if gap else (b"", b"", b"")
    return found
