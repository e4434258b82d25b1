"""The log says who did what an administrator or an operator may do, and nothing of it is done without the log."""

from __future__ import annotations

from typing import Any

import pytest

from core.audit import tail
from core.errors import Refused
from tests.api.visitors import House, assert_problem

ADA, OLGA, GONE = "ada@x.example", "olga@x.example", "gone@x.example"


@pytest.fixture
def staffed(small_house: House) -> House:
    small_house.installation.person(ADA, roles=["admin"])
    small_house.installation.person(OLGA, roles=["operator"])
    small_house.installation.person(GONE, "staff")
    return small_house


def last(house: House, kind: str) -> dict[str, Any]:
    house.runtime.sequencer.drain()
    return [each for each in tail(house.runtime.database, 50) if each["kind"] == kind][-1]


def document(house: House) -> str:
    return house.operator().get("/v1/operator/documents").json()["documents"][0]["id"]


def test_who_forgets_a_person_is_in_the_log(staffed: House) -> None:
    assert staffed.browser(ADA).post(f"/v1/operator/people/{GONE}/forget").status_code == 200
    assert last(staffed, "people.changed")["subject"] == staffed.installation.principal(ADA).subject


def test_who_suppresses_a_document_is_in_the_log(staffed: House) -> None:
    replied = staffed.browser(OLGA).delete(f"/v1/operator/documents/{document(staffed)}")
    assert replied.status_code == 200
    told = last(staffed, "document.suppressed")
    assert told["subject"] == staffed.installation.principal(OLGA).subject
    assert told["trace_id"] == replied.headers["x-trace-id"]


def test_who_runs_retention_is_in_the_log(staffed: House) -> None:
    assert staffed.browser(OLGA).post("/v1/retention/run").status_code == 200
    assert last(staffed, "retention.run")["subject"] == staffed.installation.principal(OLGA).subject


def test_without_a_log_no_document_is_suppressed(staffed: House) -> None:
    class Stuck:
        def check(self) -> None:
            raise Refused("The log cannot be continued.", hint="Run: vouch audit verify")

        def wake(self) -> None:
            """Nothing waits."""

    runtime, wanted = staffed.runtime, document(staffed)
    runtime.audit.follow(Stuck())
    try:
        refused = staffed.operator().delete(f"/v1/operator/documents/{wanted}")
    finally:
        runtime.audit.follow(runtime.sequencer)
    assert_problem(refused, 503, "refused")
    assert staffed.operator().get(f"/v1/operator/documents/{wanted}").json()["state"] == "ready"
