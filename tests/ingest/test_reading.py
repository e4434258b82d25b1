"""Turns: reading on, sweeping, asking for access, trying again; and sources that do not keep to what they promise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice, repeat
from typing import Any

import pytest
from sqlalchemy import select

from connectors.errors import SourceMisbehaves, SourceUnavailable
from connectors.sources.base import Page
from core.errors import Unavailable
from ingest.tables import DocumentRow
from tests.ingest.test_keep import HOUR, failed, hourly, texts
from tests.sources.driven import Bare
from tests.sources.scripted import START, Scripted


class Repeating(Scripted):
    """Whose paging is broken: ``pages`` are sent round and round."""

    round: tuple[Page, ...] = ()

    def poll(self, cursor: Any) -> Iterator[Page]:
        for pages in islice(repeat(self.round), 1000):
            yield from pages

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        yield from islice(repeat(("a", "b")), 1000)


def paged(source: Scripted) -> tuple[Page, ...]:
    return tuple(Scripted.poll(source, None))


@pytest.mark.parametrize("size", [1, 2, 3], ids=["three pages in turn", "two pages in turn", "one page again"])
def test_pages_that_repeat_end_with_an_error(engine: Bare, size: int) -> None:
    source = Repeating(entries=hourly("a", "b", "c"), page_size=size)
    source.round = paged(source)
    with pytest.raises(SourceMisbehaves, match="twice"):
        engine.turn(source, "poll")
    assert sorted(texts(engine)) == ["a", "b", "c"]


def test_a_page_of_failures_that_repeats_ends_with_an_error(engine: Bare) -> None:
    source = Repeating(entries=hourly("a", "b"), poisoned={"a", "b"})
    source.round = paged(source)
    with pytest.raises(SourceMisbehaves):
        engine.turn(source, "poll")


def test_an_item_that_changes_during_a_poll_is_no_repetition(engine: Bare) -> None:
    source = Repeating(entries=hourly("a"))
    first = paged(source)
    source.put("a", "Anew.")
    both = (*first, *paged(source))
    source.poll = lambda cursor: iter(both)  # type: ignore[method-assign]
    assert engine.turn(source, "poll").finished
    assert texts(engine) == {"a": "Anew."}


def test_keys_that_repeat_end_a_sweep_with_an_error_and_delete_nothing(engine: Bare) -> None:
    engine.turn(Scripted(entries=hourly("a", "b", "c")), "poll")
    engine.clock.tick(hours=1)
    with pytest.raises(SourceMisbehaves):
        engine.turn(Repeating(entries=hourly("a", "b")), "sweep")
    assert set(engine.states().values()) == {"pending"}


def test_a_sweep_finds_what_is_gone_and_what_was_missed(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b", "c"), page_size=2)
    engine.turn(source, "poll")
    del source.entries["b"]
    # Stamped long ago: no poll will come by it.
    source.put("missed", modified=START - HOUR)
    engine.clock.tick(hours=1)
    turned = engine.turn(source, "sweep", since=engine.clock() - HOUR)
    assert engine.states() == {"a": "pending", "b": "gone", "c": "pending", "missed": "pending"}
    assert turned.tally.lags == {"deletions": [HOUR]}
    assert engine.outbox()["b"] == "remove"


def test_an_empty_listing_deletes_nothing_unless_confirmed(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b"))
    engine.turn(source, "poll")
    source.entries.clear()
    engine.clock.tick(hours=1)
    with pytest.raises(Unavailable, match="nothing was deleted"):
        engine.turn(source, "sweep")
    assert set(engine.states().values()) == {"pending"}
    engine.turn(source, "sweep", confirm_empty=True)
    assert set(engine.states().values()) == {"gone"}


def test_a_listing_that_breaks_off_deletes_nothing(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b", "c"), page_size=1)
    engine.turn(source, "poll")
    del source.entries["c"]
    engine.clock.tick(hours=1)

    def broken(method: str) -> None:
        if method == "listed":
            raise SourceUnavailable("It does not answer.")

    source.before = broken
    with pytest.raises(SourceUnavailable):
        engine.turn(source, "sweep")
    assert set(engine.states().values()) == {"pending"}


@pytest.mark.parametrize("everything", [False, True], ids=["sweep", "listing"])
def test_a_clock_that_is_put_back_during_a_listing_deletes_nothing(engine: Bare, everything: bool) -> None:
    source = Scripted(entries=hourly("a", "b", "c"), page_size=1, lists_everything=everything)
    engine.turn(source, "poll")
    engine.clock.tick(hours=1)
    back = iter([timedelta(hours=2)])

    def put_back(method: str) -> None:
        if method in ("listed", "page"):
            engine.clock.now -= next(back, timedelta(0))

    source.before = put_back
    engine.turn(source, "poll" if everything else "sweep")
    assert set(engine.states().values()) == {"pending"}


def test_a_sweep_leaves_what_is_tried_again_to_the_retry(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b"), poisoned={"b"}, transient=False)
    engine.turn(source, "poll")
    source.calls.clear()
    engine.clock.tick(hours=1)
    engine.turn(source, "sweep")
    assert source.called("read") == []
    assert failed(engine)["b"].attempts == 1


def test_a_listing_that_could_not_look_at_an_item_does_not_delete_it(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b"), lists_everything=True)
    engine.turn(source, "poll")
    source.poisoned = {"b"}
    engine.clock.tick(hours=1)
    engine.turn(source, "poll")
    assert set(engine.states().values()) == {"pending"}


def test_a_retry_reads_just_what_failed_and_is_due(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b", "c", "d"), poisoned={"b"})
    engine.turn(source, "poll")
    engine.clock.tick(seconds=30)
    source.poisoned = {"b", "c"}
    source.put("c", modified=START + 9 * HOUR)
    engine.turn(source, "poll")
    source.calls.clear()
    source.poisoned.clear()
    engine.clock.tick(seconds=31)
    engine.turn(source, "retry")
    assert source.called("read") == [("b",)]
    assert sorted(failed(engine)) == ["c"]
    assert "b" in texts(engine)


def test_a_retry_that_fails_again_waits_longer(engine: Bare) -> None:
    source = Scripted(entries=hourly("a"), poisoned={"a"})
    engine.turn(source, "poll")
    waits: list[float] = []
    for _ in range(4):
        row = failed(engine)["a"]
        waits.append((row.next_at - engine.clock()).total_seconds())
        engine.clock.now = row.next_at
        engine.turn(source, "retry")
    assert waits == [60, 120, 240, 480]


def test_a_key_that_a_source_does_not_answer_for_is_not_asked_for_at_once_again(engine: Bare) -> None:
    source = Scripted(entries=hourly("a"), poisoned={"a"})
    engine.turn(source, "poll")
    engine.clock.tick(minutes=1)
    source.read = lambda keys: iter([Page(())])  # type: ignore[method-assign]
    engine.turn(source, "retry")
    row = failed(engine)["a"]
    assert (row.code, row.attempts) == ("unanswered", 2)
    assert row.next_at > engine.clock()


def test_a_slice_that_is_over_goes_on_where_it_stopped(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b", "c"), page_size=1)
    read: list[set[str]] = []
    for _ in range(4):
        turned = engine.turn(source, "poll", seconds=0)
        read.append({row.key for row in engine.documents().values() if row.id in turned.tally.new})
    assert read == [{"a"}, {"b"}, {"c"}, set()]
    assert turned.finished


def test_a_cursor_of_another_release_is_read_as_none(engine: Bare) -> None:
    source = Scripted(entries=hourly("a"))
    engine.turn(source, "poll")
    with engine.database.writing() as session:
        from connectors import repository as sources

        sources.move_cursor(session, engine.record.id, {"page": 7}, engine.clock())
    assert engine.turn(source, "poll").tally.unchanged == 1


def test_a_run_that_fails_says_why_and_keeps_what_came_before(engine: Bare) -> None:
    from connectors import repository as sources

    source = Scripted(entries=hourly("a", "b"), page_size=1)
    pages = iter([None, SourceUnavailable("It does not answer.")])

    def down(method: str) -> None:
        if method == "page" and (fault := next(pages)) is not None:
            raise fault

    source.before = down
    with pytest.raises(SourceUnavailable):
        engine.turn(source, "poll")
    with engine.database.reading() as session:
        run = sources.last_run(session, engine.record.id)
        assert session.scalars(select(DocumentRow.key)).all() == ["a"]
    assert run is not None
    assert (run.state, run.error, run.counts["new"]) == ("failed", "It does not answer.", 1)
