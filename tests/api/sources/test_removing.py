"""What a removed source leaves."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from connectors import tasks
from connectors.tables import AccountRow, BreachRow
from core.leases import Leases
from core.tables import MembershipRow
from tests.api.sources.owned import (
    ANA,
    add,
    found,
    id_of,
    sync,
    wiki,
)
from tests.api.visitors import House, assert_problem
from tests.connectors.s3_server import Store
from tests.connectors.tickets import Tickets


def test_a_removed_source_leaves_nothing_that_counts(house: House, ola: TestClient, tickets: Tickets) -> None:
    tickets.put(1, subject="VPN", body="The VPN is down in Oslo.")
    people = f"select 'a1' as account, '{ANA}' as email, 'staff' as grp"
    config = tickets.config(people={"query": people, "verified": True})
    add(ola, {"name": "desk", "kind": "sql", "config": config})
    counts = sync(ola, "desk")
    assert counts["new"] == 1
    assert found(house, "VPN in Oslo")
    desk = ola.get("/v1/sources/desk").json()
    assert (desk["accounts"], desk["joined"]) == (1, 1)
    assert {each["task"] for each in desk["tasks"] if each["succeeded_at"]} >= {"poll", "principals", "sweep", "access"}

    source_id = id_of(house, "desk")
    with house.runtime.database.writing() as session:
        now = house.runtime.clock()
        session.add(BreachRow(id="b-desk", source_id=source_id, kind="content", state="breach", began_at=now))
    assert ola.delete("/v1/sources/desk").json() == {"name": "desk", "documents": 1}
    assert not found(house, "VPN in Oslo")
    assert_problem(ola.get("/v1/sources/desk"), 404, "not_found")
    with house.runtime.database.reading() as session:
        assert session.query(AccountRow).filter_by(source_id=source_id).count() == 0
        assert session.query(MembershipRow).filter_by(origin=source_id, valid_to=None).count() == 0
        assert session.get_one(BreachRow, "b-desk").ended_at is not None
        assert tasks.of_source(session, source_id) == {}
    assert house.runtime.index.count() == 0

    add(ola, {"name": "desk", "kind": "sql", "config": config})
    assert ola.get("/v1/sources/desk").json()["confirmed_at"] is None
    assert sync(ola, "desk")["new"] == 1
    assert found(house, "VPN in Oslo")


def test_a_source_that_is_being_read_is_removed_when_its_run_has_ended(
    house: House, ola: TestClient, bucket: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ola, wiki(bucket))
    sync(ola, "wiki")
    monkeypatch.setattr("api.configuring.WAIT_SECONDS", 0.3)
    with Leases(house.runtime.database, house.runtime.clock).hold(f"source:{id_of(house, 'wiki')}"):
        problem = assert_problem(ola.delete("/v1/sources/wiki"), 409, "conflict")
        assert "paused" in problem["detail"]
        assert found(house, "annual leave")
    assert ola.delete("/v1/sources/wiki").json()["documents"] == 2
