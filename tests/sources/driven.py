"""Sources under test, worked for by hand: an installation whose jobs a test performs one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from connectors import repository as sources
from connectors import tasks
from connectors.plan import plan_of
from connectors.repository import SourceRecord
from core.database import Database
from core.jobs import Job, MemoryQueue
from core.leases import Leases
from ingest.blobs import BlobStore
from ingest.keep import Keeper
from ingest.sync import Sync, Task, Turned
from ingest.tables import DocumentRow, OutboxRow
from ingest.work import Work
from tests.conftest import StandingClock
from tests.installation import Installation


def ignore(done: int, total: int | None) -> None:
    """Nobody follows."""


def add_source(database: Database, name: str, now: datetime, plan: Mapping[str, Any] | None = None) -> SourceRecord:
    """A source of whatever kind: what it opens as is the test's affair."""
    people = {"people": plan["people"]} if plan and "people" in plan else {}
    declared = plan_of({**(plan or {}), **people}, lists_everything=False).model_dump(mode="json")
    with database.writing() as session:
        return sources.put(session, name, "files", {}, by="test", now=now, plan=declared)


class Bare:
    """The engine without parsing, embedding and index: what is kept, and nothing more."""

    def __init__(self, database: Database, clock: StandingClock, directory: Path) -> None:
        self.database, self.clock = database, clock
        self.keeper = Keeper(database, BlobStore(directory / "blobs"), clock)
        # Only what is done with documents by hand needs a pipeline.
        self.sync = Sync(database, self.keeper, None, clock)  # type: ignore[arg-type]
        self.record = add_source(database, "register", clock())

    def turn(self, source: Any, task: Task, since: datetime | None = None, **more: Any) -> Turned:
        return self.sync.turn(self.record, source, task, since, ignore, **more)

    def documents(self) -> dict[str, DocumentRow]:
        with self.database.reading() as session:
            return {row.key: row for row in session.scalars(select(DocumentRow))}

    def states(self) -> dict[str, str]:
        return {key: row.state for key, row in self.documents().items()}

    def outbox(self) -> dict[str, str]:
        """Stage by key."""
        with self.database.reading() as session:
            rows = session.execute(
                select(DocumentRow.key, OutboxRow.stage).join(OutboxRow, OutboxRow.document_id == DocumentRow.id)
            )
            return {row.key: row.stage for row in rows}

    def cursor(self) -> Any:
        with self.database.reading() as session:
            return sources.cursor(session, self.record.id)

    def leases(self) -> Leases:
        return Leases(self.database, self.clock)


class Driven:
    """An installation with sources of the test's own, and the jobs that its queue holds."""

    def __init__(self, installation: Installation, *opened: Any, plan: Mapping[str, Any] | None = None) -> None:
        self.installation = installation
        self.runtime = installation.runtime
        self.database = installation.runtime.database
        self.work: Work = installation.runtime.connecting.work
        self.sources: dict[str, Any] = {each.name: each for each in opened}
        self.work._open = lambda record: self.sources[record.name]
        self.records = {name: add_source(self.database, name, self.runtime.clock(), plan) for name in self.sources}

    @property
    def record(self) -> SourceRecord:
        return next(iter(self.records.values()))

    @property
    def queue(self) -> MemoryQueue:
        queue = self.work._queue
        assert isinstance(queue, MemoryQueue)
        return queue

    def perform(self, *only: str) -> list[Job]:
        """Do every job in the queue, and those that come of them; ``only`` of these kinds, the rest is lost."""
        done: list[Job] = []
        while (job := self.queue.take()) is not None:
            if not only or job.kind in only:
                self.work.perform(job)
                done.append(job)
        return done

    def sync(self, *wanted: str) -> None:
        """Run these tasks of every source now, and bring the index up to date; all of them by default."""
        now = self.runtime.clock()
        for record in self.records.values():
            with self.database.writing() as session:
                tasks.set_due(
                    session, record.id, dict.fromkeys(wanted or ("poll", "sweep", "access", "principals"), now)
                )
        self.work.tick()
        self.perform()

    def tasks(self, name: str | None = None) -> dict[str, tasks.TaskState]:
        record = self.record if name is None else self.records[name]
        with self.database.reading() as session:
            return tasks.of_source(session, record.id)

    def found(self, query: str, email: str) -> set[str]:
        return self.installation.found(query, email)

    def people(self, *emails: str) -> None:
        for email in emails:
            self.installation.person(email)

    def lags(self) -> dict[str, int]:
        """Number of observations by kind."""
        from connectors.tables import LagRow

        with self.database.reading() as session:
            rows: Iterable[LagRow] = session.scalars(select(LagRow)).all()
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.kind] = counts.get(row.kind, 0) + row.count
        return counts
