"""Sessions: how long they last, which there are, and who ends them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import company
from api.settings import Settings
from core import people
from core.audit import tail
from core.clock import utc_now
from tests.api.conftest import ANA, BO
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

JOANNA = "joanna.krasik@averholt.example"


def later(house: House, monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    monkeypatch.setattr(house.runtime, "clock", lambda: utc_now() + timedelta(**by))


def test_a_session_that_nobody_uses_ends(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    used, unused = small_house.browser(ANA), small_house.browser(ANA)
    for minutes in (60, 110, 180, 290):
        later(small_house, monkeypatch, minutes=minutes)
        assert used.get("/v1/sources").status_code == 200
    assert_problem(unused.get("/v1/sources"), 401, "unauthenticated")


def test_a_session_ends_however_much_it_is_used(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = small_house.browser(ANA)
    for hours in range(1, 12):
        later(small_house, monkeypatch, hours=hours)
        assert browser.get("/v1/sources").status_code == 200
    later(small_house, monkeypatch, hours=12, minutes=1)
    assert_problem(browser.get("/v1/sources"), 401, "unauthenticated")


def test_a_use_is_written_down_once_a_minute(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = small_house.browser(ANA)
    noted: list[str] = []
    monkeypatch.setattr("api.tokens.note_use", lambda session, token, now: noted.append(token))
    for seconds in (1, 30, 59):
        later(small_house, monkeypatch, seconds=seconds)
        browser.get("/v1/sources")
    assert noted == []
    later(small_house, monkeypatch, seconds=62)
    browser.get("/v1/sources")
    assert set(noted) == {browser.cookies["vouch_session"]}


def test_a_key_does_not_end_for_not_being_used(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    program = small_house.visitor(Authorization=f"Bearer {small_house.key(ANA)}")
    later(small_house, monkeypatch, days=30)
    assert program.get("/v1/sources").status_code == 200


def test_signing_in_again_ends_the_session_of_the_browser(small_house: House) -> None:
    browser = small_house.browser(ANA)
    first = browser.cookies["vouch_session"]
    assert browser.post("/v1/session", json={"link": small_house.link(ANA)}).status_code == 200
    assert browser.cookies["vouch_session"] != first
    thief = small_house.visitor(Cookie=f"vouch_session={first}")
    assert_problem(thief.get("/v1/sources"), 401, "unauthenticated")


def test_over_https_the_cookie_is_bound_to_the_host(small_house: House) -> None:
    over_tls = TestClient(small_house.app, base_url="https://testserver", headers={"X-Vouch": "1"})
    answer = over_tls.post("/v1/session", json={"link": small_house.link(ANA)})
    name, *attributes = (part.strip().lower() for part in answer.headers["set-cookie"].split(";"))
    assert name.startswith("__host-vouch_session=")
    assert {"httponly", "secure", "samesite=strict", "path=/"} <= set(attributes)
    assert not any(part.startswith("domain") for part in attributes)
    assert over_tls.get("/v1/sources").status_code == 200
    token = over_tls.cookies["__Host-vouch_session"]
    # One without the prefix could have been set by a neighbour.
    other = TestClient(small_house.app, base_url="https://testserver", headers={"Cookie": f"vouch_session={token}"})
    assert_problem(other.get("/v1/sources"), 401, "unauthenticated")
    assert over_tls.delete("/v1/session").status_code == 204
    assert "__Host-vouch_session" not in over_tls.cookies


def test_behind_a_proxy_that_ends_tls_the_public_address_decides(tmp_path: Any) -> None:
    installation = Installation(tmp_path, identity={"public_url": "https://vouch.bank.example"})
    try:
        installation.person(ANA)
        house = House(installation)
        made = house.operator().post(f"/v1/operator/people/{ANA}/link").json()
        assert made["url"].startswith("https://vouch.bank.example/signin#vl_")
        answer = house.visitor().post("/v1/session", json={"link": made["token"]})
        assert answer.headers["set-cookie"].startswith("__Host-vouch_session=")
        assert "secure" in answer.headers["set-cookie"].lower()
    finally:
        installation.close()


def test_everybody_sees_and_ends_their_own_sessions(small_house: House) -> None:
    small_house.installation.person(BO)
    here, there, other = small_house.browser(ANA), small_house.browser(ANA), small_house.browser(BO)
    listed = here.get("/v1/sessions").json()["sessions"]
    assert sorted(each["current"] for each in listed) == [False, True]
    assert {each["method"] for each in listed} == {"link"}
    elsewhere = next(each["id"] for each in listed if not each["current"])
    assert_problem(other.delete(f"/v1/sessions/{elsewhere}"), 404, "not_found")
    assert_problem(other.delete("/v1/sessions/unknown"), 404, "not_found")
    assert here.delete(f"/v1/sessions/{elsewhere}").status_code == 204
    assert_problem(there.get("/v1/sources"), 401, "unauthenticated")
    assert_problem(here.delete(f"/v1/sessions/{elsewhere}"), 404, "not_found")
    again = small_house.browser(ANA)
    assert here.delete("/v1/sessions").json() == {"ended": 1}
    assert_problem(again.get("/v1/sources"), 401, "unauthenticated")
    assert here.get("/v1/sources").status_code == other.get("/v1/sources").status_code == 200


def test_the_operator_ends_one_or_all_sessions_of_a_person(small_house: House) -> None:
    first, second, third = (small_house.browser(ANA) for _ in range(3))
    program = small_house.visitor(Authorization=f"Bearer {small_house.key(ANA)}")
    operator = small_house.operator()
    path = f"/v1/operator/people/{ANA}/sessions"
    listed = operator.get(path).json()["sessions"]
    assert sorted(each["kind"] for each in listed) == ["key", "session", "session", "session"]
    assert not any(each["current"] for each in listed)
    name = first.get("/v1/sessions").json()["sessions"]
    own = next(each["id"] for each in name if each["current"])
    assert operator.delete(f"{path}/{own}").status_code == 204
    assert_problem(first.get("/v1/sources"), 401, "unauthenticated")
    assert second.get("/v1/sources").status_code == 200
    link = small_house.link(ANA)
    assert operator.delete(path).json() == {"ended": 3}
    for browser in (second, third):
        assert_problem(browser.get("/v1/sources"), 401, "unauthenticated")
    assert_problem(small_house.visitor().post("/v1/session", json={"link": link}), 401, "unauthenticated")
    assert program.get("/v1/sources").status_code == 200


def test_a_key_that_leaked_is_found_and_ended(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    program = small_house.visitor(Authorization=f"Bearer {small_house.key(ANA)}")
    kept = small_house.visitor(Authorization=f"Bearer {small_house.key(ANA)}")
    operator, path = small_house.operator(), f"/v1/operator/people/{ANA}/sessions"
    used_at = {each["id"]: each["seen_at"] for each in operator.get(path).json()["sessions"]}
    later(small_house, monkeypatch, hours=2)
    assert program.get("/v1/sources").status_code == 200
    listed = operator.get(path).json()["sessions"]
    [leaked] = [each for each in listed if each["seen_at"] != used_at[each["id"]]]
    assert leaked["kind"] == "key"
    assert small_house.browser(ANA).get("/v1/sessions").json()["sessions"][1:] == listed
    assert operator.delete(f"{path}/{leaked['id']}").status_code == 204
    assert_problem(program.get("/v1/sources"), 401, "unauthenticated")
    assert kept.get("/v1/sources").status_code == 200
    small_house.runtime.sequencer.drain()
    told = [each["details"] for each in tail(small_house.runtime.database, 5) if each["kind"] == "credential.changed"]
    assert (told[-1]["credential"], told[-1]["change"], told[-1]["session"]) == ("key", "ended", leaked["id"])


def test_a_key_does_not_end_by_signing_out(small_house: House) -> None:
    program = small_house.visitor(Authorization=f"Bearer {small_house.key(ANA)}")
    assert_problem(program.delete("/v1/session"), 403, "forbidden")
    assert program.get("/v1/sources").status_code == 200


def test_sessions_of_others_are_nobodys_business(small_house: House) -> None:
    small_house.installation.person(BO)
    browser = small_house.browser(BO)
    for method, path in (
        ("GET", f"/v1/operator/people/{ANA}/sessions"),
        ("DELETE", f"/v1/operator/people/{ANA}/sessions"),
        ("DELETE", f"/v1/operator/people/{ANA}/sessions/x"),
        ("DELETE", f"/v1/operator/people/{ANA}/identities"),
        ("POST", f"/v1/operator/people/{ANA}/password-link"),
    ):
        assert_problem(browser.request(method, path), 403, "forbidden")
        assert small_house.visitor(**{"X-Vouch": "1"}).request(method, path).status_code in (401, 403)


def test_links_keys_and_ended_sessions_are_in_the_log(small_house: House) -> None:
    runtime = small_house.runtime
    small_house.key(ANA)
    browser = small_house.browser(ANA)
    small_house.browser(ANA)
    browser.delete("/v1/sessions")
    small_house.operator().delete(f"/v1/operator/people/{ANA}/sessions")
    runtime.sequencer.drain()
    found = [
        (record["details"]["change"], record["details"]["credential"], record["subject"] != "")
        for record in tail(runtime.database, 12)
        if record["kind"] == "credential.changed"
    ]
    assert found == [
        ("made", "key", False),
        ("made", "link", False),
        ("made", "link", False),
        ("ended", "session", True),
        ("ended", "session", False),
    ]


def test_the_demo_company_signs_in_nobody_in_server_mode(installation: Installation) -> None:
    runtime = installation.runtime
    with runtime.database.writing() as session:
        company.put_people(session, company.load(), runtime.clock())
    # Even if the settings said otherwise, which they cannot.
    served = runtime.settings.model_copy(update={"mode": "server"})
    runtime.settings = served
    house = House(installation)
    told = house.visitor().get("/v1/session").json()["demo"]
    assert (told["open"], told["people"]) == (False, [])
    for email in (JOANNA, "nobody@x.example"):
        assert_problem(house.visitor().post("/v1/session", json={"email": email}), 403, "forbidden")
    server = {"database": {"url": "postgresql://h/d"}, "index": {"url": "http://h"}, "queue": {"url": "redis://h"}}
    with pytest.raises(ValueError, match="has no demo"):
        Settings.model_validate({"mode": "server", "demo": {"sign_in": "auto"}, **server})


def test_what_signs_in_a_person_is_nothing_to_somebody_who_is_not_here(small_house: House) -> None:
    link = small_house.link(ANA)
    with small_house.runtime.database.writing() as session:
        people.disable(session, ANA, small_house.runtime.clock())
    assert_problem(small_house.visitor().post("/v1/session", json={"link": link}), 404, "not_found")


def test_settings_that_would_let_the_wrong_people_in_are_refused() -> None:
    oidc = {"issuer": "https://login.bank.example", "client_id": "vouch"}
    home = {"public_url": "https://vouch.bank.example"}

    def refused(told: str, **identity: Any) -> None:
        with pytest.raises(ValueError, match=told):
            Settings.model_validate({"identity": identity})

    refused("https", **home, oidc={**oidc, "issuer": "http://login.bank.example"})
    refused("public_url", oidc=oidc)
    refused("scheme and host alone", public_url="https://vouch.bank.example/path")
    refused("reviewer is never given", **home, oidc={**oidc, "mapping": {"g": {"roles": ["reviewer"]}}})
    refused("Input should be", **home, oidc={**oidc, "mapping": {"g": {"roles": ["king"]}}})
    refused("not a group name", **home, oidc={**oidc, "mapping": {"g": {"groups": ["<b>"]}}})
    refused("Input should be", **home, oidc={**oidc, "algorithms": ["none"]})
    refused("Input should be", **home, oidc={**oidc, "algorithms": ["HS256"]})
    refused("at least one", **home, oidc={**oidc, "algorithms": []})
    refused("pattern", **home, oidc={**oidc, "client_secret": "the secret itself"})
    refused("pattern", scim={"token": "the token itself"})
    assert Settings.model_validate({"identity": {**home, "oidc": oidc}}).identity.oidc is not None
