"""What workers do: send what is due, take a turn with a source, work off the outbox, watch the bounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import cast

import structlog

from connectors import failures, tasks
from connectors import repository as sources
from connectors.freshness import breaches, lags
from connectors.freshness.breaches import FreshnessEvent
from connectors.plan import TASKS, Bound, Plan, stored_plan
from connectors.repository import SourceRecord
from connectors.schedule import next_due, pause
from connectors.sources.base import AnySource
from core.clock import Clock
from core.database import Database
from core.errors import Conflict, Unavailable, VouchError
from core.jobs import Job, JobQueue
from core.leases import Leases
from ingest import repository
from ingest.label.labeller import Labeller
from ingest.pipeline import Pipeline
from ingest.sync import Sync, Task, Turned

INGEST_SLICE_SECONDS = 60.0
"""How long one worker may work off the outbox before it looks whether others wait."""
LABEL_SLICE_SECONDS = 20.0
"""The same for looking into what can be searched already."""
LABEL_LOOK_SECONDS = 60.0
"""How often it is seen whether anything waits for that, on top of when something was indexed."""
WAIT_FOR_ANOTHER = timedelta(seconds=5)
"""How long a task waits, at most, while another one of its source is at work."""
log = structlog.get_logger()


class Work:
    """Performs jobs. The database says what there is to do; a job that comes twice, or late, does no harm."""

    def __init__(
        self, database: Database, sync: Sync, pipeline: Pipeline, queue: JobQueue,
        open_source: Callable[[SourceRecord], AnySource], told: Callable[[SourceRecord, str, Turned | None], None],
        alert: Callable[[FreshnessEvent], None], clock: Clock, random: Random,
        elapsed: Callable[[], float] = time.monotonic, labeller: Labeller | None = None,
    ) -> None:  # fmt: skip
        """``told`` hears of every run that ended, without what it came to when it failed; ``alert`` of every turn of
        freshness."""
        self._database, self._sync, self._pipeline, self._queue = database, sync, pipeline, queue
        self._open, self._told, self._alert = open_source, told, alert
        self._clock, self._random, self._elapsed = clock, random, elapsed
        self._leases = Leases(database, clock)
        self._labeller = labeller
        self._labels_seen = -LABEL_LOOK_SECONDS

    def perform(self, job: Job) -> None:
        match job.kind:
            case "dispatch":
                self.tick()
            case "read":
                self.read(job.source_id, cast("Task", job.task))
            case "ingest":
                self._ingest()

    def tick(self) -> None:
        """Send what is due, and see which source has left its bounds. One at a time over all processes."""
        with self._leases.hold("tick") as lease:
            if lease is None:
                return
            with self._database.reading() as session:
                # The demo company never changes, and nobody promised anything about it.
                records = [record for record in sources.everything(session) if not record.demo]
                planned = {record.id for record in records if tasks.of_source(session, record.id)}
            for record in records:
                if record.id not in planned and record.state == "active":
                    self.plan(record)
            now = self._clock()
            with self._database.writing() as session:
                due = tasks.take_due(session, now)
                waiting = repository.pending_count(session)
                plans = [(record, stored_plan(record.plan)) for record in records]
                events = breaches.review(session, plans, now)
            for source_id, task in due:
                self._queue.send(Job("read", source_id, task))
            if waiting or self._labels_wait():
                self._queue.send(Job("ingest"))
            for event in events:
                log.warning("freshness", turn=event.turn, source=event.source, kind=event.kind)
                self._alert(event)

    def plan(self, record: SourceRecord) -> None:
        """Make every task of the source due as its plan says: at once, where it never ran."""
        plan = stored_plan(record.plan)
        now = self._clock()
        with self._database.writing() as session:
            known = tasks.of_source(session, record.id)
            due = {
                task: next_due(plan, task, known[task].succeeded_at if task in known else None, now, self._random)
                for task in TASKS
            }
            tasks.set_due(session, record.id, dict(due))

    def ask_for(self, record: SourceRecord, *, full: bool = False) -> None:
        """Read the source now, all of it when ``full``: its cursor is forgotten, and every task runs."""
        now = self._clock()
        plan = stored_plan(record.plan)
        wanted = ["poll", *(task for task in TASKS if full and task != "poll" and plan.schedule(task) is not None)]
        with self._database.writing() as session:
            if full:
                sources.move_cursor(session, record.id, None, now)
            tasks.set_due(session, record.id, dict.fromkeys(wanted, now))
            tasks.mark_sent(session, [(record.id, task) for task in wanted], now)
        for task in wanted:
            self._queue.send(Job("read", record.id, task))

    def stop(self, record: SourceRecord) -> bool:
        """Have the run of the source end after the page that it is at, and whatever waits for its turn wait for the
        next one of its schedule. What was read stays. Returns whether a run is ending now."""
        now = self._clock()
        plan = stored_plan(record.plan)
        with self._database.writing() as session:
            # A run whose process is gone would never notice.
            sources.end_abandoned(session, now)
            running = sources.ask_to_stop(session, record.id)
            states = tasks.of_source(session, record.id)
            due = {
                task: next_due(plan, task, now, now, self._random)
                for task in TASKS
                if (at := getattr(states.get(task), "due_at", None)) is not None and at <= now
            }
            tasks.set_due(session, record.id, dict(due))
        return running > 0

    def retry(self, record: SourceRecord, keys: Sequence[str] | None = None) -> None:
        """Try everything that failed, or just these items, again, now."""
        now = self._clock()
        with self._database.writing() as session:
            failures.retry_all(session, record.id, now, keys)
            repository.retry_failed(session, record.id, keys)
            tasks.set_due(session, record.id, {"retry": now})
            tasks.mark_sent(session, [(record.id, "retry")], now)
        self._queue.send(Job("read", record.id, "retry"))
        self._queue.send(Job("ingest"))

    def read(self, source_id: str, task: Task, *, confirm_empty: bool = False) -> None:
        """Take one turn with the source. What comes of it is in its row of tasks, also when it fails."""
        with self._database.reading() as session:
            record = sources.by_id(session, source_id)
            state = tasks.of_source(session, source_id).get(task)
        if record is None or record.state != "active" or state is None:
            return
        plan = stored_plan(record.plan)
        try:
            turned = self._sync.turn(
                record, self._open(record), task, state.succeeded_at, _nobody_follows, seconds=plan.slice_seconds,
                confirm_empty=confirm_empty,
            )  # fmt: skip
        except Conflict:
            # Another run has the source: what waits for it is sent when that ends, or else a little later.
            with self._database.writing() as session:
                now = self._clock()
                tasks.postpone(session, source_id, task, now, now + WAIT_FOR_ANOTHER)
            return
        except VouchError as error:
            with self._database.writing() as session:
                again = self._again(plan, task, state.failures + 1, getattr(error, "retry_after", None))
                tasks.failed(session, source_id, task, str(error), again)
            self._told(record, task, None)
            return
        except BaseException as error:
            with self._database.writing() as session:
                again = self._clock() + timedelta(minutes=5)
                tasks.failed(session, source_id, task, f"A fault of Vouch's own: {type(error).__name__}.", again)
            self._told(record, task, None)
            raise
        self._ended(record, plan, task, turned)

    def _again(self, plan: Plan, task: Task, failed: int, retry_after: float | None) -> datetime | None:
        """When to try a task again that failed ``failed`` times in a row."""
        now = self._clock()
        if task == "retry":
            return now + pause(failed, retry_after, self._random)
        return next_due(plan, task, now, now, self._random, failures=failed, retry_after=retry_after)

    def _ended(self, record: SourceRecord, plan: Plan, task: Task, turned: Turned) -> None:
        now = self._clock()
        with self._database.writing() as session:
            for kind, found in turned.tally.lags.items():
                bound: Bound = kind
                lags.observe(session, record.id, bound, found, plan.bounds.of(bound), now)
            if turned.stopped:
                again = (
                    failures.next_due(session, record.id)
                    if task == "retry"
                    else next_due(plan, task, now, now, self._random)
                )
                tasks.set_due(session, record.id, {task: again})
            elif not turned.finished:
                tasks.unfinished(session, record.id, task, now)
            elif task == "retry":
                tasks.succeeded(session, record.id, task, turned.began, failures.next_due(session, record.id))
            else:
                again = next_due(plan, task, turned.began, now, self._random)
                tasks.succeeded(session, record.id, task, turned.began, again)
                failed_again = failures.next_due(session, record.id)
                if failed_again is not None:
                    tasks.set_due(session, record.id, {"retry": failed_again})
            waiting = repository.pending_count(session)
            # Other tasks of the source may have come while this one had it: they go first.
            due = tasks.take_due(session, now, source_id=record.id)
        self._told(record, task, turned)
        if waiting:
            self._queue.send(Job("ingest"))
        for source_id, other in sorted(due, key=lambda sent: sent[1] == task):
            self._queue.send(Job("read", source_id, other))

    def _ingest(self) -> None:
        """Work off the outbox for a while; where something is left, behind what else waits. One process at a time."""
        with self._leases.hold("ingest") as lease:
            if lease is None:
                return
            started = self._elapsed()
            self._pipeline.drain(over=lambda: self._elapsed() - started >= INGEST_SLICE_SECONDS)
            with self._database.reading() as session:
                left = repository.pending_count(session)
        if left or self._label():
            self._queue.send(Job("ingest"))

    def _label(self) -> bool:
        """Look into what can be searched now, for a while; whether some is left. What is to become searchable goes
        first."""
        if self._labeller is None:
            return False
        started = self._elapsed()

        def over() -> bool:
            if self._elapsed() - started >= LABEL_SLICE_SECONDS:
                return True
            with self._database.reading() as session:
                return repository.pending_count(session) > 0

        return self._labeller.drain(over=over).interrupted

    def _labels_wait(self) -> bool:
        if self._labeller is None or self._elapsed() - self._labels_seen < LABEL_LOOK_SECONDS:
            return False
        self._labels_seen = self._elapsed()
        try:
            return self._labeller.waiting() > 0
        except Unavailable as error:
            log.warning("label.stopped", reason=error.message)
            return False


def _nobody_follows(done: int, total: int | None) -> None:
    """The row of the run tells how far it is."""
