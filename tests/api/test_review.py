"""What a reviewer gets to see of an answer: its trail, the answer as of its date, and its evidence beside today's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from starlette.testclient import TestClient

from answer.answers import Answer
from answer.tables import AnswerRow
from api.subjects import erasing
from core import people
from core.audit import AuditLog, Event
from core.errors import Refused
from ingest.tables import ChunkRow, VersionRow
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

ANNA, BO, CY, RUTH = "anna.meyer@x.example", "bo@x.example", "cy@x.example", "ruth@x.example"
ADMIN = "eva@x.example"
PARKING = "The car park in Oslo opens at 6 in the morning. It closes at 22 in the evening."
LEAVE = "Anna Meyer has 27 days of annual leave and lives in Lauwerdam."
ASKS_PARKING = "When does the car park in Oslo open?"
ASKS_LEAVE = "How many days of annual leave does Anna Meyer have?"
RULES = [{"id": "r1", "title": "Leave", "text": LEAVE}, {"id": "r2", "title": "Parking", "text": PARKING}]
STAFF = {"allow": ["staff"]}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    with made.runtime.database.writing() as session:
        people.put(session, ANNA, groups=["staff"], roles=["employee"], now=made.runtime.clock(), name="Anna Meyer")
    made.person(BO, "staff")
    made.person(CY, "sales")
    made.person(RUTH, roles=["employee", "reviewer"])
    made.person(ADMIN, roles=["employee", "admin"])
    made.records("rules", RULES, **STAFF)
    yield made
    made.close()


@pytest.fixture
def house(company: Installation) -> House:
    return House(company)


@pytest.fixture
def ruth(house: House) -> TestClient:
    return house.browser(RUTH)


def answered(made: Installation, question: str = ASKS_PARKING, email: str = BO) -> Answer:
    answer = made.ask(question, email)
    assert answer.status == "answered", answer
    return answer


def look(client: TestClient, answer: str, what: str = "", **query: Any) -> dict[str, Any]:
    path = f"/v1/review/answers/{answer}{'/' + what if what else ''}"
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


def subject(made: Installation, email: str) -> str:
    return made.principal(email).subject


def reviewed(made: Installation) -> list[dict[str, Any]]:
    made.runtime.sequencer.drain()
    with made.runtime.database.reading() as session:
        records = session.execute(text("SELECT record FROM audit_log ORDER BY seq")).scalars()
        events = [json.loads(record) for record in records]
    return [each for each in events if each["kind"] == "answer.reviewed"]


# Trail


def test_a_reviewer_reads_everything_about_anothers_answer_in_one_call(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    found = look(ruth, answer.id)
    assert found["kept"]
    assert found["subject"] == subject(company, BO)
    assert (found["question"], found["question_as_logged"]) == (ASKS_PARKING, "matches")
    assert (found["status"], found["answer_as_logged"], found["tier"]) == ("answered", "matches", "extractive")
    [first, *_] = found["sentences"]
    [citation] = first["citations"]
    assert first["text"].startswith("The car park in Oslo opens at 6")
    assert citation["quote"] in PARKING
    assert (citation["evidence"], citation["state"], citation["current"]) == ("kept", "ready", True)
    assert (citation["source"], citation["uri"]) == ("rules", "r2")
    kinds = {each["kind"] for each in found["records"]}
    assert {"ask.intent", "ask.outcome", "evidence.kept"} <= kinds
    assert all(len(each["hash"]) == 64 and each["seq"] > 0 for each in found["records"])
    assert BO not in json.dumps(found)


def test_a_trail_says_what_reviewers_said(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    assert look(ruth, answer.id)["review"] is None
    made = ruth.post("/v1/reviews", json={"answer": answer.id, "why": "A complaint."}).json()
    told = look(ruth, answer.id)["review"]
    assert told == {"id": made["id"], "state": "open", "label": None, "severity": None, "second": None}


def test_a_look_is_a_record_before_it_is_answered(
    company: Installation, ruth: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = answered(company)
    for what in ("", "replay", "compare"):
        look(ruth, answer.id, what)
    found = reviewed(company)
    assert [each["details"]["look"] for each in found] == ["trail", "replay", "compare"]
    assert {each["subject"] for each in found} == {subject(company, RUTH)}
    assert {each["details"]["asked_by"] for each in found} == {subject(company, BO)}

    def full(self: AuditLog, event: Event) -> str:
        raise Refused("The audit log cannot be written.", hint="Make room.")

    monkeypatch.setattr(AuditLog, "append", full)
    for what in ("", "/replay", "/compare"):
        assert_problem(ruth.get(f"/v1/review/answers/{answer.id}{what}"), 503, "refused")


def test_nobody_but_a_reviewer_looks(company: Installation, house: House) -> None:
    answer = answered(company)
    for what in ("", "/replay", "/compare"):
        path = f"/v1/review/answers/{answer.id}{what}"
        assert_problem(house.browser(BO).get(path), 403, "forbidden")
        assert_problem(house.browser(ADMIN).get(path), 403, "forbidden")
        assert_problem(house.operator(RUTH).get(path), 403, "forbidden")
        assert house.operator().get(path).status_code == 401
    assert reviewed(company) == []


def test_an_answer_that_never_was_and_one_of_which_nothing_is_left_look_the_same(ruth: TestClient) -> None:
    for what in ("", "/replay", "/compare"):
        for name in ("00000000-0000-4000-8000-000000000000", "what is this?", "%00"):
            assert_problem(ruth.get(f"/v1/review/answers/{name}{what}"), 404, "not_found")


def test_of_an_answer_whose_row_is_gone_the_log_tells(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    with company.runtime.database.writing() as session:
        session.execute(delete(AnswerRow).where(AnswerRow.id == answer.id))
    found = look(ruth, answer.id)
    assert not found["kept"]
    assert (found["question"], found["question_as_logged"]) == (None, "not kept")
    assert (found["subject"], found["status"]) == (subject(company, BO), "answered")
    [citation, *_] = found["sentences"][0]["citations"]
    assert (citation["evidence"], citation["uri"]) == ("kept", "r2")
    again = look(ruth, answer.id, "replay")
    assert again["passages"][0]["committed"] == "matches"
    assert again["asker"]["same"] == "same"
    beside = look(ruth, answer.id, "compare")
    assert beside["citations"][0]["now"]["state"] == "same"


def test_of_an_answer_whose_asker_was_erased_the_log_tells(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    who = subject(company, BO)
    erasing.erase(company.runtime, BO, "asker", "suppress", names=(), dry_run=False, by="", trace_id="")
    found = look(ruth, answer.id)
    assert (found["kept"], found["subject"], found["question"]) == (False, who, None)
    again = look(ruth, answer.id, "replay")
    assert (again["asker"]["same"], again["documents"][0]["then"]["asker"]) == ("not known", None)
    assert again["documents"][0]["then"]["people"]["subjects"] == [subject(company, ANNA)]
    assert any("erased" in each for each in again["not_known"])


def test_what_was_erased_of_a_document_is_told_as_erased(company: Installation, ruth: TestClient) -> None:
    answer = answered(company, ASKS_LEAVE)
    erasing.erase(company.runtime, ANNA, "about", "suppress", names=(), dry_run=False, by="", trace_id="")
    found = look(ruth, answer.id)
    [citation] = found["sentences"][0]["citations"]
    assert (citation["evidence"], citation["state"], citation["quote"]) == ("erased", "suppressed", None)
    assert found["sentences"][0]["erased"]
    assert "Lauwerdam" not in json.dumps(found)
    again = look(ruth, answer.id, "replay")
    gone = [each for each in again["passages"] if each["document"] == citation["document"]]
    assert [each["committed"] for each in gone] == ["not kept"] * len(gone)
    assert again["sentences"][0]["holds"] is None
    beside = look(ruth, answer.id, "compare", live=True)
    assert beside["citations"][0]["now"]["state"] == "suppressed"
    assert beside["citations"][0]["live"]["state"] == "suppressed"
    for found in (again, beside):
        assert "Lauwerdam" not in json.dumps(found)


def test_holds_and_feedback_stand_in_the_trail(company: Installation, house: House, ruth: TestClient) -> None:
    answer = answered(company)
    ruth.post("/v1/holds", json={"kind": "answer", "target": answer.id, "why": "Case 14"})
    given = house.browser(BO).put(f"/v1/answers/{answer.id}/feedback", json={"rating": "down", "reasons": ["unclear"]})
    assert given.status_code == 200, given.text
    found = look(ruth, answer.id)
    assert [(each["kind"], each["why"]) for each in found["holds"]] == [("answer", "Case 14")]
    assert [(each["subject"], each["rating"]) for each in found["feedback"]] == [(subject(company, BO), "down")]


# Replay


def test_a_replay_tells_what_was_retrieved_and_that_it_is_what_the_log_has(
    company: Installation, ruth: TestClient
) -> None:
    answer = answered(company)
    found = look(ruth, answer.id, "replay")
    assert found["passages"][0]["text"] == PARKING
    assert [each["rank"] for each in found["passages"]] == list(range(1, len(found["passages"]) + 1))
    assert {each["committed"] for each in found["passages"]} == {"matches"}
    assert found["passages"][0]["copies"] == ["version", "passage", "snapshot"]
    assert found["candidates"] >= len(found["passages"])
    assert found["denied"] == 0
    assert [(each["holds"], each["verbatim"]) for each in found["sentences"]] == [(True, True)] * len(answer.sentences)


def test_a_changed_document_is_replayed_as_it_was(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    company.records("rules", [RULES[0], {**RULES[1], "text": "The car park in Oslo is closed."}], **STAFF)
    found = look(ruth, answer.id, "replay")
    assert found["passages"][0]["text"] == PARKING
    assert found["sentences"][0]["holds"]


def test_a_document_that_retention_removed_is_replayed_from_its_snapshot(
    company: Installation, ruth: TestClient
) -> None:
    answer = answered(company)
    with company.runtime.database.writing() as session:
        session.execute(delete(ChunkRow))
        session.execute(delete(VersionRow))
    found = look(ruth, answer.id, "replay")
    assert (found["passages"][0]["text"], found["passages"][0]["copies"]) == (PARKING, ["snapshot"])
    assert found["passages"][0]["committed"] == "matches"
    assert found["sentences"][0]["holds"]


def test_a_text_that_was_tampered_with_differs(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    with company.runtime.database.writing() as session:
        changed = PARKING.replace("opens at 6", "opens at 9")
        session.execute(update(VersionRow).where(VersionRow.text == PARKING).values(text=changed))
    first = look(ruth, answer.id, "replay")["passages"][0]
    assert (first["committed"], first["differing"], first["text"]) == ("differs", ["version"], PARKING)
    assert look(ruth, answer.id, "compare")["citations"][0]["now"]["state"] == "altered"
    with company.runtime.database.writing() as session:
        session.execute(update(ChunkRow).where(ChunkRow.text == PARKING).values(text=changed))
    first = look(ruth, answer.id, "replay")["passages"][0]
    assert (first["committed"], first["differing"], first["text"]) == ("differs", ["version", "passage"], PARKING)


def test_a_sentence_that_was_tampered_with_is_not_as_logged_and_does_not_hold(
    company: Installation, ruth: TestClient
) -> None:
    answer = answered(company)
    with company.runtime.database.writing() as session:
        row = session.get_one(AnswerRow, answer.id)
        row.claims = [{**claim, "text": claim["text"].replace("opens at 6", "opens at 9")} for claim in row.claims]
        row.question = "Something else?"
    found = look(ruth, answer.id)
    assert (found["question_as_logged"], found["answer_as_logged"]) == ("differs", "differs")
    again = look(ruth, answer.id, "replay")["sentences"][0]
    assert again["holds"] is False
    assert "number" in again["against"]


def test_who_could_see_it_then_is_told_from_the_memberships_of_then(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    company.person(BO, "other")
    company.person(CY, "sales", "staff")
    company.person("late@x.example", "staff")
    found = look(ruth, answer.id, "replay")
    [document] = [each for each in found["documents"] if 1 in each["passages"]]
    saw = {subject(company, each) for each in (ANNA, BO)}
    assert set(document["then"]["people"]["subjects"]) == saw
    assert (document["then"]["people"]["count"], document["then"]["asker"]) == (2, True)
    sees = {subject(company, each) for each in (ANNA, CY, "late@x.example")}
    assert set(document["now"]["people"]["subjects"]) == sees
    assert document["now"]["asker"] is False
    assert document["no_longer"]["subjects"] == [subject(company, BO)]
    assert set(document["newly"]["subjects"]) == {subject(company, CY), subject(company, "late@x.example")}
    assert found["asker"]["same"] == "same"
    assert found["asker"]["recomputed"] == found["asker"]["access"]


def test_the_grants_of_then_are_told_apart_from_others(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    with company.runtime.database.writing() as session:
        session.execute(
            text("UPDATE memberships SET valid_from = '2100-01-01 00:00:00' WHERE person_id = :p"),
            {"p": company.principal(BO).person_id},
        )
    found = look(ruth, answer.id, "replay")
    assert found["asker"]["same"] == "differs"
    assert found["documents"][0]["then"]["asker"] is False


def test_access_that_was_taken_back_counts_as_it_was_then(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    company.records("rules", RULES, allow=["sales"])
    [document] = [each for each in look(ruth, answer.id, "replay")["documents"] if 1 in each["passages"]]
    assert set(document["then"]["people"]["subjects"]) == {subject(company, each) for each in (ANNA, BO)}
    assert document["now"]["people"]["subjects"] == [subject(company, CY)]
    assert document["then"]["until"] is not None
    assert document["then"]["access"] != document["now"]["access"]


def test_a_restricted_field_is_told_with_those_who_could_see_it_then(company: Installation, ruth: TestClient) -> None:
    company.person("hana@x.example", "staff", "hr")
    pay = [{"id": "e1", "title": "Rasmus Thyholt", "text": "Rasmus works in Skovhage.", "salary": "78,600 euros"}]
    company.records("people", pay, allow=["staff"], restrict={"salary": ["hr"]})
    answer = answered(company, "What is the salary of Rasmus Thyholt?", "hana@x.example")
    company.person("hana@x.example", "staff")
    company.records("people", pay, allow=["staff"], restrict={"salary": ["staff"]})
    found = look(ruth, answer.id, "replay")
    [field] = [each for each in found["documents"] if each["part"] == "salary"]
    assert field["then"]["people"]["subjects"] == [subject(company, "hana@x.example")]
    assert field["then"]["asker"] is True
    assert subject(company, BO) in field["now"]["people"]["subjects"]
    assert found["asker"]["same"] == "same"
    assert not any("fields" in each for each in found["not_known"])
    later = look(ruth, answered(company, "What is the salary of Rasmus Thyholt?").id, "replay")
    [field] = [each for each in later["documents"] if each["part"] == "salary"]
    assert field["then"]["asker"] is True
    assert subject(company, BO) in field["then"]["people"]["subjects"]


def test_a_derived_group_that_came_later_was_held_by_nobody(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    pay = [{"id": "e1", "title": "Rasmus", "text": "Rasmus works in Skovhage.", "salary": "78,600 euros"}]
    company.records("people", pay, allow=["staff"], restrict={"salary": ["staff"]})
    assert any(grant.startswith("derived:") for grant in company.principal(BO).grants)
    assert look(ruth, answer.id, "replay")["asker"]["same"] == "same"


def test_of_who_was_disabled_in_between_it_is_said_that_nobody_knows(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    with company.runtime.database.writing() as session:
        people.disable(session, ANNA, company.runtime.clock())
    [document] = [each for each in look(ruth, answer.id, "replay")["documents"] if 1 in each["passages"]]
    gone = company.runtime.audit.subject
    assert (document["then"]["people"]["count"], document["then"]["people"]["unsure"]) == (2, 0)
    assert document["now"]["people"]["subjects"] == [subject(company, BO)]
    assert gone
    company.person(ANNA, "staff")
    found = look(ruth, answer.id, "replay")
    [document] = [each for each in found["documents"] if 1 in each["passages"]]
    assert (document["then"]["people"]["count"], document["then"]["people"]["unsure"]) == (1, 1)
    assert any("disabled" in each for each in found["not_known"])


# Compare


def test_an_unchanged_document_stands(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    found = look(ruth, answer.id, "compare", live=True)
    assert found["changed"] == 0
    for each in found["citations"]:
        assert (each["now"]["state"], each["now"]["stands"]) == ("same", True)
        assert (each["live"]["state"], each["live"]["stands"]) == ("same", True)
    assert look(ruth, answer.id, "compare")["citations"][0]["live"] is None


def test_a_changed_document_is_told_word_by_word(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    company.records("rules", [RULES[0], {**RULES[1], "text": PARKING.replace("opens at 6", "opens at 7")}], **STAFF)
    found = look(ruth, answer.id, "compare")
    now = found["citations"][0]["now"]
    assert (now["state"], now["stands"]) == ("changed", False)
    assert [(each["before"], each["after"]) for each in now["changes"] if each["kind"] != "same"] == [("6", "7")]
    assert "".join(each["before"] for each in now["changes"]) == now["before"]
    assert "".join(each["after"] for each in now["changes"]) == now["after"]


def test_a_deleted_document_is_gone(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    company.records("rules", [RULES[0]], **STAFF)
    whole = look(ruth, answer.id, "compare", live=True)
    found = whole["citations"][0]
    assert whole["changed"] == len(whole["citations"])
    assert (found["now"]["state"], found["live"]["state"]) == ("gone", "gone")
    assert found["quote"] in PARKING


def test_the_source_is_read_as_it_is_at_this_moment(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    changed = [RULES[0], {**RULES[1], "text": PARKING.replace("Oslo", "Bergen")}]
    (company.directory / "rules.jsonl").write_text("".join(json.dumps(each) + "\n" for each in changed))
    found = look(ruth, answer.id, "compare", live=True)["citations"][0]
    assert (found["now"]["state"], found["live"]["state"]) == ("same", "changed")
    assert found["live"]["stands"] is False
    assert "Bergen" in found["live"]["after"]
    assert look(ruth, answer.id, "compare")["citations"][0]["now"]["state"] == "same"


def test_a_source_that_is_not_reachable_is_said_to_be(company: Installation, ruth: TestClient) -> None:
    answer = answered(company)
    (company.directory / "rules.jsonl").unlink()
    found = look(ruth, answer.id, "compare", live=True)["citations"][0]
    assert (found["now"]["state"], found["live"]["state"]) == ("same", "unreachable")
    assert found["live"]["why"]
    [event] = reviewed(company)
    assert (event["details"]["live"], event["details"]["changed"]) == (True, 0)
