"""Documents as their sources have them at this moment, whatever becomes of the asking."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from answer.review.live import Reader, Wanted
from connectors.errors import SourceUnavailable
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource, Change, Fault, Item, Page
from core.access import Access
from ingest.parse import ParserPool

TEXT = b"The car park opens at 6."


class Shelf:
    """A source of a few texts."""

    def __init__(self, texts: dict[str, bytes], waits: threading.Event | None = None) -> None:
        self.texts, self.waits, self.fetched = texts, waits, 0

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        if self.waits is not None:
            self.waits.wait(30)
        for key in keys:
            if key == "faulty":
                yield Page((), faults=(Fault(key, "Nobody may read it."),))
            elif key in self.texts:
                yield Page((Change(key, "1", Access.of(["everyone"])),))
            else:
                yield Page((), deleted=(key,))

    def fetch(self, key: str) -> Item:
        self.fetched += 1
        return Item(key, self.texts[key], f"{key}.txt")


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=1) as made:
        yield made


def record(name: str = "shelf") -> SourceRecord:
    return SourceRecord(name, name, "files", {}, {}, "active", 1, False, None)


def wanted(key: str, body: bytes = b"", name: str = "shelf") -> Wanted:
    return Wanted(record(name), key, hashlib.sha256(body).hexdigest())


def as_source(shelf: Any) -> AnySource:
    return cast(AnySource, shelf)


def test_each_item_is_told_as_it_is_now(pool: ParserPool) -> None:
    shelf = Shelf({"a": TEXT, "b": TEXT})
    reader = Reader(lambda _: as_source(shelf), pool)
    found = reader.read({"1": wanted("a"), "2": wanted("b", TEXT), "3": wanted("gone"), "4": wanted("faulty")})
    assert {name: each.state for name, each in found.items()} == {
        "1": "read", "2": "unchanged", "3": "gone", "4": "unreadable",
    }  # fmt: skip
    assert found["1"].text == TEXT.decode()
    assert found["4"].why == "Nobody may read it."
    reader.close()


def test_a_source_that_cannot_be_opened_is_unreachable_and_others_are_read(pool: ParserPool) -> None:
    def opened(of: SourceRecord) -> AnySource:
        if of.name == "down":
            raise SourceUnavailable("It does not answer.", hint="Look whether it is up.")
        return as_source(Shelf({"a": TEXT}))

    reader = Reader(opened, pool)
    found = reader.read({"1": wanted("a", name="down"), "2": wanted("a")})
    assert (found["1"].state, found["2"].state) == ("unreachable", "read")
    assert "does not answer" in found["1"].why
    reader.close()


def test_a_fault_of_a_source_is_not_taken_for_lateness(pool: ParserPool) -> None:
    class Faulty(Shelf):
        def fetch(self, key: str) -> Item:
            raise KeyError(key)

    reader = Reader(lambda _: as_source(Faulty({"a": TEXT})), pool)
    with pytest.raises(KeyError):
        reader.read({"1": wanted("a")})
    reader.close()


def test_whoever_waits_is_told_that_a_source_is_late(pool: ParserPool) -> None:
    answers = threading.Event()
    shelf = Shelf({"a": TEXT}, answers)
    reader = Reader(lambda _: as_source(shelf), pool, seconds=0.05)
    try:
        assert reader.read({"1": wanted("a")})["1"].state == "late"
        assert shelf.fetched == 0
    finally:
        answers.set()
        reader.close()


def test_a_file_that_does_not_parse_is_unreadable(pool: ParserPool) -> None:
    class Broken(Shelf):
        def fetch(self, key: str) -> Item:
            return Item(key, b"%PDF-1.7 broken", f"{key}.pdf")

    reader = Reader(lambda _: as_source(Broken({"a": b""})), pool)
    found = reader.read({"1": wanted("a")})["1"]
    assert found.state == "unreadable"
    assert found.why
    reader.close()
