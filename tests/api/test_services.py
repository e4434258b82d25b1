"""Programs: what their keys are for, and for whom they act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.cli import main
from core.audit import tail
from core.clock import utc_now
from tests.api.terminal import beside
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

ANA, BO, ADA, RUTH = "ana@x.example", "bo@x.example", "ada@x.example", "ruth@x.example"
BOT = "/v1/service-accounts/bot"


@pytest.fixture
def lodge(tmp_path: Path) -> Iterator[House]:
    installation = Installation(tmp_path)
    installation.person(ANA, "staff")
    installation.person(BO, "sales")
    installation.person(ADA, "staff", roles=("employee", "admin"))
    installation.person(RUTH, "staff", roles=("employee", "reviewer"))
    installation.records("offers", [{"id": "1", "text": "Nine pumps for 134,100 euros."}], allow=["staff"])
    yield House(installation)
    installation.close()


@pytest.fixture
def ada(lodge: House) -> TestClient:
    browser = lodge.browser(ADA)
    assert browser.post("/v1/service-accounts", json={"name": "bot"}).status_code == 201
    return browser


def program(lodge: House, ada: TestClient, *scopes: str, name: str = "main", **headers: str) -> TestClient:
    made = ada.post(f"{BOT}/keys", json={"name": name, "scopes": list(scopes)})
    assert made.status_code == 201, made.text
    return lodge.visitor(Authorization=f"Bearer {made.json()['token']}", **headers)


def let_act(ada: TestClient, **body: Any) -> str:
    made = ada.post(f"{BOT}/acts-for", json={"why": "The intranet asks for its readers", **body})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def found(client: TestClient, person: str | None = None) -> int:
    headers = {} if person is None else {"X-Vouch-For": person}
    response = client.post("/v1/search", json={"query": "pumps"}, headers=headers)
    assert response.status_code == 200, response.text
    return len(response.json()["passages"])


def test_a_program_reads_what_its_own_groups_may_read(lodge: House, ada: TestClient) -> None:
    bot = program(lodge, ada, "ask")
    assert found(bot) == 0
    ada.delete(BOT)
    assert_problem(bot.get("/v1/conversations"), 401, "unauthenticated")
    assert ada.post("/v1/service-accounts", json={"name": "bot", "groups": ["staff"]}).status_code == 201
    assert found(program(lodge, ada, "ask")) == 1


def test_a_key_is_for_what_it_was_made_for(lodge: House, ada: TestClient) -> None:
    bot = program(lodge, ada, "source.list")
    assert bot.get("/v1/sources").status_code == 200
    refused = assert_problem(bot.post("/v1/search", json={"query": "pumps"}), 403, "forbidden")
    assert "not for ask" in refused["detail"]
    for scope in ("review", "audit.identify", "operate.machine", "everything", ""):
        assert_problem(ada.post(f"{BOT}/keys", json={"name": "x", "scopes": [scope]}), 422, "invalid")
    assert_problem(ada.post(f"{BOT}/keys", json={"name": "main", "scopes": ["ask"]}), 409, "conflict")


def test_a_scope_gives_no_role(lodge: House, ada: TestClient) -> None:
    bot = program(lodge, ada, "people.change", "policy.change")
    assert_problem(bot.put("/v1/policy", json={}), 403, "forbidden")


def test_it_acts_for_a_person_by_a_grant_only_and_each_use_is_in_the_log(lodge: House, ada: TestClient) -> None:
    bot = program(lodge, ada, "ask")
    refused = bot.post("/v1/search", json={"query": "pumps"}, headers={"X-Vouch-For": ANA})
    absent = bot.post("/v1/search", json={"query": "pumps"}, headers={"X-Vouch-For": "nobody@x.example"})
    assert assert_problem(refused, 403, "forbidden")["detail"] == assert_problem(absent, 403, "forbidden")["detail"]
    grant = let_act(ada, email=ANA)
    assert (found(bot), found(bot, ANA)) == (0, 1)
    assert bot.post("/v1/search", json={"query": "x"}, headers={"X-Vouch-For": BO}).status_code == 403
    lodge.runtime.sequencer.drain()
    acted = [each for each in tail(lodge.runtime.database, 9) if each["kind"] == "person.acted_for"]
    assert len(acted) == 1
    audit = lodge.runtime.audit
    assert acted[0]["details"]["target"] == audit.subject(lodge.installation.principal(ANA).person_id)
    assert acted[0]["details"]["grant"] == grant
    assert ada.delete(f"{BOT}/acts-for/{grant}").status_code == 204
    assert bot.post("/v1/search", json={"query": "x"}, headers={"X-Vouch-For": ANA}).status_code == 403


def test_a_grant_for_a_group_covers_who_is_in_it_now(lodge: House, ada: TestClient) -> None:
    bot = program(lodge, ada, "ask")
    let_act(ada, group="staff")
    assert found(bot, ANA) == 1
    assert bot.post("/v1/search", json={"query": "x"}, headers={"X-Vouch-For": BO}).status_code == 403
    lodge.installation.person(ANA)
    assert bot.post("/v1/search", json={"query": "x"}, headers={"X-Vouch-For": ANA}).status_code == 403


def test_grants_and_keys_end_on_their_date(lodge: House, ada: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ada.post(f"{BOT}/keys", json={"name": "year", "scopes": ["ask"], "days": 300}).json()
    bot = lodge.visitor(Authorization=f"Bearer {made['token']}")
    short = program(lodge, ada, "ask", name="short")
    let_act(ada, email=ANA, days=30)
    monkeypatch.setattr(lodge.runtime, "clock", lambda: utc_now() + timedelta(days=31))
    assert bot.post("/v1/search", json={"query": "x"}, headers={"X-Vouch-For": ANA}).status_code == 403
    monkeypatch.setattr(lodge.runtime, "clock", lambda: utc_now() + timedelta(days=91))
    assert_problem(short.get("/v1/conversations"), 401, "unauthenticated")
    assert bot.get("/v1/conversations").status_code == 200


def test_only_service_accounts_act_for_others_and_nobody_reviews_for_somebody(lodge: House, ada: TestClient) -> None:
    person = lodge.visitor(Authorization=f"Bearer {lodge.key(ANA)}", **{"X-Vouch-For": ADA})
    assert_problem(person.post("/v1/search", json={"query": "x"}), 403, "forbidden")
    assert_problem(ada.get("/v1/sources", headers={"X-Vouch-For": ANA}), 403, "forbidden")
    # The operator of the machine acts for a reviewer as for anybody, but not to review.
    assert lodge.operator(RUTH).post("/v1/search", json={"query": "pumps"}).status_code == 200
    assert_problem(lodge.operator(RUTH).get("/v1/operator/audit/tail"), 403, "forbidden")
    assert lodge.browser(RUTH).get("/v1/operator/audit/tail").status_code == 200


def test_sessions_of_a_person_are_not_for_programs_that_act_for_them(lodge: House, ada: TestClient) -> None:
    refused = ada.post(f"{BOT}/keys", json={"name": "sessions", "scopes": ["session.own"]})
    assert "no scopes of keys" in assert_problem(refused, 422, "invalid")["detail"]
    let_act(ada, email=ANA)
    acting = program(lodge, ada, "ask", name="sessions", **{"X-Vouch-For": ANA, "X-Vouch": "1"})
    for client in (acting, lodge.operator(ANA)):
        assert_problem(client.get("/v1/sessions"), 403, "forbidden")
        assert_problem(client.delete("/v1/sessions"), 403, "forbidden")


def test_nobody_signs_in_as_a_program(lodge: House, ada: TestClient) -> None:
    machine = lodge.operator()
    assert_problem(machine.post("/v1/operator/people/bot@services.invalid/link"), 404, "not_found")
    assert_problem(machine.post("/v1/operator/people/bot@services.invalid/key"), 404, "not_found")
    taken = machine.post("/v1/operator/people", json={"email": "bot@services.invalid", "roles": ["admin"]})
    assert_problem(taken, 409, "conflict")
    assert_problem(ada.post("/v1/role-requests", json={"email": "bot@services.invalid", "why": "x"}), 404, "not_found")
    assert all("services.invalid" not in each["email"] for each in machine.get("/v1/operator/people").json()["people"])


def test_an_ended_key_is_not_valid_any_more_and_tokens_are_never_shown_again(lodge: House, ada: TestClient) -> None:
    bot = program(lodge, ada, "ask")
    listed = ada.get("/v1/service-accounts").json()
    assert [key["name"] for key in listed["accounts"][0]["keys"]] == ["main"]
    assert "vk_" not in str(listed)
    assert ada.delete(f"{BOT}/keys", params={"key": "main"}).status_code == 204
    assert_problem(bot.get("/v1/conversations"), 401, "unauthenticated")


def test_a_key_ends_in_the_terminal(lodge: House, ada: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    bot = program(lodge, ada, "ask")
    assert found(bot) == 0
    command = beside(lodge, monkeypatch, "services")
    ran = command.invoke(main.app, ["services", "end-key", "bot", "--key-name", "main"])
    assert ran.exit_code == 0, ran.output
    assert_problem(bot.post("/v1/search", json={"query": "pumps"}), 401, "unauthenticated")
