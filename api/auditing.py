"""The log of an installation, opened beside its server or without one, and what is told of it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from api.parts.services import database_url
from api.parts.stores import head_file, open_sequencer, resolver
from api.settings import Settings
from core.audit import AuditLog, Event, Sequencer, Verification
from core.audit.checkpoints import BadCheckpoint, Checkpoint, read
from core.audit.events import NO_SUBJECT
from core.audit.export import Exported, export
from core.audit.finding import Finder, Sought
from core.audit.keys import Generations, first_key, origin_of
from core.audit.notes import BadNote, NoteKey, read_key
from core.audit.reading import open_database, split_notes
from core.audit.selecting import Selection, asked, select
from core.audit.verification import Progress
from core.clock import Clock, utc_now
from core.database import Database, open_engine
from core.errors import Invalid, NotFound, Unavailable
from core.secrets import Keyring

LONGEST_FILE = 64 * 2**20
ABOUT = ("person", "answer", "conversation", "document", "source", "model")
UNSHOWN: Mapping[str, str | None] = {
    "log": None,
    "run": "It does not show what stands before and after these records.",
    "selection": "It does not show that nothing was left out: other records may fit what was asked for as well.",
}
"""What is not shown by an export that is as it was signed."""


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


def records_read(numbers: Sequence[int], at: datetime, subject: str, trace_id: str) -> Event:
    """That somebody read these records, which stand next to each other."""
    details: dict[str, Any] = {"records": len(numbers)}
    if numbers:
        details |= {"first": numbers[0], "last": numbers[-1]}
    return Event("audit.read", subject, "read", "done", at, trace_id=trace_id, details=details)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants a copy of: records that are ``sought``, those from ``first`` to ``last``, or the whole log.
    ``csv``: as a table, too. ``since``: checkpoints from which the log is to be shown to go on."""

    first: int | None = None
    last: int | None = None
    sought: Sought | None = None
    csv: bool = False
    since: tuple[bytes, ...] = ()


def copy_out(
    log: OpenLog, wanted: Wanted, out: Path | IO[bytes], clock: Clock, subject: str = NO_SUBJECT, trace_id: str = "",
    progress: Progress | None = None,
) -> Exported:  # fmt: skip
    """Export what is ``wanted``, as ``core.audit.export.export`` does. That somebody is going to is a record before.
    Raises NotFound where nothing fits."""
    log.sequencer.drain()
    chosen = None if wanted.sought is None else _chosen(log, wanted.sought)
    checkpoint = log.sequencer.current()
    run = (wanted.first, wanted.last) != (None, None)
    if run and chosen is not None:
        hint = "Ask for records by what they are about, or by where they stand."
        raise Invalid("A run of records is not searched as well.", hint=hint)
    if run and not 1 <= (wanted.first or 1) <= (wanted.last or checkpoint.size) <= checkpoint.size:
        raise Invalid(f"The log has records 1 to {checkpoint.size}.", hint="Choose the first and last among them.")
    form = "folder" if isinstance(out, Path) and out.suffix != ".zip" else "zip"
    log.audit.append(exporting(checkpoint, wanted, chosen, form, clock(), subject, trace_id))
    if chosen is not None and not chosen.runs:
        raise NotFound("No record fits.", hint="Ask for less at once: vouch audit search shows what is found.")
    log.sequencer.drain()
    with open_database(log.database, log.head) as reader:
        return export(
            reader, Generations(log.keyring), out, clock(), first=wanted.first, last=wanted.last, chosen=chosen,
            csv=wanted.csv, since=wanted.since, progress=progress,
        )  # fmt: skip


def _chosen(log: OpenLog, sought: Sought) -> Selection:
    asked(sought)
    Finder(log.database).follow()
    with log.database.reading() as session:
        return select(session, sought)


def exporting(
    checkpoint: Checkpoint, wanted: Wanted, chosen: Selection | None, form: str, at: datetime,
    subject: str = NO_SUBJECT, trace_id: str = "",
) -> Event:  # fmt: skip
    """That somebody is going to copy records out."""
    details: dict[str, Any] = {
        "size": checkpoint.size, "root": checkpoint.root.hex(), "form": form, "table": wanted.csv,
    }  # fmt: skip
    if chosen is None:
        first, last = wanted.first or 1, wanted.last or checkpoint.size
        scope = "log" if (wanted.first, wanted.last) == (None, None) else "run"
        details |= {"scope": scope, "records": max(0, last - first + 1), "first": first, "last": last}
    else:
        details |= {"scope": "selection", "records": chosen.records, "by": list(chosen.asked)}
        details |= {name: chosen.asked[name] for name in ABOUT if name in chosen.asked}
        if chosen.runs:
            details |= {"first": chosen.runs[0][0], "last": chosen.runs[-1][1]}
    return Event("audit.exported", subject, "export", "started", at, trace_id=trace_id, details=details)


def told(found: Verification) -> dict[str, Any]:
    """What a verification found, as JSON."""
    broken = None if found.first_broken is None else {"seq": found.first_broken[0], "reason": found.first_broken[1]}
    return {
        "ok": found.ok, "scope": found.scope, "asked": dict(found.asked), "cannot_show": UNSHOWN[found.scope],
        "records": found.records, "head": found.head, "root": found.root, "first_broken": broken,
        "trouble": found.trouble or None, "at": found.at or None, "keys": [str(each) for each in found.keys],
    }  # fmt: skip


def told_export(made: Exported, out: Path) -> dict[str, Any]:
    return {
        "out": str(out), "records": made.records, "first": made.first, "last": made.last, "complete": made.complete,
        "scope": made.scope, "size": made.checkpoint.size, "checkpoint": made.checkpoint.note.decode(),
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
