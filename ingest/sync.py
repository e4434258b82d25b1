"""One run of a source, from its listing to an index that agrees; and what can be done to documents by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from connectors import repository as sources
from connectors.errors import SourceRejected
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource
from core.clock import Clock
from core.database import Database
from core.errors import Conflict, Invalid, NotFound, VouchError
from ingest import repository
from ingest.keep import Keeper, Tally, drop
from ingest.pipeline import Outcome, Pipeline
from ingest.tables import DocumentRow

Phase = Literal["listing", "ingesting", "done"]


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


def ready(source: AnySource) -> None:
    """Raise ``SourceRejected`` with what the first failed step of a check says."""
    for step in source.check():
        if not step.ok:
            raise SourceRejected(step.detail, hint=step.hint)


class Sync:
    """Runs sources, one run a source at a time."""

    def __init__(self, database: Database, keeper: Keeper, pipeline: Pipeline, clock: Clock) -> None:
        self._database, self._keeper, self._pipeline, self._clock = database, keeper, pipeline, clock
        self._running: set[str] = set()
        self._lock = Lock()

    def run(
        self,
        record: SourceRecord,
        source: AnySource,
        progress: Callable[[Progress], None],
        *,
        confirm_empty: bool = False,
    ) -> Report:
        """List, keep, parse, embed, index. Raises when the source as a whole cannot be read; nothing is lost then.

        A source that had items and now lists none is taken for one that is not mounted, unless ``confirm_empty``.
        """
        with self._lock:
            if record.id in self._running:
                raise Conflict(f"{record.name} is being read already.", hint="Wait for that run to end.")
            self._running.add(record.id)
        try:
            ready(source)
            with self._database.writing() as session:
                run_id = sources.start_run(session, record.id, self._clock())
            try:
                report = self._run(record, source, progress, confirm_empty)
            except BaseException as error:
                reason = error.message if isinstance(error, VouchError) else type(error).__name__
                with self._database.writing() as session:
                    sources.finish_run(session, run_id, "failed", {}, self._clock(), reason)
                raise
            with self._database.writing() as session:
                sources.finish_run(session, run_id, "done", report.counts, self._clock())
            return report
        finally:
            with self._lock:
                self._running.discard(record.id)

    def _run(
        self, record: SourceRecord, source: AnySource, progress: Callable[[Progress], None], confirm_empty: bool
    ) -> Report:
        tally = self._keeper.keep_all(
            record.id, source, lambda done, total: progress(Progress("listing", done, total)), confirm_empty
        )
        with self._database.reading() as session:
            total = repository.pending_count(session)
        outcome = self._pipeline.drain(
            lambda documents, chunks: progress(Progress("ingesting", documents, total, chunks))
        )
        report = self._report(record, tally, outcome)
        progress(Progress("done", total, total, outcome.chunks))
        return report

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
        outcome = self._pipeline.drain()
        if self._pipeline.reconcile():
            outcome = self._pipeline.drain()
        return outcome

    def suppress(self, document_id: str) -> str:
        """Take a document out for good: it does not come back with the next run. Returns its key."""
        with self._database.writing() as session:
            row = session.get(DocumentRow, document_id)
            if row is None:
                raise NotFound("There is no such document.", hint="vouch documents list shows their ids.")
            key = row.key
            if row.state == "suppressed":
                raise Invalid("This document is suppressed already.", hint="There is nothing left to do.")
            drop(session, row.id, "suppressed", self._clock())
        self._pipeline.drain()
        return key
