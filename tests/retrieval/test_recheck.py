"""Asking the source at question time: it can only take away, and what it does not confirm in time is not shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any, cast

import pytest

from connectors import repository as sources
from connectors.accounts import replace_accounts
from connectors.errors import SourceUnavailable
from connectors.plan import plan_of
from connectors.repository import SourceRecord
from connectors.sources.base import Account, AnySource
from core import people
from core.access import Principal
from core.database import Database
from retrieval.evidence import DocumentRef, Passage
from retrieval.recheck import Rechecker

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Answer = Callable[[str, Sequence[str]], frozenset[str]]


class Asked:
    """A source of which only the answer to a recheck matters."""

    def __init__(self, answer: Answer) -> None:
        self.recheck = answer


@pytest.fixture
def reader(database: Database) -> Principal:
    with database.writing() as session:
        person = people.put(session, "ana@x.example", groups=[], roles=["employee"], now=NOW)
        for name, recheck in (("crm", "2s"), ("wiki", None)):
            plan = plan_of({"recheck": recheck}, lists_everything=False).model_dump(mode="json")
            sources.put(session, name, "records", {"name": name}, by="owner", now=NOW, plan=plan)
        account = Account("u1", "ana@x.example", verified=True)
        replace_accounts(session, sources.by_name(session, "crm").id, "crm", [account], {}, NOW)
    with database.reading() as session:
        return people.principal(session, person.id, lambda id: "0" * 32)


def passage(source: str, key: str) -> Passage:
    document = DocumentRef(f"{source}/{key}", key, key, source)
    return Passage(f"{source}-{key}", document, "v", None, (), (), key, 1.0, 1.0, 1.0, NOW)


def shown(database: Database, reader: Principal, answer: Answer) -> list[str]:
    def opened(record: SourceRecord) -> AnySource:
        return cast(Any, Asked(answer))

    rechecker = Rechecker(database, opened)
    try:
        found = [passage("crm", "a"), passage("wiki", "w"), passage("crm", "b")]
        return [each.document.uri for each in rechecker.confirmed(found, reader)]
    finally:
        rechecker.close()


def test_what_the_source_does_not_confirm_is_not_shown(database: Database, reader: Principal) -> None:
    asked: list[tuple[str, list[str]]] = []

    def answer(account: str, keys: Sequence[str]) -> frozenset[str]:
        asked.append((account, list(keys)))
        return frozenset({"b"})

    assert shown(database, reader, answer) == ["w", "b"]
    assert asked == [("u1", ["a", "b"])]


def test_a_source_that_fails_confirms_nothing(database: Database, reader: Principal) -> None:
    def answer(account: str, keys: Sequence[str]) -> frozenset[str]:
        raise SourceUnavailable("It does not answer.")

    assert shown(database, reader, answer) == ["w"]


def test_a_source_that_is_late_confirms_nothing(database: Database, reader: Principal) -> None:
    ended = Event()

    def answer(account: str, keys: Sequence[str]) -> frozenset[str]:
        ended.wait()
        return frozenset(keys)

    with database.writing() as session:
        record = sources.by_name(session, "crm")
        plan = plan_of({"recheck": "1s"}, lists_everything=False).model_dump(mode="json")
        sources.put(session, "crm", record.kind, record.config, by="owner", now=NOW, plan=plan)
    try:
        assert shown(database, reader, answer) == ["w"]
    finally:
        ended.set()


def test_a_person_whom_the_source_does_not_know_is_shown_nothing_of_it(database: Database, reader: Principal) -> None:
    with database.writing() as session:
        replace_accounts(session, sources.by_name(session, "crm").id, "crm", [], {}, NOW)
    assert shown(database, reader, lambda account, keys: frozenset(keys)) == ["w"]


def test_for_a_group_that_reads_along_a_source_confirms_nothing(database: Database, reader: Principal) -> None:
    together = replace(reader, beside=(frozenset({"everyone"}),))
    assert shown(database, together, lambda account, keys: frozenset(keys)) == ["w"]


def test_a_kind_that_cannot_be_asked_confirms_nothing(database: Database, reader: Principal) -> None:
    rechecker = Rechecker(database, lambda record: cast(Any, object()))
    assert [each.document.uri for each in rechecker.confirmed([passage("crm", "a")], reader)] == []
    rechecker.close()
