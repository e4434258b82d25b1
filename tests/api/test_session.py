"""Signing in and out, and who a request speaks for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from api import company
from core.audit import tail
from core.clock import utc_now
from tests.api.conftest import ANA, BO
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

JOANNA = "joanna.krasik@averholt.example"


@pytest.fixture
def demo_house(installation: Installation) -> House:
    """The people of the demo company, and nothing to read yet."""
    with installation.runtime.database.writing() as session:
        company.put_people(session, company.load(), installation.runtime.clock())
    return House(installation)


def whoami(client: TestClient) -> dict[str, object] | None:
    return client.get("/v1/session").json()["person"]


def test_a_demo_person_signs_in_by_email_while_there_is_nothing_else(demo_house: House) -> None:
    visitor = demo_house.visitor()
    before = visitor.get("/v1/session").json()
    assert (before["signed_in"], before["person"], before["demo"]["open"]) == (False, None, True)
    assert len(before["demo"]["people"]) == 6
    assert {"email", "name", "title", "roles", "about"} == set(before["demo"]["people"][0])
    signed_in = visitor.post("/v1/session", json={"email": JOANNA})
    assert signed_in.json()["person"]["email"] == JOANNA
    assert signed_in.json() == visitor.get("/v1/session").json()
    assert signed_in.json()["suggestions"]


def test_demo_sign_in_closes_once_a_source_of_ones_own_exists(demo_house: House) -> None:
    demo_house.installation.records("own", [{"id": "1", "text": "Our first document."}])
    visitor = demo_house.visitor()
    told = visitor.get("/v1/session").json()["demo"]
    assert (told["open"], told["people"]) == (False, [])
    assert "source of your own" in told["reason"]
    assert_problem(visitor.post("/v1/session", json={"email": JOANNA}), 403, "forbidden")
    assert whoami(visitor) is None
    # A link of the operator still works.
    assert whoami(demo_house.browser(JOANNA)) is not None


def test_only_a_demo_person_signs_in_by_email(demo_house: House) -> None:
    demo_house.installation.person(ANA)
    assert_problem(demo_house.visitor().post("/v1/session", json={"email": ANA}), 403, "forbidden")


def test_without_the_demo_company_nobody_signs_in_by_email(house: House) -> None:
    assert house.visitor().get("/v1/session").json()["demo"]["open"] is False
    assert_problem(house.visitor().post("/v1/session", json={"email": ANA}), 403, "forbidden")


def test_a_link_signs_in_once(house: House) -> None:
    link = house.link(ANA)
    first, second = house.visitor(), house.visitor()
    assert first.post("/v1/session", json={"link": link}).json()["person"]["email"] == ANA
    assert_problem(second.post("/v1/session", json={"link": link}), 401, "unauthenticated")
    assert whoami(second) is None


def test_a_link_leads_to_the_page_that_redeems_it(house: House) -> None:
    made = house.operator().post(f"/v1/operator/people/{ANA}/link").json()
    assert made["url"] == f"http://testserver/signin#{made['token']}"


def test_a_link_expires(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    link = house.link(ANA)
    monkeypatch.setattr(house.runtime, "clock", lambda: utc_now() + timedelta(hours=25))
    assert_problem(house.visitor().post("/v1/session", json={"link": link}), 401, "unauthenticated")


def test_a_session_expires(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = house.browser(ANA)
    assert whoami(browser) is not None
    monkeypatch.setattr(house.runtime, "clock", lambda: utc_now() + timedelta(hours=13))
    assert whoami(browser) is None
    assert_problem(browser.get("/v1/conversations"), 401, "unauthenticated")


def test_signing_out_ends_the_session_and_not_only_the_cookie(house: House) -> None:
    browser = house.browser(ANA)
    token = browser.cookies["vouch_session"]
    assert browser.delete("/v1/session").status_code == 204
    assert "vouch_session" not in browser.cookies
    thief = house.visitor(**{"X-Vouch": "1", "Cookie": f"vouch_session={token}"})
    assert_problem(thief.post("/v1/search", json={"query": "leave"}), 401, "unauthenticated")


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    response = house.visitor().post("/v1/session", json={"link": house.link(ANA)})
    attributes = {part.strip().lower() for part in response.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    assert "secure" not in attributes
    over_tls = TestClient(house.app, base_url="https://testserver")
    response = over_tls.post("/v1/session", json={"link": house.link(ANA)})
    assert "secure" in response.headers["set-cookie"].lower()


def test_a_cookie_acts_only_with_the_header_of_our_own_pages(house: House) -> None:
    browser = house.browser(ANA)
    del browser.headers["X-Vouch"]
    for response in (
        browser.post("/v1/search", json={"query": "leave"}),
        browser.post("/v1/ask", json={"question": "leave"}),
        browser.delete("/v1/conversations/any"),
        browser.delete("/v1/session"),
    ):
        assert_problem(response, 403, "forbidden")
    assert browser.get("/v1/sources").status_code == 200
    assert browser.post("/v1/search", json={"query": "leave"}, headers={"X-Vouch": "1"}).status_code == 200


def test_a_key_reads_with_its_persons_rights(house: House) -> None:
    program = house.visitor(Authorization=f"Bearer {house.key(BO)}")
    found = program.post("/v1/search", json={"query": "pumps"}).json()["passages"]
    assert {passage["document"]["uri"] for passage in found} == {"o1"}


def test_a_key_expires(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    program = house.visitor(Authorization=f"Bearer {house.key(BO, days=2)}")
    monkeypatch.setattr(house.runtime, "clock", lambda: utc_now() + timedelta(days=3))
    assert_problem(program.get("/v1/sources"), 401, "unauthenticated")


def test_a_token_serves_only_for_what_it_was_made(house: House) -> None:
    session = house.browser(ANA).cookies["vouch_session"]
    for token in (session, house.link(ANA), "vk_unknown", ""):
        as_key = house.visitor(Authorization=f"Bearer {token}")
        assert_problem(as_key.get("/v1/sources"), 401, "unauthenticated")
    for token in (house.key(ANA), house.link(ANA), "vs_unknown"):
        as_cookie = house.visitor(Cookie=f"vouch_session={token}")
        assert_problem(as_cookie.get("/v1/sources"), 401, "unauthenticated")
    assert_problem(house.visitor().post("/v1/session", json={"link": session}), 401, "unauthenticated")


def test_whoever_was_removed_is_out_at_once(small_house: House) -> None:
    browser = small_house.browser(ANA)
    program = small_house.visitor(Authorization=f"Bearer {small_house.key(ANA)}")
    link = small_house.link(ANA)
    assert small_house.operator().delete(f"/v1/operator/people/{ANA}").status_code == 204
    assert_problem(browser.get("/v1/sources"), 401, "unauthenticated")
    assert_problem(program.get("/v1/sources"), 401, "unauthenticated")
    assert_problem(small_house.visitor().post("/v1/session", json={"link": link}), 401, "unauthenticated")


def test_nobody_is_asked_to_sign_in(house: House) -> None:
    visitor = house.visitor()
    for path in ("/v1/sources", "/v1/conversations", "/v1/answers/any", "/v1/documents/any"):
        assert_problem(visitor.get(path), 401, "unauthenticated")
    assert_problem(visitor.post("/v1/ask", json={"question": "leave"}), 401, "unauthenticated")


def test_operator_routes_are_closed_without_the_machines_token(house: House, ana: TestClient) -> None:
    program = house.visitor(Authorization=f"Bearer {house.key(ANA)}")
    for client, status, code in (
        (house.visitor(), 401, "unauthenticated"),
        (ana, 403, "forbidden"),
        (program, 403, "forbidden"),
    ):
        for response in (
            client.get("/v1/operator/people"),
            client.post("/v1/operator/people", json={"email": "eve@x.example", "roles": ["admin"]}),
            client.post(f"/v1/operator/people/{ANA}/link"),
            client.post(f"/v1/operator/people/{ANA}/key"),
            client.delete(f"/v1/operator/people/{BO}"),
            client.post("/v1/operator/ingest", json={"path": "/", "source": "all", "allow": ["everyone"]}),
            client.get("/v1/operator/destinations"),
            client.get("/v1/operator/documents"),
            client.delete("/v1/operator/documents/leave.md"),
            client.get("/v1/operator/audit/tail"),
            client.post("/v1/operator/audit/drain"),
        ):
            assert_problem(response, status, code)


def test_no_role_makes_links_or_keys_for_others_or_reads_the_machines_files(small_house: House) -> None:
    small_house.installation.person("oda@x.example", roles=["employee", "admin", "operator"])
    browser = small_house.browser("oda@x.example")
    assert browser.get("/v1/operator/people").status_code == 200
    for response in (
        browser.post(f"/v1/operator/people/{ANA}/link"),
        browser.post(f"/v1/operator/people/{ANA}/key"),
        browser.post("/v1/operator/ingest", json={"path": "/", "source": "all", "allow": ["everyone"]}),
        browser.post("/v1/operator/audit/drain"),
    ):
        assert_problem(response, 403, "forbidden")


def test_the_operator_acts_for_somebody_and_the_log_says_so(small_house: House) -> None:
    acting = small_house.operator(ANA)
    assert acting.post("/v1/search", json={"query": "leave"}).json()["passages"]
    small_house.runtime.sequencer.drain()
    kinds = [record["kind"] for record in tail(small_house.runtime.database, 2)]
    assert kinds == ["operator.impersonation", "search"]
    assert_problem(small_house.operator().post("/v1/search", json={"query": "leave"}), 401, "unauthenticated")
    nobody = small_house.operator("nobody@x.example").post("/v1/search", json={"query": "leave"})
    assert_problem(nobody, 404, "not_found")


def test_signing_in_and_out_is_in_the_log(small_house: House) -> None:
    small_house.browser(ANA).delete("/v1/session")
    small_house.runtime.sequencer.drain()
    assert [record["kind"] for record in tail(small_house.runtime.database, 2)] == ["sign_in", "sign_out"]
