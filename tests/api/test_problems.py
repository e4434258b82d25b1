"""Every failure is a problem that says what happened and what to do, and the log decides whether there is an answer."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.limits import Limiter
from core.errors import TooMany
from tests.api.conftest import ANA, LEAVE
from tests.api.visitors import EVENTS, House, ask, assert_problem, streamed

SECRET = "27 days"
"""What the small house's only document says."""


@contextmanager
def log_refusing(house: House, condition: str) -> Generator[None]:
    """The database fails to take events into the log for which ``condition`` holds."""
    with house.runtime.database.writing() as session:
        session.connection().exec_driver_sql(
            f"CREATE TRIGGER full BEFORE INSERT ON audit_pending WHEN {condition} BEGIN SELECT RAISE(FAIL, 'full'); END"
        )
    yield
    with house.runtime.database.writing() as session:
        session.connection().exec_driver_sql("DROP TRIGGER full")


def test_what_cannot_be_used_is_refused_with_its_place(ana: TestClient) -> None:
    for path, body, place in (
        ("/v1/search", {"query": " "}, "empty"),
        ("/v1/search", {"query": "x" * 5000}, "4000"),
        ("/v1/search", {}, "query"),
        ("/v1/search", {"query": "x", "limit": 0}, "limit"),
        ("/v1/search", {"query": "x", "limit": 100000}, "limit"),
        ("/v1/search", {"query": "x", "group": "page"}, "group"),
        ("/v1/search", {"query": "x", "as": "hana@x.example"}, "as"),
        ("/v1/ask", {"question": ""}, "empty"),
        ("/v1/ask", {"question": 7}, "question"),
        ("/v1/session", {}, "email or a link"),
        ("/v1/session", {"email": "a@x.example", "link": "vl_x"}, "email or a link"),
    ):
        problem = assert_problem(ana.post(path, json=body), 422, "invalid")
        assert place in problem["detail"]
    assert_problem(ana.post("/v1/ask", content=b"{", headers={"Content-Type": "application/json"}), 422, "invalid")
    assert_problem(ana.get("/v1/answers/any/evidence/first"), 422, "invalid")


def test_a_refused_request_is_not_repeated_in_the_problem(ana: TestClient) -> None:
    response = ana.post("/v1/ask", json={"question": {"text": "the boiler code 4711"}})
    assert_problem(response, 422, "invalid")
    assert "4711" not in response.text


def test_what_is_not_there_is_a_problem_too(ana: TestClient) -> None:
    for path in ("/v1/answers/none", "/v1/documents/none", "/v1/conversations/none", "/v1/nothing/here"):
        assert_problem(ana.get(path), 404, "not_found")
    assert_problem(ana.put("/v1/ask", json={}), 405, "http_405")


def test_what_stands_in_the_way_is_a_conflict(house: House, tmp_path: Path) -> None:
    body = {"path": str(tmp_path), "source": "policies", "allow": ["everyone"]}
    problem = assert_problem(house.operator().post("/v1/operator/ingest", json=body), 409, "conflict")
    assert "--source" in problem["hint"]


def test_a_mistyped_folder_of_a_source_is_told_as_missing(house: House) -> None:
    body = {"path": "/mistyped", "source": "policies", "allow": ["everyone"]}
    problem = assert_problem(house.operator().post("/v1/operator/ingest", json=body), 422, "invalid")
    assert problem["hint"] == "Check the path."


def test_a_fault_shows_its_trace_id_and_nothing_else(
    house: House, ana: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the boiler code is 4711")

    monkeypatch.setattr(type(house.runtime.desk), "search", broken)
    with capture_logs() as logged:
        response = ana.post("/v1/search", json={"query": "leave"})
    problem = assert_problem(response, 500, "internal")
    assert problem["trace_id"] in problem["hint"]
    assert [line["trace_id"] for line in logged] == [problem["trace_id"]]
    assert "4711" not in response.text


def test_a_reply_names_its_trace(ana: TestClient) -> None:
    response = ana.get("/v1/answers/none")
    assert response.headers["X-Trace-Id"] == response.json()["trace_id"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert ana.get("/v1/sources").headers["X-Trace-Id"] != response.headers["X-Trace-Id"]


# The limiter


def test_whoever_asks_too_often_waits(house: House, ana: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.runtime, "limiter", Limiter(1))
    ask(ana, LEAVE)
    response = ana.post("/v1/ask", json={"question": LEAVE})
    problem = assert_problem(response, 429, "too_many")
    assert 1 <= int(response.headers["Retry-After"]) <= 61
    assert response.headers["Retry-After"] in problem["hint"]
    response = ana.post("/v1/ask", json={"question": LEAVE}, headers={"Accept": EVENTS})
    assert_problem(response, 429, "too_many")


def test_a_minute_holds_so_many_questions_of_each_person() -> None:
    now = [1000.0]
    limiter = Limiter(2, lambda: now[0])
    limiter.take("ana")
    now[0] += 20
    limiter.take("ana")
    with pytest.raises(TooMany) as refused:
        limiter.take("ana")
    assert refused.value.retry_after == 40
    limiter.take("bo")
    now[0] += 40
    limiter.take("ana")
    with pytest.raises(TooMany):
        limiter.take("ana")


# No log, no answer


def test_without_the_log_nothing_is_searched_asked_or_read(small_house: House) -> None:
    browser = small_house.browser(ANA)
    answer = ask(browser, LEAVE)
    assert SECRET in answer["sentences"][0]["text"]
    document = answer["sources"][0]["document"]["id"]
    base = f"/v1/answers/{answer['answer_id']}"
    with log_refusing(small_house, "1"):
        for response in (
            browser.post("/v1/search", json={"query": "leave"}),
            browser.post("/v1/ask", json={"question": LEAVE}),
            browser.get(base),
            browser.get(f"{base}/evidence/1"),
            browser.get(f"/v1/conversations/{answer['conversation_id']}"),
            browser.get(f"/v1/documents/{document}"),
        ):
            problem = assert_problem(response, 503, "refused")
            assert "audit" in problem["hint"]
            assert SECRET not in response.text
        events = streamed(browser, LEAVE)
        assert [name for name, _ in events if name != "stage"] == ["error"]
        assert events[-1][1]["code"] == "refused"
    assert SECRET in browser.get(base).text


def test_an_answer_whose_outcome_cannot_be_logged_is_neither_shown_nor_kept(small_house: House) -> None:
    browser = small_house.browser(ANA)
    with log_refusing(small_house, "instr(CAST(NEW.event AS TEXT), 'ask.outcome') > 0"):
        response = browser.post("/v1/ask", json={"question": LEAVE})
        assert_problem(response, 503, "refused")
        assert SECRET not in response.text
        events = streamed(browser, LEAVE)
        assert [name for name, _ in events if name != "stage"] == ["error"]
    # Nor is there an answer to be opened later that no record tells of.
    assert browser.get("/v1/conversations").json()["conversations"] == []


def test_a_sign_in_that_cannot_be_logged_does_not_happen(small_house: House) -> None:
    link = small_house.link(ANA)
    visitor = small_house.visitor()
    with log_refusing(small_house, "1"):
        assert_problem(visitor.post("/v1/session", json={"link": link}), 503, "refused")
    assert "vouch_session" not in visitor.cookies
    assert visitor.post("/v1/session", json={"link": link}).status_code == 200


def test_a_log_that_was_tampered_with_refuses_from_then_on(small_house: House) -> None:
    browser = small_house.browser(ANA)
    runtime = small_house.runtime
    runtime.sequencer.drain()
    whole = runtime.head_file.read_bytes()
    runtime.head_file.write_bytes(whole.replace(b"seq", b"sEq", 1) if b"seq" in whole else b"")
    # The event is taken; the sequencer then finds that the chain does not end where its head says.
    browser.post("/v1/search", json={"query": "leave"})
    with pytest.raises(Exception, match="head file"):
        runtime.sequencer.run_once()
    assert_problem(browser.post("/v1/search", json={"query": "leave"}), 503, "refused")
    assert_problem(browser.post("/v1/ask", json={"question": LEAVE}), 503, "refused")
    assert_problem(small_house.visitor().get("/readyz"), 503, "refused")
    assert small_house.visitor().get("/healthz").status_code == 200
    runtime.head_file.write_bytes(whole)
    runtime.sequencer.drain()
    assert browser.post("/v1/search", json={"query": "leave"}).status_code == 200
    assert small_house.visitor().get("/readyz").status_code == 200


def test_health_needs_nobody_signed_in(house: House) -> None:
    assert house.visitor().get("/healthz").json() == {"status": "ok", "detail": ""}
    ready = house.visitor().get("/readyz").json()
    assert ready["status"] == "ready"
    assert ready["detail"] == f"{house.runtime.index.count()} passages"
