"""Leases: one holder at a time, over all processes; whoever lost one commits nothing any more."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core import leases
from core.errors import Conflict
from core.tables import LeaseRow
from tests.ingest.test_keep import entry, texts
from tests.sources.driven import Bare
from tests.sources.scripted import Scripted


def names(engine: Bare) -> list[str]:
    with engine.database.reading() as session:
        return list(session.scalars(select(LeaseRow.name)))


def test_a_second_holder_is_refused_and_the_first_one_goes_on(engine: Bare) -> None:
    with engine.leases().hold("work") as first:
        with engine.leases().hold("work") as second:
            assert second is None
        assert first is not None
        with engine.database.writing() as session:
            first.confirm(session)
    assert names(engine) == []


def test_a_lease_of_a_holder_that_died_is_taken_over_when_it_has_run_out(engine: Bare) -> None:
    with engine.database.writing() as session:
        assert leases.claim(session, "work", "dead", engine.clock())
    engine.clock.tick(seconds=leases.LIFE.total_seconds() - 1)
    with engine.leases().hold("work") as early:
        assert early is None
    engine.clock.tick(seconds=1)
    with engine.leases().hold("work") as late:
        assert late is not None


def test_a_run_of_a_source_that_is_being_read_is_refused(engine: Bare) -> None:
    source = Scripted(entries={"e1": entry()})
    with engine.leases().hold(f"source:{engine.record.id}"):
        with pytest.raises(Conflict, match="being read already"):
            engine.turn(source, "poll")
    assert source.calls == []
    assert engine.turn(source, "poll").finished


@pytest.mark.parametrize("given_back", [False, True], ids=["still at work", "already done"])
def test_a_holder_that_was_overtaken_commits_nothing(engine: Bare, given_back: bool) -> None:
    """It stood still for longer than its lease holds, while another one read what is newer."""
    slow = Scripted(entries={"e1": entry("old")})

    def overtaken(method: str) -> None:
        if method != "page":
            return
        slow.before = lambda method: None
        engine.clock.tick(seconds=leases.LIFE.total_seconds() + 1)
        newer = Scripted(entries={"e1": entry("new")})
        if given_back:
            engine.turn(newer, "poll")
        else:
            with engine.database.writing() as session:
                assert leases.claim(session, f"source:{engine.record.id}", "another", engine.clock())

    slow.before = overtaken
    with pytest.raises(Conflict, match="took over"):
        engine.turn(slow, "poll")
    assert texts(engine) == ({"e1": "new"} if given_back else {})


def test_giving_back_takes_nothing_from_whoever_took_over(engine: Bare) -> None:
    with engine.leases().hold("work"):
        engine.clock.tick(seconds=leases.LIFE.total_seconds() + 1)
        with engine.database.writing() as session:
            assert leases.claim(session, "work", "another", engine.clock())
    assert names(engine) == ["work"]
