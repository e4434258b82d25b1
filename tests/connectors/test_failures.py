"""Items that could not be read: kept with their reason, and due again after growing pauses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors import failures
from connectors import repository as sources
from connectors.repository import SourceRecord
from connectors.sources.base import Fault
from connectors.tables import FailureRow
from core.database import Database
from tests.conftest import StandingClock


@pytest.fixture
def record(database: Database, clock: StandingClock) -> SourceRecord:
    with database.writing() as session:
        return sources.put(session, "erp", "files", {}, by="test", now=clock())


def fail(database: Database, clock: StandingClock, record: SourceRecord, *faults: Fault) -> None:
    with database.writing() as session:
        failures.record(session, record.id, faults, clock())


def rows(database: Database, record: SourceRecord) -> dict[str, FailureRow]:
    with database.reading() as session:
        return {row.key: row for row in failures.of_source(session, record.id)}


def due(database: Database, clock: StandingClock, record: SourceRecord, limit: int = 100) -> tuple[str, ...]:
    with database.reading() as session:
        return failures.due(session, record.id, clock(), limit)


def test_a_failure_has_its_class_its_reason_and_its_next_try(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    fail(database, clock, record, Fault("a", "it is locked", "locked"), Fault("b", "it is damaged", transient=False))
    known = rows(database, record)
    assert (known["a"].code, known["a"].reason, known["a"].transient) == ("locked", "it is locked", True)
    assert known["a"].next_at == clock() + failures.FIRST_PAUSE
    assert (known["b"].code, known["b"].transient, known["b"].next_at) == ("unreadable", False, None)


def test_pauses_double_up_to_half_a_day(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    began = clock()
    pauses: list[timedelta] = []
    for _ in range(14):
        fail(database, clock, record, Fault("a", "it is locked"))
        row = rows(database, record)["a"]
        assert row.next_at is not None
        pauses.append(row.next_at - clock())
        clock.now = row.next_at
    assert pauses[:4] == [timedelta(minutes=each) for each in (1, 2, 4, 8)]
    assert pauses[-1] == failures.LONGEST_PAUSE
    assert (row.attempts, row.first_at) == (14, began)


def test_what_turns_out_to_be_for_good_is_not_tried_again(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    fail(database, clock, record, Fault("a", "it is locked"))
    fail(database, clock, record, Fault("a", "it is damaged", transient=False))
    clock.tick(days=30)
    assert due(database, clock, record) == ()


def test_what_is_due_comes_longest_waiting_first_and_no_more_than_asked_for(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    for key in ("c", "a", "b"):
        fail(database, clock, record, Fault(key, "it is locked"))
        clock.tick(seconds=1)
    clock.tick(minutes=1)
    assert due(database, clock, record) == ("c", "a", "b")
    assert due(database, clock, record, limit=2) == ("c", "a")
    with database.reading() as session:
        assert failures.next_due(session, record.id) == rows(database, record)["c"].next_at


def test_clearing_concerns_the_named_items_of_one_source(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    with database.writing() as session:
        other = sources.put(session, "crm", "files", {}, by="test", now=clock())
    for each in (record, other):
        fail(database, clock, each, Fault("a", "it is locked"), Fault("b", "it is locked"))
    with database.writing() as session:
        failures.clear(session, record.id, ["a", "never failed"])
    assert (set(rows(database, record)), set(rows(database, other))) == ({"b"}, {"a", "b"})
    with database.reading() as session:
        assert failures.among(session, record.id, ["a", "b"]) == {"b"}


def test_asking_makes_everything_due(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    fail(database, clock, record, Fault("a", "it is locked"), Fault("b", "it is damaged", transient=False))
    with database.writing() as session:
        failures.retry_all(session, record.id, clock())
    assert set(due(database, clock, record)) == {"a", "b"}


def test_an_item_that_a_page_names_twice_counts_once(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    fail(database, clock, record, Fault("a", "it is locked"), Fault("a", "it is damaged"))
    row = rows(database, record)["a"]
    assert (row.attempts, row.reason) == (1, "it is damaged")
