"""How fresh sources are, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors import repository as sources
from connectors.tables import BreachRow
from tests.api.conftest import ANA
from tests.api.visitors import House, ask

SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
QUESTION = "How many days of leave does an employee have?"


def _leave(house: House, stale: str) -> None:
    with house.runtime.database.writing() as session:
        for record in sources.everything(session):
            sources.put(session, record.name, record.kind, record.config, by="x", now=SINCE, plan={"stale": stale})
            session.add(BreachRow(id="b1", source_id=record.id, kind="permissions", state="unknown", began_at=SINCE))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.freshness.LIFE_SECONDS", 0.0)


def test_sources_and_passages_say_whether_they_are_out_of_date(small_house: House) -> None:
    ana = small_house.browser(ANA)
    (source,) = ask(ana, QUESTION)["sources"]
    assert (source["stale"], source["bound"], source["stale_since"]) == (False, None, None)
    _leave(small_house, "warn")
    (source,) = ask(ana, QUESTION)["sources"]
    assert (source["stale"], source["bound"], source["stale_since"]) == (True, "permissions", "2026-11-20T09:00:00Z")
    (passage,) = ana.post("/v1/search", json={"query": QUESTION}).json()["passages"]
    assert (passage["stale"], passage["bound"]) == (True, "permissions")


def test_a_source_that_is_not_used_is_named_with_since_when(small_house: House) -> None:
    ana = small_house.browser(ANA)
    _leave(small_house, "refuse")
    found = ana.post("/v1/search", json={"query": QUESTION}).json()
    assert found["passages"] == []
    assert found["left_out"] == [{"source": "rules", "bound": "permissions", "stale_since": "2026-11-20T09:00:00Z"}]
    answer = ask(ana, QUESTION)
    assert answer["status"] == "abstained"
    assert answer["reason"].startswith("rules was not used: it is out of date since 2026-11-20 09:00 UTC")
