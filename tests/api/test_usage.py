"""The calls that chargeback counts, one by one: to whom they are shown, and that they add up to what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from answer import usage_rows
from answer.chargeback import BY
from api import forgetting
from api.cli import main
from core import audit
from tests.api.terminal import beside
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

ADA, BO, RITA = "ada@x.example", "bo@x.example", "rita@x.example"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONTH = {"since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Nine calls a department, of two people, three sets of sources, two models and two currencies."""
    installation = Installation(tmp_path_factory.mktemp("usage"))
    installation.person(ADA, roles=("employee", "admin"))
    installation.person(RITA, roles=("employee", "reviewer"))
    installation.person(BO)
    subjects = [installation.principal(email).subject for email in (ADA, BO)]
    with installation.runtime.database.writing() as session:
        for place in range(27):
            usage_rows.add_usage(
                session, id=str(uuid4()), at=NOW - timedelta(minutes=place // 2), answer_id=f"answer-{place}",
                subject=subjects[place % 2], department=("", "sales", "hr")[place // 9],
                sources=[[], ["files"], ["files", "tickets"]][place % 3], model=("large", "small")[place % 2],
                purpose="answer", input=100 + place, output=10, cache_read=5, cache_write=0, micros=1000 + 7 * place,
                saved=3, currency=("EUR", "USD")[place % 2], settled=place != 4,
            )  # fmt: skip
    yield House(installation)
    installation.close()


@pytest.fixture(scope="module")
def ada(house: House) -> TestClient:
    return house.browser(ADA)


@pytest.fixture(scope="module")
def rita(house: House) -> TestClient:
    return house.browser(RITA)


def calls(client: TestClient, **query: Any) -> dict[str, Any]:
    found = client.get("/v1/usage", params={**MONTH, **query})
    assert found.status_code == 200, found.text
    return found.json()


def every(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    page = calls(client, **query)
    found = list(page["calls"])
    while page["next"]:
        page = calls(client, **query, cursor=page["next"])
        assert page["totals"] == []
        found += page["calls"]
    return found


@pytest.mark.parametrize("by", BY)
def test_each_charge_is_the_sum_of_the_calls_that_are_listed_for_it(ada: TestClient, by: str) -> None:
    charged = ada.get("/v1/chargeback", params={"month": "2026-11", "by": by}).json()
    assert len(charged["charges"]) >= 2
    for charge in charged["charges"]:
        page = calls(ada, **{by: charge["name"], "currency": charge["currency"]})
        (total,) = page["totals"]
        assert {**total, "name": charge["name"]} == charge
        listed = every(ada, **{by: charge["name"], "currency": charge["currency"], "limit": 2})
        assert len(listed) == len({each["id"] for each in listed}) == charge["calls"]
        if by != "source":
            assert sum(each["micros"] for each in listed) == charge["micros"]
    assert calls(ada)["totals"] == [
        {**each, "name": "total"} for each in sorted(charged["total"], key=lambda each: each["currency"])
    ]


def test_calls_come_the_newest_first_within_their_time(ada: TestClient) -> None:
    listed = every(ada, limit=4)
    assert [each["at"] for each in listed] == sorted((each["at"] for each in listed), reverse=True)
    assert len(listed) == 27
    since = (NOW - timedelta(minutes=2)).isoformat()
    assert len(every(ada, since=since, until=NOW.isoformat())) == 4
    assert [each["settled"] for each in every(ada, settled=False)] == [False]
    assert_problem(ada.get("/v1/usage", params={"since": MONTH["until"], "until": MONTH["since"]}), 422, "invalid")
    assert_problem(ada.get("/v1/usage", params={**MONTH, "cursor": "x"}), 422, "invalid")


def test_nobody_gets_both_the_answers_and_whose_they_are(house: House, ada: TestClient, rita: TestClient) -> None:
    assert {each["answer"] for each in every(ada, person=BO)} == {None}
    assert {each["answer"] for each in every(rita, department="hr")} == {f"answer-{place}" for place in range(18, 27)}
    problem = assert_problem(rita.get("/v1/usage", params={**MONTH, "person": BO}), 403, "forbidden")
    assert "admins" in problem["hint"]
    assert_problem(ada.get("/v1/usage", params={**MONTH, "person": "nobody@x.example"}), 404, "not_found")
    assert_problem(house.browser(BO).get("/v1/usage", params=MONTH), 403, "forbidden")


def test_that_somebody_looked_is_in_the_log(house: House, ada: TestClient) -> None:
    calls(ada, person=BO, department="sales")
    house.runtime.sequencer.drain()
    (last,) = audit.tail(house.runtime.database, 1)
    details = cast("dict[str, Any]", last["details"])
    assert (last["kind"], details["what"], details["person"]) == (
        "audit.searched", "calls", house.installation.principal(BO).subject,
    )  # fmt: skip
    assert set(details["by"]) == {"since", "until", "department", "person"}


def test_calls_are_listed_on_the_command_line(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    command = beside(house, monkeypatch, "usage")
    ran = command.invoke(
        main.app, ["usage", "--department", "sales", "--since", "2026-11-01", "--until", "2026-12-01", "--json"]
    )
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert (len(told["calls"]), {each["department"] for each in told["calls"]}) == (9, {"sales"})
    shown = command.invoke(main.app, ["usage", "--since", "2026-11-01", "--until", "2026-12-01", "--limit", "3"])
    assert "14 calls" in shown.stdout
    assert "--limit" in shown.stdout
    empty = command.invoke(main.app, ["usage", "--since", "2025-11-01", "--until", "2025-12-01"])
    assert "No model was called" in empty.stdout
    assert command.invoke(main.app, ["usage", "--person", "nobody@x.example"]).exit_code == 1


def test_calls_of_who_was_forgotten_are_nobodys(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.person(ADA, roles=("employee", "admin"))
    made.person(BO)
    with made.runtime.database.writing() as session:
        usage_rows.add_usage(
            session, id=str(uuid4()), at=NOW, answer_id="a", subject=made.principal(BO).subject, department="sales",
            sources=["files"], model="small", purpose="answer", input=1, output=1, cache_read=0, cache_write=0,
            micros=9, saved=0, currency="EUR", settled=True,
        )  # fmt: skip
    ada = House(made).browser(ADA)
    assert len(calls(ada, person=BO)["calls"]) == 1
    forgetting.forget(made.runtime, BO)
    assert_problem(ada.get("/v1/usage", params={**MONTH, "person": BO}), 404, "not_found")
    (left,) = calls(ada, person="")["calls"]
    assert (left["department"], left["micros"]) == ("sales", 9)
    made.close()
