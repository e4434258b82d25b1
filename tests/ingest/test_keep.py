"""One page and its transaction: everything of it is kept, or nothing; one bad item concerns nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import event, func, select

from connectors import failures
from connectors.sources.base import Page
from ingest import repository
from ingest.tables import BlobRow, DocumentAccessRow, DocumentRow
from tests.sources.driven import Bare
from tests.sources.scripted import START, Entry, Scripted, granted

HOUR = timedelta(hours=1)


class Killed(BaseException):
    """Stands for a process that ends at this moment: nothing catches it."""


def entry(text: str = "Forty pumps.", **more: Any) -> Entry:
    return Entry(text, **more)


def hourly(*keys: str) -> dict[str, Entry]:
    return {key: entry(f"Entry {key}.", modified=START + number * HOUR) for number, key in enumerate(keys)}


def texts(engine: Bare) -> dict[str, str]:
    with engine.database.reading() as session:
        rows = session.execute(
            select(DocumentRow.key, BlobRow.body).join(BlobRow, BlobRow.hash == DocumentRow.content_hash)
        )
        return {row.key: orjson.loads(row.body)["text"] for row in rows}


def failed(engine: Bare) -> dict[str, Any]:
    with engine.database.reading() as session:
        return {row.key: row for row in failures.of_source(session, engine.record.id)}


def everything(engine: Bare) -> dict[str, Any]:
    """What one page moves."""
    with engine.database.reading() as session:
        accesses = session.scalar(select(func.count()).select_from(DocumentAccessRow))
    return {
        "texts": texts(engine), "cursor": engine.cursor(), "failures": sorted(failed(engine)), "accesses": accesses,
        "outbox": engine.outbox(),
    }  # fmt: skip


def test_a_page_its_cursor_and_its_failures_are_kept_together(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b", "c"), poisoned={"b"}, page_size=2)
    engine.turn(source, "poll")
    assert everything(engine) == {
        "texts": {"a": "Entry a.", "c": "Entry c."},
        "cursor": {"at": (START + 2 * HOUR).isoformat().replace("+00:00", "Z"), "key": "c"},
        "failures": ["b"],
        "accesses": 2,
        "outbox": {"a": "content", "c": "content"},
    }


def test_a_kill_between_pages_keeps_whole_pages_and_the_next_run_goes_on_after_them(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b", "c", "d"), page_size=2)
    pages = iter([None, Killed()])

    def die(method: str) -> None:
        if method == "page" and (fault := next(pages)) is not None:
            raise fault

    source.before = die
    with pytest.raises(Killed):
        engine.turn(source, "poll")
    assert texts(engine) == {"a": "Entry a.", "b": "Entry b."}
    assert engine.cursor()["key"] == "b"
    source.before = lambda method: None
    assert engine.turn(source, "poll").tally.counts["new"] == 2
    assert sorted(texts(engine)) == ["a", "b", "c", "d"]


def test_a_kill_at_any_statement_of_a_page_keeps_nothing_of_it(engine: Bare) -> None:
    """The page has everything: an entry that is new, changed, moved to other readers, gone, unreadable."""
    source = Scripted(entries=hourly("changed", "moved", "gone", "bad"))
    engine.turn(source, "poll")
    before = everything(engine)
    source.entries |= {
        "changed": entry("Anew.", modified=START + 9 * HOUR),
        "moved": replace(source.entries["moved"], groups=("legal",), modified=START + 9 * HOUR),
        "new": entry("New.", modified=START + 9 * HOUR),
    }
    source.poisoned = {"bad"}
    del source.entries["gone"]
    kills = 0
    while True:
        statements = iter(range(kills))

        def dying(connection: Any, cursor: Any, statement: str, *rest: Any, left: Any = statements) -> None:
            if statement.startswith(("INSERT", "UPDATE", "DELETE")) and next(left, None) is None:
                raise Killed

        keys = ["changed", "moved", "new", "gone", "bad"]
        with engine.database.writing() as session:
            failures.record(session, engine.record.id, [], engine.clock())
        with engine.leases().hold(f"source:{engine.record.id}") as lease:
            assert lease is not None
            page = replace(next(source.read(keys)), cursor=source.cursor(at=START + 9 * HOUR, key="z"))
            event.listen(engine.database.engine, "before_cursor_execute", dying)
            try:
                engine.keeper.keep(hold(engine, lease), source, page)
                break
            except Killed:
                kills += 1
            finally:
                event.remove(engine.database.engine, "before_cursor_execute", dying)
        assert everything(engine) == before
    after = everything(engine)
    assert kills > 10
    assert after["cursor"]["key"] == "z"
    assert after["failures"] == ["bad"]
    assert engine.states() == dict.fromkeys(("changed", "moved", "new", "bad"), "pending") | {"gone": "gone"}
    assert after["texts"]["changed"] == "Anew."


def hold(engine: Bare, lease: Any, since: Any = None) -> Any:
    from ingest.keep import Hold

    return Hold(engine.record.id, lease, engine.clock(), since)


def test_a_poisoned_item_never_blocks_its_page(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b", "c"), poisoned={"b"})
    turned = engine.turn(source, "poll")
    assert sorted(texts(engine)) == ["a", "c"]
    assert turned.tally.failures == [("b", "damaged", "it is damaged")]
    assert engine.cursor()["key"] == "c"


@pytest.mark.parametrize("transient", [True, False])
def test_an_item_whose_content_cannot_be_fetched_is_kept_as_a_failure(engine: Bare, transient: bool) -> None:
    source = Scripted(entries=hourly("a", "b"), unfetchable={"b"}, carries=False, transient=transient)
    engine.turn(source, "poll")
    assert sorted(texts(engine)) == ["a"]
    row = failed(engine)["b"]
    assert (row.transient, row.reason, row.next_at is not None) == (transient, "its file is damaged", transient)


def test_a_revoke_holds_even_where_the_content_that_came_with_it_cannot_be_read(engine: Bare) -> None:
    source = Scripted(entries=hourly("a"), carries=False)
    engine.turn(source, "poll")
    before = engine.documents()["a"]
    source.unfetchable = {"a"}
    source.put("a", "Another text.", groups=("board",), modified=START + 9 * HOUR)
    turned = engine.turn(source, "poll")
    after = engine.documents()["a"]
    assert after.access_key != before.access_key
    assert after.content_hash == before.content_hash
    assert [key for key, _, _ in turned.tally.failures] == ["a"]


class Forgetful(Scripted):
    """Names restricted fields in its content, and not with its access."""

    def _page(self, keys: Sequence[str], *, poison: bool = True) -> Page:
        page = super()._page(keys, poison=poison)
        return replace(page, changes=tuple(replace(change, restricted=()) for change in page.changes))


class Blurred(Scripted):
    """Gives a field access of its own, and does not set it apart in the content."""

    def _page(self, keys: Sequence[str], *, poison: bool = True) -> Page:
        page = super()._page(keys, poison=poison)
        blurred = [replace(self.entries[key], secret_groups=None).record().item(key) for key in keys]
        return replace(
            page, changes=tuple(replace(c, item=item) for c, item in zip(page.changes, blurred, strict=True))
        )


@pytest.mark.parametrize("kind", [Forgetful, Blurred])
def test_a_field_that_content_and_access_do_not_restrict_alike_is_not_shown(engine: Bare, kind: type[Scripted]) -> None:
    source = kind(entries={"a": entry(secret="78,600 euros", secret_groups=("hr",)), "b": entry()})
    turned = engine.turn(source, "poll")
    assert sorted(texts(engine)) == ["b"]
    assert [(key, "salary" in reason, "78,600" in reason) for key, _, reason in turned.tally.failures] == [
        ("a", True, False)
    ]
    assert failed(engine)["a"].next_at is not None


def test_an_item_that_is_read_again_loses_its_failure(engine: Bare) -> None:
    source = Scripted(entries=hourly("a"), poisoned={"a"})
    engine.turn(source, "poll")
    source.poisoned.clear()
    source.put("a", modified=START + 9 * HOUR)
    engine.turn(source, "poll")
    assert (failed(engine), sorted(texts(engine))) == ({}, ["a"])


def test_an_item_that_went_loses_its_failure(engine: Bare) -> None:
    source = Scripted(entries=hourly("a"), poisoned={"a"})
    engine.turn(source, "poll")
    del source.entries["a"]
    engine.clock.tick(hours=1)
    engine.turn(source, "retry")
    assert failed(engine) == {}


def test_a_page_that_names_an_item_twice_keeps_the_last_word(engine: Bare) -> None:
    source = Scripted(entries=hourly("a"))
    first = next(source.poll(None))
    source.put("a", "Later.")
    twice = Page(first.changes + next(source.poll(None)).changes, derived=first.derived)
    with engine.leases().hold("l") as lease:
        engine.keeper.keep(hold(engine, lease), source, twice)
    assert texts(engine) == {"a": "Later."}


def test_what_is_unchanged_is_neither_fetched_nor_asked_for(engine: Bare) -> None:
    source = Scripted(entries=hourly("a", "b"), carries=False)
    engine.turn(source, "poll")
    source.calls.clear()
    with engine.database.writing() as session:
        repository.withdraw(session, [row.id for row in engine.documents().values()])
    turned = engine.turn(source, "poll", full=True)
    assert (turned.tally.unchanged, source.called("fetch"), engine.outbox()) == (2, [], {})


def test_a_document_that_became_searchable_meanwhile_gets_its_new_access_into_the_index(engine: Bare) -> None:
    """The pipeline finishes the document between the reading of a page and its transaction."""
    source = Scripted(entries=hourly("a"), carries=False)
    engine.turn(source, "poll")
    source.put("a", "Anew.", groups=("legal",), modified=START + HOUR)
    done: list[str] = []

    def finished(method: str) -> None:
        if method == "fetch":
            with engine.database.writing() as session:
                row = session.scalars(select(DocumentRow)).one()
                row.state = "ready"
                repository.withdraw(session, [row.id])
                done.append(row.id)

    source.before = finished
    source.entries["a"] = replace(source.entries["a"])
    engine.turn(source, "poll")
    assert done
    assert engine.outbox() == {"a": "content"}
    assert engine.documents()["a"].access_key == granted("register", ("legal",))[0].key
    assert engine.documents()["a"].state == "ready"


def test_a_document_that_was_suppressed_meanwhile_stays_so(engine: Bare) -> None:
    source = Scripted(entries=hourly("a"), carries=False)
    engine.turn(source, "poll")
    source.put("a", "Anew.", modified=START + HOUR)

    def suppress(method: str) -> None:
        if method == "fetch":
            with engine.database.writing() as session:
                row = session.scalars(select(DocumentRow)).one()
                row.state = "suppressed"
                repository.enqueue_each(session, [row.id], "remove")

    source.before = suppress
    assert engine.turn(source, "poll").tally.suppressed == 1
    assert (engine.states(), engine.outbox()) == ({"a": "suppressed"}, {"a": "remove"})


def test_a_suppressed_item_is_not_tried_again_for_ever(engine: Bare) -> None:
    source = Scripted(entries=hourly("a"))
    engine.turn(source, "poll")
    with engine.database.writing() as session:
        session.scalars(select(DocumentRow)).one().state = "suppressed"
    source.poisoned = {"a"}
    engine.turn(source, "poll", full=True)
    source.poisoned.clear()
    engine.clock.tick(hours=1)
    engine.turn(source, "retry")
    assert failed(engine) == {}


def test_a_field_restricted_while_its_content_still_waits_is_not_split_from_what_was_read_before(engine: Bare) -> None:
    source = Scripted(entries={"a": entry(secret="78,600 euros")})
    engine.turn(source, "poll")
    source.put("a", secret_groups=("hr",))
    asked: list[dict[str, str]] = []
    source.before = lambda method: asked.append(engine.outbox()) if method == "read" else None
    engine.turn(source, "access")
    assert asked == [{}], "what was read before would be split, and shown, without the restriction"
    assert engine.outbox() == {"a": "content"}
    assert engine.documents()["a"].fingerprint


def test_a_restricted_item_that_could_not_be_read_anew_is_read_at_the_next_access_sync(engine: Bare) -> None:
    source = Scripted(entries={"a": entry(secret="78,600 euros")})
    engine.turn(source, "poll")
    source.put("a", secret_groups=("hr",))

    def down(method: str) -> None:
        if method == "read":
            raise Killed

    source.before = down
    with pytest.raises(Killed):
        engine.turn(source, "access")
    assert engine.outbox() == {}
    source.before = lambda method: None
    engine.turn(source, "access")
    assert engine.outbox() == {"a": "content"}
