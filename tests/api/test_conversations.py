"""Conversations, shares and feedback over HTTP; pages; requests that are done once; problems of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.tables import OnceRow
from tests.api.conftest import ANA, BO, LEAVE
from tests.api.visitors import EVENTS, House, ask, assert_problem
from tests.installation import Installation

CLEO = "cleo@x.example"


@pytest.fixture(scope="module")
def lodge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    installation = Installation(tmp_path_factory.mktemp("lodge"))
    installation.person(ANA, "staff", "hr")
    installation.person(BO, "staff")
    installation.person(CLEO, "kitchen")
    installation.records("rules", [{"id": "r1", "title": "Leave", "text": "Every employee has 27 days of leave."}],
                         allow=["staff"])  # fmt: skip
    installation.records("codes", [{"id": "c1", "title": "Boiler", "text": "The boiler code is 4711."}], allow=["hr"])
    yield House(installation)
    installation.close()


@pytest.fixture(scope="module")
def one(lodge: House) -> TestClient:
    return lodge.browser(ANA)


@pytest.fixture(scope="module")
def other(lodge: House) -> TestClient:
    return lodge.browser(BO)


def listed(client: TestClient, **query: Any) -> list[str]:
    response = client.get("/v1/conversations", params=query)
    assert response.status_code == 200, response.text
    return [each["id"] for each in response.json()["conversations"]]


def test_conversations_come_page_by_page_and_are_found_renamed_and_pinned(one: TestClient, other: TestClient) -> None:
    made = [ask(one, question)["conversation_id"] for question in (LEAVE, "What is the boiler code?", LEAVE)]
    assert listed(one)[:3] == made[::-1]
    seen: list[str] = []
    cursor = ""
    while True:
        page = one.get("/v1/conversations", params={"limit": 2, "cursor": cursor}).json()
        seen += [each["id"] for each in page["conversations"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == listed(one)
    assert listed(one, text="BOILER") == [made[1]]
    pinned = one.patch(f"/v1/conversations/{made[0]}", json={"pinned": True, "title": "Holidays"}).json()
    assert (pinned["title"], pinned["pinned"]) == ("Holidays", True)
    assert listed(one)[0] == made[0]
    assert listed(other) == []
    assert_problem(other.patch(f"/v1/conversations/{made[0]}", json={"title": "Mine"}), 404, "not_found")
    assert_problem(one.patch(f"/v1/conversations/{made[0]}", json={"title": "  "}), 422, "invalid")
    for cursor in ("nonsense", "W10", "é", "WzEsMiwzXQ"):
        assert_problem(one.get("/v1/conversations", params={"cursor": cursor}), 422, "invalid")


def test_a_shared_conversation_is_read_by_the_rights_of_its_reader(
    lodge: House, one: TestClient, other: TestClient
) -> None:
    answer = ask(one, LEAVE)
    talk = f"/v1/conversations/{answer['conversation_id']}"
    secret = ask(one, "What is the boiler code?", conversation_id=answer["conversation_id"])
    assert "4711" in secret["sentences"][0]["text"]
    share = one.post(f"{talk}/shares", json={"person": BO})
    assert share.status_code == 201, share.text
    assert share.json()["answers"] == 2
    shared = other.get(f"/v1/shared/{share.json()['id']}")
    assert "4711" not in shared.text
    assert "boiler" not in shared.text
    first, second = shared.json()["turns"]
    assert "27 days" in first["sentences"][0]["text"]
    assert (second["question"], second["sentences"][0]["withheld"]) == (None, "access revoked")
    address = f"/v1/shared/{share.json()['id']}/answers"
    assert "27 days" in other.get(f"{address}/{answer['answer_id']}/evidence/1").json()["quote"]
    assert_problem(other.get(f"{address}/{secret['answer_id']}/evidence/1"), 404, "not_found")
    assert [each["id"] for each in other.get("/v1/shared").json()["shared"]] == [share.json()["id"]]
    # A share is no way to the answer itself, and nobody's but whom it is with.
    assert_problem(other.get(f"/v1/answers/{answer['answer_id']}"), 404, "not_found")
    assert_problem(other.get(talk), 404, "not_found")
    cleo = lodge.browser(CLEO)
    hidden = assert_problem(cleo.get(f"/v1/shared/{share.json()['id']}"), 404, "not_found")
    absent = assert_problem(cleo.get("/v1/shared/nothing"), 404, "not_found")
    assert {**hidden, "trace_id": ""} == {**absent, "trace_id": ""}
    assert_problem(one.post(f"{talk}/shares", json={"person": CLEO}), 422, "invalid")
    assert one.delete(f"{talk}/shares/{share.json()['id']}").status_code == 204
    assert_problem(other.get(f"/v1/shared/{share.json()['id']}"), 404, "not_found")


def test_what_somebody_says_of_an_answer_is_in_its_trail(one: TestClient, other: TestClient) -> None:
    answer = f"/v1/answers/{ask(one, LEAVE)['answer_id']}"
    assert one.get(f"{answer}/feedback").json() is None
    said = {"rating": "down", "reasons": ["out_of_date"], "comment": "It is 30 days."}
    given = one.put(f"{answer}/feedback", json=said)
    assert given.status_code == 200, given.text
    assert one.get(f"{answer}/trail").json()["feedback"] == given.json()
    assert_problem(one.put(f"{answer}/feedback", json={"rating": "up", "reasons": ["wrong"]}), 422, "invalid")
    assert_problem(one.put(f"{answer}/feedback", json={"rating": "up", "reasons": ["hm"]}), 422, "invalid")
    assert_problem(other.put(f"{answer}/feedback", json=said), 404, "not_found")
    assert one.delete(f"{answer}/feedback").status_code == 204
    assert_problem(one.delete(f"{answer}/feedback"), 404, "not_found")


# Done once


def test_a_question_with_a_key_is_asked_once_and_read_anew(lodge: House, one: TestClient, other: TestClient) -> None:
    key = {"Idempotency-Key": "question-1"}
    first = one.post("/v1/ask", json={"question": LEAVE}, headers=key)
    again = one.post("/v1/ask", json={"question": LEAVE}, headers=key)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    streamed = one.post("/v1/ask", json={"question": LEAVE}, headers={**key, "Accept": EVENTS})
    assert streamed.text.startswith("event: final\n")
    assert first.json()["answer_id"] in streamed.text
    assert_problem(one.post("/v1/ask", json={"question": "Another?"}, headers=key), 409, "conflict")
    # The key is its sender's own.
    assert other.post("/v1/ask", json={"question": LEAVE}, headers=key).json()["answer_id"] != first.json()["answer_id"]
    with lodge.runtime.database.reading() as session:
        rows = list(session.scalars(select(OnceRow)))
    assert rows
    assert all(row.response is None and "question-1" not in row.key for row in rows)


def test_a_repeated_question_is_answered_by_what_its_asker_may_read_by_then(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    try:
        installation.person(ANA, "staff")
        installation.records("codes", [{"id": "c1", "text": "The boiler code is 4711."}], allow=["staff"])
        browser = House(installation).browser(ANA)
        key = {"Idempotency-Key": "k"}
        body = {"question": "What is the boiler code?"}
        assert "4711" in browser.post("/v1/ask", json=body, headers={**key, "Accept": EVENTS}).text
        installation.person(ANA, "kitchen")
        again = browser.post("/v1/ask", json=body, headers=key)
        assert again.json()["sentences"][0]["withheld"] == "access revoked"
        assert "4711" not in again.text
    finally:
        installation.close()


def test_what_is_made_with_a_key_is_made_once(one: TestClient) -> None:
    talk = f"/v1/conversations/{ask(one, LEAVE)['conversation_id']}/shares"
    key = {"Idempotency-Key": "share-1"}
    first = one.post(talk, json={"person": BO}, headers=key)
    again = one.post(talk, json={"person": BO}, headers=key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    # What failed was not done, and may be tried again.
    failing = {"Idempotency-Key": "share-2"}
    assert_problem(one.post(talk, json={"person": CLEO}, headers=failing), 422, "invalid")
    assert one.post(talk, json={"person": BO}, headers=failing).status_code == 201
    # What belongs to each reading is not kept, and not done twice either.
    searching = {"Idempotency-Key": "search-1"}
    assert one.post("/v1/search", json={"query": "leave"}, headers=searching).status_code == 200
    assert_problem(one.post("/v1/search", json={"query": "leave"}, headers=searching), 409, "conflict")
    for bad in ("", "x" * 256, "two words"):
        response = one.post("/v1/search", json={"query": "leave"}, headers={"Idempotency-Key": bad})
        assert_problem(response, 422, "invalid")


# Problems


def test_whatever_is_wrong_with_a_request_has_the_form_of_a_problem(one: TestClient) -> None:
    sent = {"Content-Type": "application/json"}
    for body in (b"{", b"\xff\xfe", b"[" * 100_000, b'{"question": NaN}', b"null", b'"text"', b""):
        response = one.post("/v1/ask", content=body, headers=sent)
        problem = assert_problem(response, 422, "invalid")
        assert (
            "question" not in problem["detail"] or "Field required" in problem["detail"] or body == b'{"question": NaN}'
        )
    assert_problem(one.post("/v1/ask", content=b"question=1", headers={"Content-Type": "text/plain"}), 422, "invalid")
    assert_problem(one.post("/v1/nothing", json={}), 404, "not_found")
    assert_problem(one.get("/v1/nothing"), 404, "not_found")
    assert_problem(one.delete("/nothing"), 404, "not_found")
    assert_problem(one.post("/v1/ask", content=b"x" * 30_000_000, headers=sent), 413, "too_large")


def test_a_method_that_an_address_does_not_take_is_answered_with_those_that_it_does(one: TestClient) -> None:
    for method, path, allowed in (
        ("PUT", "/v1/conversations/x", "DELETE, GET, PATCH"),
        ("GET", "/v1/ask", "POST"),
        ("POST", "/v1/answers/x/feedback", "DELETE, GET, PUT"),
    ):
        response = one.request(method, path)
        assert_problem(response, 405, "http_405")
        assert response.headers["allow"] == allowed


def test_texts_that_are_no_unicode_are_refused(one: TestClient) -> None:
    sent = {"Content-Type": "application/json"}
    for path, body in (
        ("/v1/search", b'{"query": "leave \\ud800"}'),
        ("/v1/ask", b'{"question": "leave \\ud800"}'),
        ("/v1/ask", b'{"question": "leave", "\\ud800": 1}'),
    ):
        response = one.post(path, content=body, headers=sent)
        assert response.status_code in (200, 422), response.text
    for path in (
        "/v1/conversations/%00",
        "/v1/documents/%ED%A0%80",
        f"/v1/answers/x/evidence/{'9' * 40}",
        "/%00",
        "/" + "a" * 5000,
    ):
        assert one.get(path).status_code < 500, path
