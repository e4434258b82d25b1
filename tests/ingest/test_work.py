"""Jobs: what is due is sent, done once however often it is delivered, and never given up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from connectors import failures, tasks
from connectors import repository as sources
from connectors.errors import SourceRejected, SourceUnavailable
from connectors.freshness.breaches import FreshnessEvent
from connectors.repository import SourceRecord
from connectors.tables import LagRow, RunRow
from core.database import Database
from core.jobs import Job, MemoryQueue
from ingest import pipeline, repository
from ingest.sync import Turned
from ingest.tables import DocumentRow
from ingest.work import WAIT_FOR_ANOTHER, Work
from tests.conftest import StandingClock
from tests.ingest.test_keep import HOUR, entry, failed, hourly, texts
from tests.sources.driven import Bare, add_source
from tests.sources.scripted import START, Scripted

MINUTE = timedelta(minutes=1)


class Indexing:
    """Stands for the pipeline: the index agrees with everything at once."""

    def __init__(self, database: Database, clock: StandingClock) -> None:
        self._database, self._clock = database, clock
        self.drains = 0

    def drain(self, progress: Any = None, over: Any = None) -> None:
        self.drains += 1
        with self._database.writing() as session:
            for stage in ("content", "index", "access", "remove"):
                intents = repository.pending(session, 10_000, stage)
                if stage == "content":
                    for row in repository.documents(session, (i.document_id for i in intents)).values():
                        row.state = "ready"
                pipeline.observe_content(session, repository.finish(session, intents), self._clock())


class Bench:
    """The engine, its jobs and a source for each of its names."""

    def __init__(self, database: Database, clock: StandingClock, directory: Path) -> None:
        self.engine = Bare(database, clock, directory)
        self.database, self.clock = database, clock
        self.queue = MemoryQueue()
        self.index = Indexing(database, clock)
        self.sources: dict[str, Scripted] = {"register": Scripted()}
        self.told: list[tuple[str, str, Turned | None]] = []
        self.alerts: list[FreshnessEvent] = []
        self.work = Work(
            database, self.engine.sync, self.index, self.queue, lambda record: self.sources[record.name],  # type: ignore[arg-type]
            lambda record, task, turned: self.told.append((record.name, task, turned)), self.alerts.append, clock,
            Random(7),
        )  # fmt: skip

    @property
    def source(self) -> Scripted:
        return self.sources["register"]

    @property
    def record(self) -> SourceRecord:
        with self.database.reading() as session:
            return sources.by_name(session, "register")

    def jobs(self) -> list[Job]:
        """What is in the queue, which is then empty."""
        return list(iter(self.queue.take, None))

    def perform(self) -> list[Job]:
        done: list[Job] = []
        while (job := self.queue.take()) is not None:
            self.work.perform(job)
            done.append(job)
        return done

    def tasks(self, name: str = "register") -> dict[str, tasks.TaskState]:
        with self.database.reading() as session:
            return tasks.of_source(session, sources.by_name(session, name).id)

    def runs(self) -> list[tuple[str, str]]:
        with self.database.reading() as session:
            return [(row.task, row.state) for row in session.scalars(select(RunRow).order_by(RunRow.started_at))]

    def lags(self) -> dict[tuple[str, float], int]:
        with self.database.reading() as session:
            return {(row.kind, row.bucket): row.count for row in session.scalars(select(LagRow))}

    def read(self, task: str = "poll") -> None:
        """Do one task, without the tasks that come of it."""
        self.work.perform(Job("read", self.record.id, task))
        self.jobs()


@pytest.fixture
def bench(database: Database, clock: StandingClock, tmp_path: Path) -> Bench:
    return Bench(database, clock, tmp_path)


def test_a_new_source_has_everything_done_at_once(bench: Bench) -> None:
    bench.source.entries = hourly("a", "b")
    bench.work.tick()
    bench.perform()
    assert sorted(bench.runs()) == [("access", "done"), ("poll", "done"), ("principals", "done"), ("sweep", "done")]
    assert sorted(texts(bench.engine)) == ["a", "b"]
    assert bench.index.drains
    assert all(state.due_at is not None and state.due_at > bench.clock() for state in bench.tasks().values())


def test_nothing_is_sent_before_it_is_due(bench: Bench) -> None:
    bench.work.tick()
    bench.perform()
    bench.clock.tick(minutes=4)
    bench.work.tick()
    assert bench.jobs() == []
    bench.clock.tick(minutes=3)
    bench.work.tick()
    assert [job.task for job in bench.jobs()] == ["poll"]


def test_a_message_that_was_lost_is_sent_again(bench: Bench) -> None:
    bench.work.tick()
    lost = bench.jobs()
    bench.work.tick()
    assert bench.jobs() == [], "what is on its way is not sent twice"
    bench.clock.tick(seconds=tasks.RESEND_AFTER.total_seconds() + 1)
    bench.work.tick()
    assert bench.jobs() == lost
    assert len(lost) == 4


def test_a_lost_ingest_message_is_sent_again(bench: Bench) -> None:
    bench.source.entries = hourly("a")
    bench.work.tick()
    bench.perform()
    bench.source.put("b", modified=START + 9 * HOUR)
    bench.read()
    assert bench.engine.outbox() == {"b": "content"}
    bench.work.tick()
    assert Job("ingest") in bench.jobs()


@pytest.mark.parametrize("task", ["poll", "sweep", "access", "principals", "retry"])
def test_delivering_a_job_twice_changes_nothing(bench: Bench, task: str) -> None:
    bench.source.entries = hourly("a", "b", "c")
    bench.source.poisoned = {"c"}
    bench.source.account("a1", "ana@x.example", "staff")
    bench.work.tick()
    bench.perform()
    bench.clock.tick(minutes=10)
    bench.source.poisoned.clear()
    bench.source.put("a", "Anew.", groups=("legal",), modified=START + 9 * HOUR)
    del bench.source.entries["b"]
    bench.work.perform(Job("read", bench.record.id, task))
    bench.perform()
    once = state_of(bench)
    for _ in range(2):
        bench.work.perform(Job("read", bench.record.id, task))
        bench.work.perform(Job("ingest"))
        bench.work.perform(Job("dispatch"))
    bench.perform()
    assert state_of(bench) == once


def state_of(bench: Bench) -> Any:
    with bench.database.reading() as session:
        documents = {
            row.key: (row.content_hash, row.access_key, row.state, row.fingerprint)
            for row in session.scalars(select(DocumentRow))
        }
    accounts_of = sorted(bench.tasks())
    return documents, bench.engine.cursor(), sorted(failed(bench.engine)), bench.engine.outbox(), accounts_of


@pytest.mark.parametrize("state", ["paused", "removed"])
def test_a_source_that_is_not_active_does_nothing(bench: Bench, state: str) -> None:
    bench.source.entries = hourly("a")
    bench.work.plan(bench.record)
    record = bench.record
    with bench.database.writing() as session:
        sources.set_state(session, record.id, state)
    bench.work.tick()
    assert bench.jobs() == []
    bench.work.perform(Job("read", record.id, "poll"))
    assert bench.source.calls == []


def test_a_job_of_a_source_that_is_not_there_does_nothing(bench: Bench) -> None:
    bench.work.perform(Job("read", "no such source", "poll"))
    assert bench.told == []


def test_a_system_that_says_when_to_come_back_is_left_alone_until_then(bench: Bench) -> None:
    bench.work.plan(bench.record)
    bench.source.before = raising(SourceUnavailable("It is busy.", retry_after=1800))
    bench.read()
    state = bench.tasks()["poll"]
    assert state.due_at is not None
    assert timedelta(minutes=30) <= state.due_at - bench.clock() < timedelta(minutes=31)
    assert (state.failures, state.error) == (1, "It is busy.")


@pytest.mark.parametrize("task", ["poll", "retry"])
def test_pauses_grow_while_a_task_fails_and_start_over_when_it_succeeds(bench: Bench, task: str) -> None:
    bench.source.entries = hourly("a")
    bench.source.poisoned = {"a"}
    bench.work.tick()
    bench.perform()
    bench.clock.tick(hours=1)
    bench.source.before = raising(SourceUnavailable("It does not answer."))
    waits: list[float] = []
    for _ in range(6):
        bench.read(task)
        due = bench.tasks()[task].due_at
        assert due is not None
        waits.append((due - bench.clock()).total_seconds())
        bench.clock.now = due
    for number, wait in enumerate(waits):
        assert 15 * 2**number <= wait <= 30 * 2**number
    bench.source.before = lambda method: None
    bench.read(task)
    assert (bench.tasks()[task].failures, bench.tasks()[task].error) == (0, None)


def test_a_retry_waits_as_long_as_a_system_asks(bench: Bench) -> None:
    bench.source.entries = hourly("a")
    bench.source.poisoned = {"a"}
    bench.work.tick()
    bench.perform()
    bench.clock.tick(hours=1)
    bench.source.before = raising(SourceUnavailable("It is busy.", retry_after=1800))
    bench.read("retry")
    due = bench.tasks()["retry"].due_at
    assert due is not None
    assert due - bench.clock() >= timedelta(minutes=30)


def raising(error: Exception) -> Any:
    def fail(method: str) -> None:
        raise error

    return fail


def test_a_source_that_refuses_is_told_and_tried_again_later(bench: Bench) -> None:
    bench.work.plan(bench.record)
    bench.source.before = raising(SourceRejected("The password is wrong.", hint="Set another."))
    bench.read()
    assert bench.told == [("register", "poll", None)]
    assert bench.tasks()["poll"].error == "The password is wrong. Set another."


def test_a_fault_of_our_own_is_recorded_raised_and_tried_again(bench: Bench) -> None:
    bench.work.plan(bench.record)
    bench.source.before = raising(ZeroDivisionError("secret"))
    with pytest.raises(ZeroDivisionError):
        bench.read()
    state = bench.tasks()["poll"]
    assert state.error == "A fault of Vouch's own: ZeroDivisionError."
    assert state.due_at is not None


def test_an_item_that_failed_is_retried_alone_and_by_itself(bench: Bench) -> None:
    bench.source.entries = hourly("a", "b")
    bench.source.poisoned = {"b"}
    bench.work.tick()
    bench.perform()
    assert bench.tasks()["retry"].due_at == failed(bench.engine)["b"].next_at
    bench.source.poisoned.clear()
    bench.source.calls.clear()
    bench.clock.tick(minutes=1)
    bench.work.tick()
    bench.perform()
    assert bench.source.calls == [("read", ("b",))]
    assert failed(bench.engine) == {}
    assert bench.tasks()["retry"].due_at is None


def test_somebody_may_have_what_failed_for_good_tried_again(bench: Bench) -> None:
    bench.source.entries = hourly("a")
    bench.source.poisoned, bench.source.transient = {"a"}, False
    bench.work.tick()
    bench.perform()
    bench.clock.tick(days=1)
    bench.work.tick()
    assert "retry" not in [job.task for job in bench.jobs()]
    bench.source.poisoned.clear()
    bench.work.retry(bench.record)
    bench.perform()
    assert sorted(texts(bench.engine)) == ["a"]


def test_a_long_backfill_lets_others_go_first(bench: Bench) -> None:
    """A slice of it, then whatever else waits, then the next: each time behind the rest of the queue."""
    bench.sources["small"] = Scripted("small", entries=hourly("s1"))
    add_source(bench.database, "small", bench.clock(), {"sweep": None, "access": None, "principals": None})
    bench.source.entries, bench.source.page_size = hourly("a", "b", "c"), 1
    with bench.database.reading() as session:
        small = sources.by_name(session, "small")
    for record in (bench.record, small):
        bench.work.plan(record)
    # Every slice is over as soon as one page is kept.
    ticking = iter(range(10**6))
    bench.engine.sync._elapsed = lambda: float(next(ticking) * 100)
    bench.queue.send(Job("read", bench.record.id, "poll"))
    bench.queue.send(Job("read", small.id, "poll"))
    order = [
        "small" if job.source_id == small.id else "register"
        for job in bench.perform()
        if job.kind == "read" and job.task == "poll"
    ]
    assert order[:3] == ["register", "small", "register"]
    assert sorted(key for key in texts(bench.engine)) == ["a", "b", "c", "s1"]


def test_a_task_that_finds_its_source_taken_comes_when_the_other_ends(bench: Bench) -> None:
    bench.source.entries, bench.source.page_size = hourly("a", "b"), 1
    bench.work.plan(bench.record)
    record = bench.record

    def meanwhile(method: str) -> None:
        if method == "page":
            bench.source.before = lambda method: None
            bench.work.perform(Job("read", record.id, "principals"))

    bench.source.before = meanwhile
    with bench.database.writing() as session:
        tasks.set_due(session, record.id, dict.fromkeys(("sweep", "access"), None))
        tasks.mark_sent(session, [(record.id, "poll"), (record.id, "principals")], bench.clock())
    bench.work.perform(Job("read", record.id, "poll"))
    assert bench.source.called("principals") == []
    due = bench.tasks()["principals"].due_at
    assert due == bench.clock() + WAIT_FOR_ANOTHER
    bench.clock.tick(seconds=WAIT_FOR_ANOTHER.total_seconds())
    bench.jobs()
    bench.work.perform(Job("read", record.id, "poll"))
    assert Job("read", record.id, "principals") in bench.jobs(), "the run that had the source sends it"


def test_a_first_backfill_counts_for_no_lag(bench: Bench) -> None:
    bench.source.entries = hourly("a", "b")
    bench.work.tick()
    bench.perform()
    assert bench.lags() == {}


def test_a_change_with_a_time_of_its_own_counts_from_then(bench: Bench) -> None:
    bench.work.tick()
    bench.perform()
    bench.clock.tick(minutes=10)
    bench.source.put("a", modified=bench.clock() - timedelta(seconds=100))
    bench.work.tick()
    bench.perform()
    assert bench.lags() == {("content", 120.0): 1}


def test_a_change_without_a_time_counts_from_the_pass_that_did_not_see_it(bench: Bench) -> None:
    bench.source.entries = {"x": entry()}
    bench.work.tick()
    bench.perform()
    bench.clock.tick(minutes=10)
    bench.source.put("a", modified=None)
    bench.work.ask_for(bench.record, full=True)
    bench.perform()
    assert bench.lags() == {("content", 600.0): 1}


def test_deletions_and_permissions_count_from_the_pass_that_did_not_see_them(bench: Bench) -> None:
    bench.source.entries = hourly("a", "b")
    bench.work.tick()
    bench.perform()
    bench.clock.tick(hours=7)
    del bench.source.entries["a"]
    bench.source.put("b", groups=("legal",))
    for task in ("sweep", "access"):
        bench.read(task)
    assert bench.lags() == {("deletions", 28800.0): 1, ("permissions", 28800.0): 1}


def test_what_an_interrupted_backfill_brings_later_is_no_lag(bench: Bench) -> None:
    bench.source.entries, bench.source.page_size = hourly("a", "b"), 1
    bench.work.plan(bench.record)
    pages = iter([None, SourceUnavailable("It does not answer.")])

    def down(method: str) -> None:
        if method == "page" and (fault := next(pages, None)) is not None:
            raise fault

    bench.source.before = down
    bench.read()
    bench.clock.tick(hours=3)
    bench.read()
    bench.work.perform(Job("ingest"))
    assert sorted(texts(bench.engine)) == ["a", "b"]
    assert bench.lags() == {}


def test_two_ticks_at_once_send_nothing_twice(bench: Bench) -> None:
    with bench.engine.leases().hold("tick") as lease:
        assert lease is not None
        bench.work.tick()
        assert bench.jobs() == []
    bench.work.tick()
    assert len(bench.jobs()) == 4


def test_a_queue_that_is_down_loses_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(job: Job) -> None:
        raise SourceUnavailable("The queue cannot be reached.")

    with monkeypatch.context() as patched:
        patched.setattr(bench.queue, "send", down)
        with pytest.raises(SourceUnavailable):
            bench.work.tick()
    bench.clock.tick(seconds=tasks.RESEND_AFTER.total_seconds() + 1)
    bench.work.tick()
    assert len(bench.jobs()) == 4
    with bench.database.reading() as session:
        assert failures.next_due(session, bench.record.id) is None
