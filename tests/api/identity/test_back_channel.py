"""Single sign-on over HTTP with a provider that a test controls: logout tokens, and what is written where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from api.identity.errors import REASONS
from api.identity.oidc.proofs import LOGOUT_EVENT
from core.audit import tail
from tests.api.conftest import ANA
from tests.api.visitors import House
from tests.installation import Installation
from tests.servers.rogue_provider import RogueProvider, rogue_provider

SECRET = "the-secret-of-the-client"


class Rogues:
    def __init__(self, house: House, rogue: RogueProvider) -> None:
        self.house, self.rogue = house, rogue

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(self.house.runtime.clock().timestamp())
        claims = {"iss": self.rogue.issuer, "aud": "vouch", "sub": "ana", "iat": now, "exp": now + 60, **changed}
        return {name: value for name, value in claims.items() if value is not None}

    def come_back(self, sign: Callable[[dict[str, Any]], str] | None = None, **changed: Any) -> tuple[TestClient, Any]:
        """A browser that went to the provider and came back, and what it was answered."""
        browser = self.house.visitor(**{"X-Vouch": "1"})
        there = browser.get("/v1/session/oidc", follow_redirects=False)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(there.headers["location"]).query).items()}
        claims = self.claims(nonce=asked["nonce"], email=ANA, email_verified=True, **changed)
        self.rogue.id_token = (sign or self.rogue.signed)(claims)
        answer = browser.get(
            "/v1/session/oidc/callback", params={"code": "the-code", "state": asked["state"]}, follow_redirects=False
        )
        return browser, answer

    def browser(self, **changed: Any) -> TestClient:
        browser, answer = self.come_back(**changed)
        assert answer.headers["location"] == "/"
        assert is_in(browser)
        return browser

    def log_out(self, **changed: Any) -> Any:
        claims = self.claims(**{"jti": "j-1", "events": {LOGOUT_EVENT: {}}, **changed})
        return self.post(self.rogue.signed(claims, typ="logout+jwt"))

    def post(self, token: str) -> Any:
        return self.house.visitor().post("/v1/session/oidc/logout", data={"logout_token": token})


@pytest.fixture(scope="module")
def rogues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rogues]:
    folder: Path = tmp_path_factory.mktemp("rogue")
    (folder / "secret").write_text(SECRET)
    with rogue_provider() as rogue:
        oidc = {"issuer": rogue.issuer, "client_id": "vouch", "client_secret": f"file:{folder / 'secret'}"}
        egress = {"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]}
        installation = Installation(folder, identity={"public_url": "http://localhost", "oidc": oidc}, egress=egress)
        installation.person(ANA)
        yield Rogues(House(installation), rogue)
        installation.close()


def is_in(browser: TestClient) -> bool:
    return browser.get("/v1/sources").status_code == 200


def test_a_logout_token_ends_the_session_that_it_names(rogues: Rogues) -> None:
    one, other, linked = rogues.browser(sid="s-1"), rogues.browser(sid="s-2"), rogues.house.browser(ANA)
    answer = rogues.log_out(sid="s-1")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert [is_in(each) for each in (one, other, linked)] == [False, True, True]


def test_a_logout_token_without_a_session_ends_all_that_the_provider_began(rogues: Rogues) -> None:
    one, other, linked = rogues.browser(sid="s-3"), rogues.browser(sid=None), rogues.house.browser(ANA)
    assert rogues.log_out(jti="j-2").status_code == 200
    assert [is_in(each) for each in (one, other, linked)] == [False, False, True]


def test_the_session_of_another_subject_goes_on(rogues: Rogues) -> None:
    browser = rogues.browser(sid="s-4")
    assert rogues.log_out(jti="j-3", sub="bo", sid="s-4").status_code == 200
    assert is_in(browser)


def test_a_logout_token_is_used_once(rogues: Rogues) -> None:
    assert rogues.log_out(jti="j-4", sid="s-5").status_code == 200
    browser = rogues.browser(sid="s-5")
    again = rogues.log_out(jti="j-4", sid="s-5")
    assert (again.status_code, again.json()) == (400, {"error": "invalid_request"})
    assert is_in(browser)


def test_a_forged_logout_token_ends_nothing(rogues: Rogues) -> None:
    browser = rogues.browser(sid="s-6")
    claims = rogues.claims(jti="j-5", sid="s-6", events={LOGOUT_EVENT: {}})
    for forged in (rogues.rogue.unsigned(claims), rogues.rogue.signed_with_what_all_know(claims), "x", ""):
        assert rogues.post(forged).status_code in (400, 422)
    assert is_in(browser)


@pytest.mark.parametrize("sign", ["unsigned", "signed_with_what_all_know"])
def test_a_forged_sign_in_leaves_the_browser_outside_and_no_trace_of_it(
    rogues: Rogues, sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    browser, answer = rogues.come_back(getattr(rogues.rogue, sign))
    assert answer.status_code == 303
    page = urlsplit(answer.headers["location"])
    assert (page.netloc, page.path) == ("", "/signin")
    query = parse_qs(page.query)
    assert query["problem"] == ["invalid"]
    assert query["reference"] == [answer.headers["x-trace-id"]]
    assert not is_in(browser)
    told = capsys.readouterr()
    # The operator learns what was wrong, under the reference that the person sees, and neither token nor secret.
    assert "alg is not one of" in told.out + told.err
    assert answer.headers["x-trace-id"] in told.out + told.err
    for secret in (rogues.rogue.id_token, "the-code", SECRET, ANA, "an access token"):
        assert secret not in told.out + told.err
        assert secret not in answer.text + str(answer.headers)


def test_what_nobody_tried_is_not_in_the_log_and_what_somebody_tried_is(rogues: Rogues) -> None:
    runtime = rogues.house.runtime
    runtime.sequencer.drain()
    before = tail(runtime.database, 1)[0]["seq"]
    rogues.house.visitor().get("/v1/session/oidc/callback?code=x&state=y", follow_redirects=False)
    runtime.sequencer.drain()
    assert tail(runtime.database, 1)[0]["seq"] == before
    rogues.come_back(nonce2="x", aud="other")
    runtime.sequencer.drain()
    last = tail(runtime.database, 1)[0]
    assert (last["kind"], last["outcome"], last["details"]["reason"]) == ("sign_in", "failed", "invalid")


def test_the_answer_that_carries_a_code_is_not_kept_and_tells_nobody_where_it_was(rogues: Rogues) -> None:
    _, answer = rogues.come_back()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    cookies = answer.headers.get_list("set-cookie")
    assert any(each.startswith("vouch_flow_") and "Max-Age=0" in each for each in cookies)


def test_the_page_has_words_for_every_reason() -> None:
    words = (Path(__file__).parents[3] / "api" / "web" / "src" / "words" / "signin.ts").read_text("utf-8")
    for message, hint in REASONS.values():
        assert f'"{message}"'.replace("'", "\u2019") in words
        assert f'"{hint}"'.replace("'", "\u2019") in words
