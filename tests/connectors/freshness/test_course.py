"""How stale a source was over time, as its runs tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.freshness.course import course
from connectors.plan import Plan, plan_of
from connectors.repository import SourceRecord
from core.database import Database
from tests.conftest import StandingClock
from tests.connectors.freshness.running import run

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Line:
    """The line of one source, in minutes."""

    def __init__(self, database: Database, record: SourceRecord, clock: StandingClock) -> None:
        self.database, self.record, self.clock = database, record, clock
        self.plan: Plan = plan_of({}, lists_everything=True)

    def run(self, at: datetime, state: str = "done", task: Any = "poll") -> None:
        run(self.database, self.record, at, task, state)

    def minutes(self, count: int, back: timedelta, kind: Any = "content") -> list[int | None]:
        now = self.clock()
        with self.database.reading() as session:
            points = course(session, self.record.id, self.plan, kind, now - back, now, count)
        assert points[-1].at == now
        return [None if each.staleness is None else round(each.staleness / MINUTE) for each in points]


@pytest.fixture
def line(database: Database, record: SourceRecord, clock: StandingClock) -> Line:
    clock.tick(hours=5)
    return Line(database, record, clock)


def test_it_grows_until_a_pass_ends_and_the_worst_of_each_stretch_counts(line: Line) -> None:
    now = line.clock()
    line.run(now - 4 * HOUR)
    line.run(now - 90 * MINUTE)
    assert line.minutes(5, 5 * HOUR) == [0, 60, 120, 150, 90]


def test_what_failed_confirms_nothing(line: Line) -> None:
    now = line.clock()
    line.run(now - 4 * HOUR)
    line.run(now - HOUR, state="failed")
    assert line.minutes(2, 2 * HOUR) == [180, 240]


def test_a_pass_in_slices_began_with_the_first(line: Line) -> None:
    now = line.clock()
    line.run(now - 2 * HOUR, state="stopped")
    line.run(now - HOUR)
    assert line.minutes(1, 30 * MINUTE) == [120]


def test_all_of_the_tasks_that_confirm_count(line: Line) -> None:
    line.plan = plan_of({}, lists_everything=False)
    now = line.clock()
    line.run(now - HOUR, task="access")
    assert line.minutes(1, 30 * MINUTE, "permissions") == [None]
    line.run(now - 3 * HOUR, task="principals")
    assert line.minutes(1, 30 * MINUTE, "permissions") == [180]


def test_a_source_that_was_just_added_has_a_line_of_its_own_length(line: Line) -> None:
    assert line.minutes(3, 30 * 24 * HOUR) == [None, None, None]
