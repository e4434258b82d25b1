"""Runs of sources: one task at a time, recorded, to an index that agrees; and what can be done to documents by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from connectors import accounts, tasks
from connectors import repository as sources
from connectors.errors import SourceRejected
from connectors.plan import stored_plan
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource
from core.clock import Clock
from core.database import Database
from core.errors import Conflict, Invalid, NotFound, VouchError
from core.leases import Lease, Leases, release_all
from ingest import reading, repository
from ingest.keep import Hold, Keeper, Tally, drop
from ingest.pipeline import Outcome, Pipeline
from ingest.reading import Turn
from ingest.shared import SharedDrain
from ingest.tables import DocumentRow

Phase = Literal["listing", "ingesting", "done"]
Task = Literal["poll", "sweep", "access", "principals", "retry"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. ``total`` is None while the source has not said how much there is."""

    phase: Phase
    done: int
    total: int | None
    chunks: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """One item that did not make it, and why. ``code`` is stable; ``reason`` says what to do."""

    key: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the items of one run."""

    source: str
    new: int
    changed: int
    unchanged: int
    access_changed: int
    deleted: int
    suppressed: int
    chunks: int
    failures: tuple[Failure, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        return {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "access_changed": self.access_changed,
            "deleted": self.deleted,
            "suppressed": self.suppressed,
            "failed": len(self.failures),
            "chunks": self.chunks,
        }


@dataclass(frozen=True, slots=True)
class Turned:
    """What one turn with a source came to. ``finished`` is False when its slice of time ended before the source did,
    ``stopped`` when somebody ended it."""

    began: datetime
    tally: Tally
    finished: bool
    stopped: bool = False


class _Stopped(Exception):
    """Somebody had the run end."""


class Sync:
    """Runs sources, one run a source at a time over all processes."""

    def __init__(
        self, database: Database, keeper: Keeper, pipeline: Pipeline | SharedDrain, clock: Clock,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._database, self._keeper, self._pipeline, self._clock = database, keeper, pipeline, clock
        self._elapsed = elapsed
        self._leases = Leases(database, clock)

    def run(
        self, record: SourceRecord, source: AnySource, progress: Callable[[Progress], None], *,
        confirm_empty: bool = False,
    ) -> Report:  # fmt: skip
        """Read every change, parse, embed, index. Raises when the source as a whole cannot be read; nothing is lost.

        A source that had items and now lists none is taken for one that is not mounted, unless ``confirm_empty``.
        """
        ready(source)

        def listed(done: int, total: int | None) -> None:
            progress(Progress("listing", done, total))

        turned = self.turn(record, source, "poll", record.confirmed_at, listed, confirm_empty=confirm_empty)
        if turned.stopped:
            raise Conflict(f"The run of {record.name} was stopped.", hint="Run it again: it goes on where it was.")
        with self._database.reading() as session:
            total = repository.pending_count(session)
        outcome = self._pipeline.drain(
            lambda documents, chunks: progress(Progress("ingesting", documents, total, chunks))
        )
        report = self._report(record, turned.tally, outcome)
        progress(Progress("done", total, total, outcome.chunks))
        return report

    def turn(
        self, record: SourceRecord, source: AnySource, task: Task, since: datetime | None,
        tell: Callable[[int, int | None], None], *, seconds: float | None = None, full: bool = False,
        confirm_empty: bool = False,
    ) -> Turned:  # fmt: skip
        """Do one task of a source, for about ``seconds``. What whole pages brought is kept, whatever happens.

        Raises ``Conflict`` while another run has the source, and what the source raises.
        """
        with self._leases.hold(f"source:{record.id}") as lease:
            if lease is None:
                raise Conflict(f"{record.name} is being read already.", hint="Wait for that run to end.")
            return self._turn(lease, record, source, task, since, tell, seconds, full, confirm_empty)

    def _turn(
        self, lease: Lease, record: SourceRecord, source: AnySource, task: Task, since: datetime | None,
        tell: Callable[[int, int | None], None], seconds: float | None, full: bool, confirm_empty: bool,
    ) -> Turned:  # fmt: skip
        started = self._elapsed()
        began = self._clock()
        with self._database.writing() as session:
            run_id = sources.start_run(session, record.id, began, task)

        def told(done: int, total: int | None) -> None:
            with self._database.writing() as session:
                known = {} if total is None else {"total": total}
                sources.tell_run(session, run_id, {**turn.hold.tally.counts, "read": done, **known})
                stop = sources.is_to_stop(session, run_id)
            tell(done, total)
            if stop:
                raise _Stopped

        def over() -> bool:
            return seconds is not None and self._elapsed() - started >= seconds

        hold = Hold(record.id, lease, began, since)
        turn = Turn(record, source, hold, told, over, confirm_empty)
        try:
            finished = self._do(turn, task, full)
        except _Stopped:
            with self._database.writing() as session:
                counts = turn.hold.tally.counts
                sources.finish_run(session, run_id, "stopped", counts, self._clock(), sources.STOPPED)
            return Turned(began, turn.hold.tally, finished=False, stopped=True)
        except BaseException as error:
            reason = error.message if isinstance(error, VouchError) else type(error).__name__
            with self._database.writing() as session:
                sources.finish_run(session, run_id, "failed", turn.hold.tally.counts, self._clock(), reason)
            raise
        with self._database.writing() as session:
            sources.finish_run(
                session, run_id, "done" if finished else "stopped", turn.hold.tally.counts, self._clock()
            )
        return Turned(began, turn.hold.tally, finished)

    def _do(self, turn: Turn, task: Task, full: bool) -> bool:
        match task:
            case "poll":
                return reading.read_changes(self._keeper, turn, full=full)
            case "sweep":
                reading.sweep(self._keeper, turn)
            case "access":
                reading.read_access(self._keeper, turn)
            case "retry":
                reading.retry(self._keeper, turn)
            case "principals":
                self._read_principals(turn)
        return True

    def _read_principals(self, turn: Turn) -> None:
        found = tuple(turn.source.principals())
        now = self._clock()
        declared = stored_plan(turn.record.plan).people
        with self._database.writing() as session:
            turn.hold.lease.confirm(session)
            joined = accounts.replace_accounts(
                session, turn.record.id, turn.record.name, found, declared, now
            )  # fmt: skip
        turn.hold.tally.access_changed += joined.changed
        for _ in range(joined.changed):
            turn.hold.tally.noticed("permissions", turn.hold.since, now)
        turn.tell(len(found), len(found))

    def _report(self, record: SourceRecord, tally: Tally, outcome: Outcome) -> Report:
        with self._database.reading() as session:
            rows = repository.documents(session, (document_id for document_id, _, _ in outcome.failures))
        failed = {document_id for document_id, _, _ in outcome.failures}
        parse = [
            Failure(rows[document_id].key, code, reason)
            for document_id, code, reason in outcome.failures
            if rows[document_id].source_id == record.id
        ]
        listed = [Failure(*failure) for failure in tally.failures]
        return Report(
            record.name,
            new=len(tally.new - failed),
            changed=len(tally.changed - failed),
            unchanged=tally.unchanged,
            access_changed=tally.access_changed,
            deleted=tally.deleted,
            suppressed=tally.suppressed,
            chunks=outcome.chunks,
            failures=tuple(sorted({*parse, *listed}, key=lambda failure: failure.key)),
        )

    def resume(self) -> Outcome:
        """After a start: end what a stop cut off, complete the outbox, and let the index agree with the database."""
        with self._database.writing() as session:
            sources.end_interrupted(session, self._clock())
            # One process alone has this installation: whoever held a lease or a job is dead.
            release_all(session)
            tasks.forget_sent(session)
        outcome = self._pipeline.drain()
        if self._pipeline.reconcile():
            outcome = self._pipeline.drain()
        return outcome

    def suppress(self, document_id: str, note: Callable[[Session], object] = lambda session: None) -> str:
        """Take a document out for good: it does not come back with the next run. ``note`` writes down, in the same
        transaction, that it was done. Returns its key."""
        with self._database.writing() as session:
            row = session.get(DocumentRow, document_id)
            if row is None:
                raise NotFound("There is no such document.", hint="vouch documents list shows their ids.")
            key = row.key
            if row.state == "suppressed":
                raise Invalid("This document is suppressed already.", hint="There is nothing left to do.")
            drop(session, (row.id,), "suppressed", self._clock())
            note(session)
        self._pipeline.drain()
        return key


def ready(source: AnySource) -> None:
    """Raise ``SourceRejected`` with what the first failed step of a check says."""
    for step in source.check():
        if not step.ok:
            raise SourceRejected(step.detail, hint=step.hint)
