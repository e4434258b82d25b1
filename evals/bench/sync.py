"""How fast sources are kept: against dlt on the same records, unchanged, revoked, and over a large backfill."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import psutil

from connectors import repository as sources
from connectors.plan import plan_of
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource
from core.clock import Clock
from core.database import Database
from core.errors import Unavailable
from evals.bench import tryton
from evals.bench.made import MadeSource
from evals.bench.timing import Series
from ingest import repository
from ingest.pipeline import Pipeline
from ingest.sync import Sync, Task, Turned

Tell = Callable[[str], None]
TO_DLT = 0.7
READER = "reader@bench.example"


@dataclass(frozen=True, slots=True)
class Subject:
    """The parts of an installation that are measured. ``find`` gives the number of passages that the reader finds;
    ``indexed`` how many points the index itself lets them see; ``open_tryton`` a source for an address."""

    database: Database
    sync: Sync
    pipeline: Pipeline
    clock: Clock
    find: Callable[[str], int] = field(repr=False)
    indexed: Callable[[], int] = field(repr=False)
    open_tryton: Callable[[SourceRecord, tryton.TrytonServer], AnySource] = field(repr=False)

    def add(self, name: str) -> SourceRecord:
        plan = plan_of({}, lists_everything=False).model_dump(mode="json")
        with self.database.writing() as session:
            return sources.put(session, name, "files", {}, by="bench", now=self.clock(), plan=plan)

    def turn(self, record: SourceRecord, source: AnySource, task: Task, since: datetime | None = None) -> Turned:
        """One task of a source, without what the outbox then asks for."""
        return self.sync.turn(record, source, task, since, _nobody_follows)

    def forget_waiting(self) -> None:
        """Take everything out of the outbox: what would be parsed is not measured."""
        with self.database.writing() as session:
            repository.forget_waiting(session)


@dataclass(frozen=True, slots=True)
class AgainstDlt:
    """Records a second of reading and keeping, and of dlt that only reads them; a value a round."""

    records: int
    ours: Series
    dlt: Series


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Polls of records of which nothing changed. ``asked`` are the documents that anything was then to be done for."""

    records: int
    first_seconds: float
    seconds: float
    asked: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """``sync_seconds`` is what the access sync took; from its end on nothing was found. ``index_seconds`` is what the
    index needed then to agree. ``found`` are passages found before, right after, and at the end."""

    records: int
    sync_seconds: float
    index_seconds: float
    found: tuple[int, int, int]
    indexed: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Backfill:
    """Resident megabytes of the process after each share of the records."""

    records: int
    seconds: float
    resident_mb: dict[str, float]


@dataclass(slots=True)
class SyncResult:
    against_dlt: AgainstDlt | None = None
    missing: str = ""
    """Why Tryton could not be read."""
    unchanged: Unchanged | None = None
    revoked: Revoked | None = None
    backfill: Backfill | None = None


def measure_against_dlt(subject: Subject, parties: int, repeat: int, tell: Tell) -> AgainstDlt:
    """Read and keep all parties of a real Tryton, then read them with dlt; by turns. Raises ``Unavailable``."""
    tell("Starting Tryton, and filling it")
    ours: list[float] = []
    theirs: list[float] = []
    with tryton.serving(parties) as served:
        # Tryton is slower at its first questions: neither side is to be the one that warms it.
        tryton.read_with_dlt(served)
        for number in range(repeat):
            tell(f"Round {number + 1}: Vouch, then dlt")
            record = subject.add(f"tryton{number}")
            source = subject.open_tryton(record, served)
            began = time.perf_counter()
            kept = len(subject.turn(record, source, "poll").tally.new)
            ours.append(kept / (time.perf_counter() - began))
            subject.forget_waiting()
            began = time.perf_counter()
            read = tryton.read_with_dlt(served)
            theirs.append(read / (time.perf_counter() - began))
            if kept != read:
                raise Unavailable(f"Vouch kept {kept} records, dlt read {read}: nothing to compare.")
        return AgainstDlt(served.parties, Series(tuple(ours)), Series(tuple(theirs)))


def measure_unchanged(subject: Subject, records: int, tell: Tell) -> Unchanged:
    tell(f"An unchanged poll of {records:,} records")
    record, source = subject.add("unchanged"), MadeSource("unchanged", records)
    began = time.perf_counter()
    subject.turn(record, source, "poll")
    first = time.perf_counter() - began
    subject.forget_waiting()
    with subject.database.writing() as session:
        sources.move_cursor(session, record.id, None, subject.clock())
    began = time.perf_counter()
    turned = subject.turn(record, source, "poll", subject.clock())
    seconds = time.perf_counter() - began
    if turned.tally.unchanged != records:
        raise Unavailable(f"Only {turned.tally.unchanged} of {records} records were unchanged.")
    with subject.database.reading() as session:
        return Unchanged(records, first, seconds, repository.pending_count(session))


def measure_revoke(subject: Subject, records: int, tell: Tell) -> Revoked:
    """All records move to a group that the reader is not in."""
    tell(f"Indexing {records:,} records, to be revoked")
    record, source = subject.add("revoked"), MadeSource("revoked", records)
    source.email = READER
    subject.turn(record, source, "principals")
    subject.turn(record, source, "poll")
    subject.pipeline.drain()
    found, indexed = subject.find("pumps for Noordveen"), subject.indexed()
    tell("Revoking them")
    source.group = "legal"
    began = time.perf_counter()
    subject.turn(record, source, "access")
    synced = time.perf_counter() - began
    at_once = subject.find("pumps for Noordveen")
    began = time.perf_counter()
    subject.pipeline.drain()
    agreed = time.perf_counter() - began
    after = (found, at_once, subject.find("pumps for Noordveen"))
    return Revoked(records, synced, agreed, after, (indexed, subject.indexed()))


def measure_backfill(subject: Subject, records: int, tell: Tell, slice_seconds: float = 30) -> Backfill:
    """Resident memory while records are read and kept, a slice at a time as a worker does it: nothing of them may pile
    up."""
    tell(f"A backfill of {records:,} records")
    process = psutil.Process()
    record, source = subject.add("backfill"), MadeSource("backfill", records)
    resident: dict[str, float] = {}
    kept = 0
    began = time.perf_counter()

    def told(done: int, total: int | None) -> None:
        for share in (0.1, 0.5, 1.0):
            if f"{share:.0%}" not in resident and kept + done >= share * records:
                resident[f"{share:.0%}"] = process.memory_info().rss / 2**20

    finished = False
    while not finished:
        turned = subject.sync.turn(record, source, "poll", None, told, seconds=slice_seconds)
        kept += len(turned.tally.new)
        finished = turned.finished
    seconds = time.perf_counter() - began
    subject.forget_waiting()
    return Backfill(records, seconds, resident)


def _nobody_follows(done: int, total: int | None) -> None:
    """The bench looks at its end."""
