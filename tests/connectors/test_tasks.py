"""Tasks: what is due is taken once, and again when its message was lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors import repository as sources
from connectors import tasks
from connectors.repository import SourceRecord
from core.database import Database
from tests.conftest import StandingClock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def record(database: Database, clock: StandingClock) -> SourceRecord:
    with database.writing() as session:
        return sources.put(session, "erp", "files", {}, by="test", now=clock())


def taken(database: Database, clock: StandingClock, **more: str) -> list[str]:
    with database.writing() as session:
        return [task for _, task in tasks.take_due(session, clock(), **more)]


def set_due(database: Database, record: SourceRecord, **due: object) -> None:
    with database.writing() as session:
        tasks.set_due(session, record.id, due)  # type: ignore[arg-type]


def state(database: Database, record: SourceRecord, task: str) -> tasks.TaskState:
    with database.reading() as session:
        return tasks.of_source(session, record.id)[task]


def test_what_is_due_is_taken_once_longest_waiting_first(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    now = clock()
    set_due(database, record, poll=now, sweep=now - MINUTE, access=now + MINUTE, principals=None)
    assert taken(database, clock) == ["sweep", "poll"]
    assert taken(database, clock) == []


def test_what_nobody_took_up_is_taken_again(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    set_due(database, record, poll=clock())
    assert taken(database, clock) == ["poll"]
    clock.tick(seconds=tasks.RESEND_AFTER.total_seconds())
    assert taken(database, clock) == []
    clock.tick(seconds=1)
    assert taken(database, clock) == ["poll"]


def test_a_start_takes_again_what_was_sent(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    set_due(database, record, poll=clock())
    assert taken(database, clock) == ["poll"]
    with database.writing() as session:
        tasks.forget_sent(session)
    assert taken(database, clock) == ["poll"]


def test_only_active_sources_have_anything_due(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    set_due(database, record, poll=clock())
    for name in ("paused", "removed"):
        with database.writing() as session:
            sources.set_state(session, record.id, name)
        assert taken(database, clock) == []


def test_one_source_may_be_taken_alone(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    with database.writing() as session:
        other = sources.put(session, "crm", "files", {}, by="test", now=clock())
    set_due(database, record, poll=clock())
    set_due(database, other, sweep=clock())
    assert taken(database, clock, source_id=other.id) == ["sweep"]
    assert taken(database, clock) == ["poll"]


def test_what_is_postponed_is_due_again_then(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    set_due(database, record, poll=clock())
    taken(database, clock)
    with database.writing() as session:
        tasks.postpone(session, record.id, "poll", clock(), clock() + MINUTE)
    assert taken(database, clock) == []
    clock.tick(minutes=1)
    assert taken(database, clock) == ["poll"]


def test_what_was_done_meanwhile_is_not_postponed(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    later = clock() + timedelta(hours=1)
    set_due(database, record, poll=later)
    with database.writing() as session:
        tasks.postpone(session, record.id, "poll", clock(), clock() + MINUTE)
    assert state(database, record, "poll").due_at == later


def test_failures_add_up_until_it_succeeds(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    set_due(database, record, poll=clock())
    for _ in range(3):
        with database.writing() as session:
            tasks.failed(session, record.id, "poll", "It does not answer." + "x" * 1000, clock())
    known = state(database, record, "poll")
    assert (known.failures, known.succeeded_at) == (3, None)
    assert known.error is not None
    assert len(known.error) == 500
    with database.writing() as session:
        tasks.succeeded(session, record.id, "poll", clock(), clock() + MINUTE)
    known = state(database, record, "poll")
    assert (known.failures, known.error, known.succeeded_at) == (0, None, clock())


def test_making_something_due_keeps_what_is_known_of_it(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    set_due(database, record, poll=clock())
    with database.writing() as session:
        tasks.failed(session, record.id, "poll", "It does not answer.", clock())
    set_due(database, record, poll=clock() + MINUTE)
    assert state(database, record, "poll").failures == 1
