"""The log of an installation, opened beside its server or without one, and what is told of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from api.parts.services import database_url
from api.parts.stores import head_file, open_sequencer, resolver
from api.settings import Settings
from core.audit import AuditLog, Event, Sequencer, Verification
from core.audit.checkpoints import BadCheckpoint, Checkpoint, read
from core.audit.events import NO_SUBJECT
from core.audit.export import Exported
from core.audit.keys import first_key, origin_of
from core.audit.notes import BadNote, NoteKey, read_key
from core.audit.reading import split_notes
from core.clock import utc_now
from core.database import Database, open_engine
from core.errors import Invalid, NotFound, Unavailable
from core.secrets import Keyring

LONGEST_FILE = 64 * 2**20


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log beside whatever else works on it: the lock at its head file lets one extend it at a time."""

    database: Database
    keyring: Keyring
    audit: AuditLog
    sequencer: Sequencer
    head: Path


@contextmanager
def open_log(settings: Settings) -> Generator[OpenLog]:
    """Raises ``NotFound`` where there is none."""
    head = head_file(settings)
    if not head.exists():
        raise NotFound(f"There is no installation in {head.parent}.", hint="Set VOUCH_DATA_DIR, or run make run.")
    database = Database(open_engine(database_url(settings, resolver(settings))))
    try:
        keyring = Keyring(head.parent / "keys")
        audit = AuditLog(database, keyring, utc_now)
        yield OpenLog(database, keyring, audit, open_sequencer(settings, audit, database, keyring, utc_now), head)
    finally:
        database.close()


def verified(
    found: Verification, kept: int, seconds: float, at: datetime, subject: str = NO_SUBJECT, trace_id: str = ""
) -> Event:  # fmt: skip
    """That somebody verified the log, and what was found."""
    details: dict[str, Any] = {
        "ok": found.ok, "records": found.records, "head": found.head, "root": found.root, "kept": kept,
        "seconds": seconds,
    }  # fmt: skip
    if found.first_broken is not None:
        details["first_broken"] = found.first_broken[0]
    return Event("audit.verified", subject, "verify", "done", at, trace_id=trace_id, details=details)


def exporting(
    checkpoint: Checkpoint, first: int | None, last: int | None, form: str, at: datetime, subject: str = NO_SUBJECT,
    trace_id: str = "",
) -> Event:  # fmt: skip
    """That somebody is going to copy records out."""
    begin, end = first or 1, last or checkpoint.size
    details: dict[str, Any] = {
        "records": max(0, end - begin + 1), "first": begin, "last": end, "size": checkpoint.size,
        "root": checkpoint.root.hex(), "form": form,
    }  # fmt: skip
    return Event("audit.exported", subject, "export", "started", at, trace_id=trace_id, details=details)


def told(found: Verification) -> dict[str, Any]:
    """What a verification found, as JSON."""
    broken = None if found.first_broken is None else {"seq": found.first_broken[0], "reason": found.first_broken[1]}
    return {
        "ok": found.ok, "records": found.records, "head": found.head, "root": found.root, "first_broken": broken,
        "trouble": found.trouble or None, "at": found.at or None, "keys": [str(each) for each in found.keys],
    }  # fmt: skip


def told_export(made: Exported, out: Path) -> dict[str, Any]:
    return {
        "out": str(out), "records": made.records, "first": made.first, "last": made.last, "complete": made.complete,
        "size": made.checkpoint.size, "checkpoint": made.checkpoint.note.decode(),
    }  # fmt: skip


def trusted_key(given: str) -> NoteKey:
    """The first public key of a log: the text of one, or a file that holds it. Raises ``Invalid``."""
    path = Path(given)
    text = _content(path).decode("utf-8", "replace") if "+" not in given or path.exists() else given
    try:
        key = read_key(text)
    except BadNote as error:
        raise Invalid(f"What was given as key is {error}.", hint="Give what vouch audit key prints.") from None
    if key != first_key(key.public):
        raise Invalid(
            f"This is not the key that a log began with: that one's name would be {origin_of(key.public)}.",
            hint="Give the first key that vouch audit key prints.",
        )
    return key


def kept_notes(paths: Sequence[Path]) -> list[bytes]:
    """The checkpoints in files, of which each may hold several. Raises ``Invalid`` for a file without any."""
    found: list[bytes] = []
    for path in paths:
        notes = split_notes(_content(path))
        if not notes:
            raise Invalid(f"{path} holds no checkpoint.", hint="Give a file that vouch audit checkpoint wrote.")
        found += notes
    return found


def kept_note(path: Path) -> bytes:
    """The newest of the checkpoints in a file."""
    notes = kept_notes([path])
    try:
        return max(notes, key=lambda each: read(each)[0].size)
    except BadCheckpoint as error:
        raise Invalid(f"The checkpoint in {path} is {error}.", hint="Give it as it was kept.") from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_FILE)
    except OSError as error:
        raise Unavailable(f"{path} cannot be read ({error.strerror}).", hint="Check its name.") from None
