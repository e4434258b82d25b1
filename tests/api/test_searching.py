"""Reviewers find records and answers by what they are about; each search is a record itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from core.audit import repository
from tests.api.visitors import House, ask, assert_problem
from tests.installation import Installation

REVIEWER, ANA, BEN = "rita@x.example", "ana@x.example", "ben@x.example"
LEAVE = {"id": "1", "title": "Leave", "text": "Parental leave is 26 weeks for everybody."}
TRAVEL = {"id": "2", "title": "Travel", "text": "A night in Lisbon is paid up to 140 euros."}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    installation = Installation(tmp_path_factory.mktemp("searched"))
    installation.person(REVIEWER, roles=("employee", "reviewer"))
    installation.person(ANA)
    installation.person(BEN)
    installation.records("people", [LEAVE])
    installation.records("expenses", [TRAVEL])
    yield House(installation)
    installation.close()


@pytest.fixture(scope="module")
def asked(house: House) -> dict[str, dict[str, Any]]:
    ana, ben = house.browser(ANA), house.browser(BEN)
    return {
        "leave": ask(ana, "How many weeks is parental leave?"),
        "night": ask(ben, "What is paid for a night in Lisbon?"),
        "nothing": ask(ben, "qqq zzz?"),
    }


@pytest.fixture(scope="module")
def reviewer(house: House, asked: dict[str, dict[str, Any]]) -> TestClient:
    return house.browser(REVIEWER)


def pseudonym(reviewer: TestClient, email: str) -> str:
    return reviewer.post("/v1/audit/pseudonym", json={"email": email, "why": "case 17"}).json()["subject"]


def newest(house: House, kind: str) -> dict[str, Any]:
    house.runtime.sequencer.drain()
    with house.runtime.database.reading() as session:
        events = [orjson.loads(link.record) for link in repository.latest(session, 50)]
    return next(event for event in events if event["kind"] == kind)


def test_an_answer_is_found_by_person_source_document_and_outcome(
    reviewer: TestClient, asked: dict[str, dict[str, Any]]
) -> None:
    def found(**params: str) -> list[str]:
        return [each["id"] for each in reviewer.get("/v1/review/answers", params=params).json()["answers"]]

    leave, night, nothing = (asked[name]["answer_id"] for name in ("leave", "night", "nothing"))
    assert found() == [nothing, night, leave]
    assert found(person=pseudonym(reviewer, ANA)) == [leave]
    assert leave in found(source="people")
    assert found(outcome="abstained") == [nothing]
    document = asked["leave"]["sentences"][0]["citations"][0]["document"]["id"]
    assert leave in found(document=document)
    assert found(model=asked["leave"]["model"], outcome="answered") == [night, leave]
    assert found(until="2020-01-01T00:00:00Z") == []
    first = reviewer.get("/v1/review/answers", params={"limit": 2}).json()
    second = reviewer.get("/v1/review/answers", params={"limit": 2, "cursor": first["next"]}).json()
    assert [each["id"] for each in first["answers"] + second["answers"]] == [nothing, night, leave]
    assert (first["total"], second["next"]) == (3, None)
    assert first["answers"][1]["question"] == "What is paid for a night in Lisbon?"


def test_records_are_found_and_each_look_is_a_record(
    house: House, reviewer: TestClient, asked: dict[str, dict[str, Any]]
) -> None:
    answer = asked["night"]["answer_id"]
    told = reviewer.get("/v1/audit/events", params={"answer": answer, "kind": ["ask.intent", "ask.outcome"]}).json()
    assert [each["kind"] for each in told["events"]] == ["ask.outcome", "ask.intent"]
    event = newest(house, "audit.searched")
    assert event["subject"] == house.runtime.audit.subject(house.installation.principal(REVIEWER).person_id)
    assert event["details"] == {"what": "events", "by": ["answer", "kind"], "found": 2, "answer": answer}


def test_who_is_behind_a_pseudonym_is_another_look_that_is_recorded(house: House, reviewer: TestClient) -> None:
    subject = pseudonym(reviewer, ANA)
    event = newest(house, "audit.identified")
    assert (event["details"]["person"], event["action"], event["outcome"]) == (subject, "pseudonym", "done")
    assert "case 17" not in str(event)
    unknown = reviewer.post("/v1/audit/pseudonym", json={"email": "nobody@x.example", "why": "case 17"})
    assert_problem(unknown, 404, "not_found")
    event = newest(house, "audit.identified")
    assert (event["details"]["found"], event["outcome"]) == (False, "denied")


@pytest.mark.parametrize(
    "params",
    [
        {"kind": "no_such"}, {"outcome": "odd"}, {"person": "ana@x.example"}, {"document": "salary of ana"},
        {"since": "2026-01-01T00:00:00"}, {"since": "0001-01-01T00:00:00+14:00"}, {"cursor": "%%%"},
    ],
)  # fmt: skip
def test_what_cannot_be_searched_for_is_refused(reviewer: TestClient, params: dict[str, str]) -> None:
    assert reviewer.get("/v1/audit/events", params=params).status_code == 422


def test_only_reviewers_search(house: House) -> None:
    for path in ("/v1/audit/events", "/v1/review/answers"):
        assert_problem(house.browser(ANA).get(path), 403, "forbidden")


def test_no_log_no_search(house: House, reviewer: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.errors import Refused

    def refuse(*_: Any, **__: Any) -> str:
        raise Refused("The audit log cannot be written.", hint="Check the disk.")

    monkeypatch.setattr(house.runtime.audit, "append", refuse)
    assert_problem(reviewer.get("/v1/review/answers"), 503, "refused")
