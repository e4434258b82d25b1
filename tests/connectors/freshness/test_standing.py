from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors import repository as sources
from connectors.freshness import breaches, repository
from connectors.freshness.breaches import FreshnessEvent, review
from connectors.freshness.status import Freshness, freshness_of
from connectors.plan import ON_REQUEST, Plan, plan_of
from connectors.repository import SourceRecord
from connectors.tables import TaskRow
from core.database import Database
from tests.conftest import StandingClock
from tests.connectors.freshness.running import run

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LISTING = plan_of({"bounds": {"content": "1h", "deletions": "2h", "permissions": "3h"}}, lists_everything=True)
TELLING = plan_of({"bounds": {"content": "1h", "deletions": "8h", "permissions": "2h"}}, lists_everything=False)


@dataclass
class Watch:
    """One source, watched over time."""

    database: Database
    record: SourceRecord
    clock: StandingClock
    plan: Plan

    def run(self, task: Any = "poll", state: str = "done", at: datetime | None = None) -> None:
        run(self.database, self.record, at or self.clock(), task, state)

    def fresh(self) -> Freshness:
        with self.database.reading() as session:
            return freshness_of(session, self.record, self.plan, self.clock())

    def states(self) -> list[str]:
        return [each.standing.state for each in self.fresh()]

    def review(self) -> tuple[FreshnessEvent, ...]:
        with self.database.writing() as session:
            return review(session, [(self.record, self.plan)], self.clock())

    def turns(self) -> list[tuple[str, str]]:
        return [(event.kind, event.turn) for event in self.review()]

    def outside(self) -> list[tuple[str, datetime, bool]]:
        with self.database.reading() as session:
            return [(each.kind, each.since, each.refuse) for each in repository.outside(session)]


@pytest.fixture
def listing(database: Database, record: SourceRecord, clock: StandingClock) -> Watch:
    return Watch(database, record, clock, LISTING)


@pytest.fixture
def telling(database: Database, record: SourceRecord, clock: StandingClock) -> Watch:
    return Watch(database, record, clock, TELLING)


# Standing


def test_a_source_that_was_never_read_is_unknown_and_has_its_bound_to_be_read(listing: Watch) -> None:
    assert listing.states() == ["unknown"] * 3
    assert listing.fresh().state == "unknown"
    listing.clock.tick(minutes=59)
    assert listing.turns() == []
    listing.clock.tick(minutes=2)
    assert listing.turns() == [("content", "unknown")]


def test_staleness_counts_from_the_start_of_the_last_run_that_went_through(listing: Watch) -> None:
    listing.run()
    began = listing.clock()
    listing.clock.tick(minutes=10)
    listing.run(state="failed")
    listing.run(state="running")
    listing.clock.tick(minutes=10)
    standing = listing.fresh().content.standing
    assert (standing.state, standing.confirmed_at, standing.staleness) == ("ok", began, 20 * MINUTE)


def test_a_pass_cut_into_slices_began_with_the_first_of_them(listing: Watch) -> None:
    listing.run()
    listing.clock.tick(minutes=10)
    first = listing.clock()
    for _ in range(3):
        listing.run(state="stopped")
        listing.clock.tick(minutes=1)
    listing.run(state="failed")
    listing.clock.tick(minutes=1)
    listing.run(state="stopped")
    listing.clock.tick(minutes=1)
    listing.run()
    assert listing.fresh().content.standing.confirmed_at == first
    listing.clock.tick(minutes=1)
    listing.run()
    assert listing.fresh().content.standing.confirmed_at == listing.clock()


def test_the_first_pass_ever_may_be_cut_into_slices_too(listing: Watch) -> None:
    first = listing.clock()
    listing.run(state="stopped")
    assert listing.fresh().content.standing.confirmed_at is None
    listing.clock.tick(minutes=1)
    listing.run()
    assert listing.fresh().content.standing.confirmed_at == first


def test_what_the_engine_says_of_a_task_counts_before_its_runs(listing: Watch) -> None:
    listing.run()
    listing.clock.tick(minutes=10)
    with listing.database.writing() as session:
        session.add(
            TaskRow(source_id=listing.record.id, task="poll", failures=1, succeeded_at=listing.clock() - MINUTE)
        )
    assert listing.fresh().content.standing.staleness == MINUTE
    listing.clock.tick(minutes=60)
    assert listing.states() == ["unknown", "ok", "ok"]


def test_each_kind_is_confirmed_by_its_own_tasks(telling: Watch) -> None:
    telling.run("poll")
    telling.run("sweep")
    telling.run("access")
    assert telling.states() == ["ok", "ok", "unknown"]
    telling.run("principals", at=telling.clock() - HOUR)
    fresh = telling.fresh()
    assert fresh.permissions.standing.staleness == HOUR
    assert fresh.state == "ok"


def test_a_source_that_lists_everything_is_confirmed_by_its_polls_alone(listing: Watch) -> None:
    listing.run("poll")
    assert listing.states() == ["ok"] * 3


def test_runs_that_fail_within_the_bound_change_nothing(listing: Watch) -> None:
    listing.run()
    listing.clock.tick(minutes=30)
    listing.run(state="failed")
    assert listing.states() == ["ok"] * 3


def test_a_source_that_nobody_reads_is_in_breach_and_one_whose_runs_fail_is_unknown(listing: Watch) -> None:
    listing.run()
    listing.clock.tick(minutes=61)
    assert listing.states() == ["breach", "ok", "ok"]
    listing.run(state="failed")
    assert listing.states() == ["unknown", "ok", "ok"]


def test_exactly_at_the_bound_is_within_it(listing: Watch) -> None:
    listing.run()
    listing.clock.tick(minutes=60)
    assert listing.states() == ["ok"] * 3


def test_a_source_without_bounds_is_never_in_breach(listing: Watch) -> None:
    listing.plan = plan_of(ON_REQUEST, lists_everything=True)
    listing.clock.tick(days=900)
    assert listing.states() == ["ok"] * 3
    assert listing.review() == ()


# Turns


def test_breach_and_recovery_are_told_once_each(listing: Watch) -> None:
    listing.run()
    began = listing.clock()
    listing.clock.tick(minutes=70)
    (event,) = listing.review()
    assert (event.kind, event.turn, event.since) == ("content", "breach", began + HOUR)
    assert listing.outside() == [("content", began + HOUR, False)]
    assert listing.review() == ()
    listing.run()
    listing.clock.tick(minutes=1)
    (event,) = listing.review()
    assert (event.turn, event.since, event.at) == ("recovered", began + HOUR, listing.clock())
    assert listing.review() == ()
    assert listing.outside() == []
    with listing.database.reading() as session:
        (row,) = repository.history(session, listing.record.id)
    assert (row.state, row.began_at, row.ended_at) == ("breach", began + HOUR, listing.clock())


def test_a_breach_whose_runs_begin_to_fail_becomes_unknown_and_keeps_its_beginning(listing: Watch) -> None:
    listing.run()
    began = listing.clock()
    listing.clock.tick(minutes=70)
    assert listing.turns() == [("content", "breach")]
    listing.clock.tick(minutes=5)
    listing.run(state="failed")
    assert listing.turns() == [("content", "unknown")]
    assert listing.outside() == [("content", began + HOUR, False)]
    with listing.database.reading() as session:
        later, earlier = repository.history(session, listing.record.id)
    assert earlier.ended_at == later.began_at
    listing.clock.tick(minutes=5)
    listing.run()
    (event,) = listing.review()
    assert (event.turn, event.since) == ("recovered", began + HOUR)


def test_kinds_turn_by_themselves(telling: Watch) -> None:
    for task in ("poll", "sweep", "access", "principals"):
        telling.run(task)
    telling.clock.tick(minutes=61)
    assert telling.turns() == [("content", "breach")]
    telling.clock.tick(minutes=60)
    telling.run("access")
    assert telling.turns() == [("permissions", "breach")]
    telling.run("principals")
    telling.run("poll")
    assert telling.turns() == [("content", "recovered"), ("permissions", "recovered")]


def test_a_wider_bound_ends_a_breach(listing: Watch) -> None:
    listing.run()
    listing.clock.tick(minutes=70)
    assert listing.turns() == [("content", "breach")]
    listing.plan = plan_of({"bounds": {"content": "2h"}}, lists_everything=True)
    assert listing.turns() == [("content", "recovered"), ("deletions", "breach"), ("permissions", "breach")]


def test_what_is_open_of_a_removed_source_ends(listing: Watch) -> None:
    listing.clock.tick(days=1)
    assert len(listing.review()) == 3
    with listing.database.writing() as session:
        sources.set_state(session, listing.record.id, "removed")
    assert listing.outside() == []
    with listing.database.writing() as session:
        breaches.close(session, listing.record.id, listing.clock())
        assert repository.open_breaches(session, [listing.record.id]) == {}


def test_what_the_owner_wants_of_a_stale_source_is_known_to_its_readers(listing: Watch) -> None:
    with listing.database.writing() as session:
        sources.put(
            session, "erp", "tryton", {}, by="somebody", now=listing.clock(), plan={"stale": "refuse"}
        )  # fmt: skip
    listing.clock.tick(minutes=61)
    listing.review()
    assert listing.outside() == [("content", listing.clock() - MINUTE, True)]


def test_an_event_names_the_source_the_bound_and_what_to_look_at(listing: Watch) -> None:
    listing.run(state="failed")
    listing.clock.tick(minutes=61)
    (event,) = listing.review()
    assert "erp: nobody can tell whether content is within its bound of 1h" in event.message
    assert event.payload["event"] == "freshness.unknown"
    assert event.payload["bound_seconds"] == 3600
    assert event.payload["confirmed_at"] is None
