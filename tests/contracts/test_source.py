"""What every kind of source has to do, whichever system is behind it. ``sources/world.py`` says how to add a kind."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterator
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path

import pytest

from connectors.catalogue import load_catalogue
from connectors.errors import SourceMisbehaves, SourceUnavailable
from core.errors import VouchError
from tests.contracts import sources
from tests.contracts.sources.mirror import Mirror
from tests.contracts.sources.world import NAMES, READER, TROUBLES, Trouble, World

WORLDS: list[type[World]] = [
    world
    for module in sorted(pkgutil.iter_modules(sources.__path__), key=lambda each: each.name)
    for world in getattr(importlib.import_module(f"{sources.__name__}.{module.name}"), "WORLDS", [])
]


def name_of(world: type[World]) -> str:
    return world.name or world.kind.name


def worlds(trouble: Trouble | None = None) -> pytest.MarkDecorator:
    fitting = [each for each in WORLDS if trouble not in each.cannot]
    return pytest.mark.parametrize("world", fitting, ids=name_of, indirect=True)


@pytest.fixture
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[World]:
    """A system with the items of NAMES. Whatever a test does there, no secret may come into a log."""
    made: World = request.param()
    with ExitStack() as stack:
        made.start(stack, tmp_path, monkeypatch)
        for name in NAMES:
            made.put(name, f"first text of {name}")
        caplog.set_level(logging.DEBUG)
        yield made
        shows_no_secret(
            made, "\n".join(record.getMessage() for phase in ("setup", "call") for record in caplog.get_records(phase))
        )


def shows_no_secret(world: World, shown: str) -> None:
    assert "hunter2" not in shown, "a secret is shown"
    for secret in world.secrets.values():
        assert secret not in shown, "a secret is shown"


def texts(mirror: Mirror, world: World) -> dict[str, bool]:
    """Name -> whether the item is there with its first text."""
    return {
        name: f"first text of {name}" in mirror.text(world.key(name))
        for name in NAMES
        if world.key(name) in mirror.items
    }


def synced(world: World) -> Mirror:
    mirror = Mirror()
    mirror.follow(world.open())
    assert set(mirror.items) == {world.key(name) for name in NAMES}
    return mirror


@worlds()
def test_a_check_finds_nothing_wrong(world: World) -> None:
    steps = list(world.open().check())
    assert [step for step in steps if not step.ok] == []
    assert {"reach", "read"} <= {step.name for step in steps}


@worlds()
def test_the_first_read_finds_every_item_with_its_text(world: World) -> None:
    mirror = synced(world)
    assert texts(mirror, world) == dict.fromkeys(NAMES, True)
    assert mirror.faults == []


@worlds()
def test_pages_are_smaller_than_everything(world: World) -> None:
    pages = list(world.open().poll(None))
    assert sum(1 for page in pages if page.changes) > 1, "make the world's pages smaller"


@worlds()
def test_a_second_run_writes_nothing(world: World) -> None:
    mirror = synced(world)
    written = mirror.written.copy()
    mirror.follow(world.open())
    assert mirror.written == written


@worlds()
def test_only_the_reader_reads(world: World) -> None:
    mirror = synced(world)
    source = world.open()
    assert mirror.readable(source, READER, world.reader_groups) == set(mirror.items)
    assert mirror.readable(source, "stranger@example.com", frozenset({"strangers"})) == set()


@worlds()
@pytest.mark.parametrize("lose_last", [False, True], ids=["after-a-commit", "before-a-commit"])
def test_a_stop_at_any_page_resumes_without_gap_or_double(world: World, lose_last: bool) -> None:
    undisturbed = synced(world)
    pages = sum(1 for _ in world.open().poll(None))
    for stop in range(1, pages + 1):
        mirror = Mirror()
        mirror.poll(world.open(), stop_after=stop, lose_last=lose_last)
        mirror.poll(world.open())
        assert mirror.items == undisturbed.items
        assert set(mirror.written.values()) == {1}


@worlds()
def test_stops_at_every_page_in_turn_still_reach_the_end(world: World) -> None:
    undisturbed = synced(world)
    mirror = Mirror()
    for stop in range(1, sum(1 for _ in world.open().poll(None)) + 1):
        mirror.poll(world.open(), stop_after=stop)
    mirror.poll(world.open())
    assert mirror.items == undisturbed.items


@worlds()
def test_an_update_a_new_item_and_a_deletion_are_seen(world: World) -> None:
    world.remove("c")
    mirror = Mirror()
    mirror.follow(world.open())
    assert world.key("c") not in mirror.items
    world.put("b", "second text")
    world.put("c", "created anew")
    world.remove("d")
    written = mirror.written.copy()
    mirror.follow(world.open())
    assert "second text" in mirror.text(world.key("b"))
    assert "created anew" in mirror.text(world.key("c"))
    assert world.key("d") not in mirror.items
    assert {key for key in mirror.written if mirror.written[key] > written[key]} == {world.key("b"), world.key("c")}


@worlds()
def test_a_revoked_reader_reads_no_longer(world: World) -> None:
    mirror = synced(world)
    written = mirror.written.copy()
    world.revoke("b")
    source = world.open()
    mirror.follow(source)
    left = {world.key(name) for name in NAMES if name != "b"}
    assert mirror.readable(source, READER, world.reader_groups) == left
    assert mirror.written == written, "a change of rights is not a change of content"


@worlds()
def test_single_items_are_read_as_they_are_now(world: World) -> None:
    mirror = synced(world)
    world.put("b", "second text")
    world.remove("d")
    wanted = [world.key(name) for name in "abd"]
    pages = list(world.open().read(wanted))
    assert all(page.cursor is None for page in pages)
    named = [key for page in pages for key in (*(change.key for change in page.changes), *page.deleted)]
    assert sorted(named) == sorted(wanted)
    assert [key for page in pages for key in page.deleted] == [world.key("d")]
    before = {key: held.fingerprint for key, held in mirror.items.items()}
    moved = {change.key for page in pages for change in page.changes if change.fingerprint != before[change.key]}
    assert moved == {world.key("b")}


@worlds()
def test_permissions_are_told_of_what_is_there(world: World) -> None:
    mirror = synced(world)
    gone = world.key("e")
    world.remove("e")
    told = {item.key: item.access for item in world.open().access(sorted(mirror.items)).items}
    assert told == {key: held.access for key, held in mirror.items.items() if key != gone}


@worlds("throttle")
def test_a_server_that_asks_for_a_pause_gets_it(world: World) -> None:
    world.front.refuse(429, times=2, retry_after=7)
    slept = len(world.time.slept)
    synced(world)
    assert sum(world.time.slept[slept:]) >= 14


@worlds("throttle")
def test_a_long_pause_ends_the_run_and_is_passed_on(world: World) -> None:
    mirror = synced(world)
    before = deepcopy(mirror.items)
    world.front.refuse(429, times=1000, retry_after=3600)
    with pytest.raises(SourceUnavailable) as raised:
        mirror.follow(world.open())
    assert raised.value.retry_after is not None
    assert raised.value.retry_after >= 3000
    assert mirror.items == before


@worlds("failure")
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_server_loses_nothing(world: World, status: int) -> None:
    mirror = synced(world)
    before = deepcopy(mirror.items)
    world.front.refuse(status, times=1000)
    for attempt in (mirror.poll, mirror.sweep, mirror.follow_permissions):
        with pytest.raises(SourceUnavailable) as raised:
            attempt(world.open())
        shows_no_secret(world, f"{raised.value!r} {raised.value} {raised.value.__cause__!r}")
    steps = list(world.open().check())
    assert not steps[-1].ok
    shows_no_secret(world, repr(steps))
    assert mirror.items == before
    world.front.calm()
    world.put("a", "second text")
    mirror.follow(world.open())
    assert "second text" in mirror.text(world.key("a"))


@worlds("failure")
def test_a_server_that_fails_for_a_moment_is_asked_again(world: World) -> None:
    world.front.refuse(503, times=2)
    synced(world)


@worlds("cut")
def test_answers_that_break_off_lose_nothing(world: World) -> None:
    """Whatever is cut, the source either asks again or says so; once the trouble is over, everything is there."""
    undisturbed = synced(world)
    for times in (1, 2, 5, 1000):
        mirror = deepcopy(undisturbed)
        mirror.cursor = None
        world.front.cut(times)
        for attempt in (mirror.poll, mirror.sweep, mirror.follow_permissions):
            try:
                attempt(world.open())
            except VouchError as error:
                shows_no_secret(world, f"{error!r} {error}")
        assert set(mirror.items) == set(undisturbed.items)
        world.front.calm()
        mirror.follow(world.open())
        assert mirror.items == undisturbed.items


@worlds("repeat")
def test_a_page_that_repeats_itself_is_a_clear_error(world: World) -> None:
    mirror = synced(world)
    before = deepcopy(mirror.items)
    mirror.cursor = None
    world.front.repeat(type(world).is_page)
    with pytest.raises(SourceMisbehaves) as raised:
        mirror.poll(world.open())
    assert raised.value.hint
    world.front.repeat(type(world).is_page)
    with pytest.raises(SourceMisbehaves):
        mirror.sweep(world.open())
    assert mirror.items == before


@worlds("unfiltered")
def test_a_server_that_ignores_filters_does_no_harm(world: World) -> None:
    mirror = synced(world)
    world.put("b", "second text")
    expected = deepcopy(mirror)
    expected.follow(world.open())
    world.front.rewrite(type(world).without_filter)
    fresh = Mirror()
    for seen in (mirror, fresh):
        if world.pages_by_filter:
            before = set(seen.items)
            for attempt in (seen.poll, seen.sweep):
                with pytest.raises(SourceMisbehaves):
                    attempt(world.open())
            assert before <= set(seen.items)
            continue
        seen.poll(world.open())
        assert seen.items == expected.items
        seen.follow(world.open())
        assert seen.items == expected.items
    world.front.calm()
    for seen in (mirror, fresh):
        seen.follow(world.open())
        assert seen.items == expected.items


@worlds("credentials")
def test_refused_credentials_are_named_and_delete_nothing(world: World) -> None:
    mirror = synced(world)
    before = deepcopy(mirror.items)
    world.refuse_credentials()
    steps = list(world.open().check())
    assert not steps[-1].ok
    assert steps[-1].hint
    shows_no_secret(world, repr(steps))
    for attempt in (mirror.poll, mirror.sweep, mirror.follow_permissions):
        with pytest.raises(VouchError) as raised:
            attempt(world.open())
        shows_no_secret(world, f"{raised.value!r} {raised.value} {raised.value.__cause__!r}")
    assert mirror.items == before


@worlds()
def test_nothing_that_is_printed_shows_a_secret(world: World) -> None:
    source = world.open()
    pages = list(source.poll(None))
    item = next(change for page in pages for change in page.changes)
    shown = [source, world.kind, world.kind.config.model_validate(world.config()), item]
    shows_no_secret(world, " ".join(f"{each!r} {each}" for each in shown))
    assert "first text" not in repr(pages)


@pytest.mark.parametrize("made", WORLDS, ids=name_of)
def test_every_kind_says_which_trouble_it_cannot_be_in(made: type[World]) -> None:
    assert set(made.cannot) <= set(TROUBLES)
    assert all(made.cannot.values())


def test_every_kind_of_the_catalogue_is_in_the_kit() -> None:
    there = {world.kind.name for world in WORLDS}
    assert set(load_catalogue().kinds) == there
