"""What the edge lets in, and what it tells browsers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.http.defence import HEADERS, MOST_KEPT, Window, hosts_of
from api.settings import WebSettings
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

ANA = "ana@x.example"


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[House]:
    web = WebSettings(hosts=("testserver",), request_mb=1, failures_per_minute=5, requests_per_minute=20)
    installation = Installation(tmp_path, web=web)
    installation.person(ANA)
    yield House(installation)
    installation.close()


def test_a_name_that_is_not_ours_is_refused_before_anything_is_read(gate: House) -> None:
    browser = gate.browser(ANA)
    for name in ("evil.example", "testserver.evil.example", "", "127.0.0.1.evil.example:8000", "[::2]"):
        refused = assert_problem(browser.get("/v1/session", headers={"Host": name}), 421, "misdirected")
        assert name == "" or name not in refused["detail"]
    for name in ("localhost:8000", "127.0.0.1", "[::1]:8000", "TESTSERVER:443"):
        assert browser.get("/v1/session", headers={"Host": name}).status_code == 200


def test_a_request_that_is_too_large_is_refused_whatever_it_says_of_its_length(gate: House) -> None:
    key = gate.key(ANA)
    program = gate.visitor(Authorization=f"Bearer {key}")
    large = b'{"query": "' + b"x" * 1_100_000 + b'"}'
    assert_problem(program.post("/v1/search", content=large), 413, "too_large")

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 50_000):
            yield large[start : start + 50_000]

    # Sent in chunks, it says no length at all.
    assert program.post("/v1/search", content=pieces()).status_code == 413
    assert_problem(program.post("/v1/search", content=b"{}", headers={"Content-Length": "-1"}), 413, "too_large")


def test_guessing_ends_after_a_few_failures_and_says_when_to_go_on(gate: House) -> None:
    guesser = gate.visitor(**{"X-Vouch": "1"})
    for _ in range(5):
        assert guesser.post("/v1/session", json={"link": "vl_wrong"}).status_code == 401
    refused = guesser.post("/v1/session", json={"link": "vl_wrong"})
    assert_problem(refused, 429, "too_many")
    assert 0 < int(refused.headers["retry-after"]) <= 61


def test_one_credential_is_used_so_often_a_minute_and_the_next_one_is_not_affected(gate: House) -> None:
    first, second = gate.key(ANA), gate.key(ANA)
    program = gate.visitor(Authorization=f"Bearer {first}")
    codes = [program.get("/v1/conversations").status_code for _ in range(22)]
    assert codes == [200] * 20 + [429] * 2
    assert gate.visitor(Authorization=f"Bearer {second}").get("/v1/conversations").status_code == 200
    # The command line of this machine is not counted.
    assert {gate.operator().get("/v1/operator/people").status_code for _ in range(30)} == {200}


def test_every_reply_tells_browsers_what_it_may_never_do(gate: House) -> None:
    for path in ("/v1/session", "/v1/nothing", "/healthz", "/v1/conversations"):
        headers = gate.visitor().get(path).headers
        for name, value in HEADERS.items():
            assert headers[name] == value, (path, name)
        assert "strict-transport-security" not in headers
    over_tls = gate.visitor()
    over_tls.base_url = "https://testserver"
    assert "max-age" in over_tls.get("/v1/session").headers["strict-transport-security"]
    refused = gate.visitor().get("/v1/session", headers={"Host": "evil.example"}).headers
    assert refused["x-frame-options"] == "DENY"


def test_a_window_forgets_what_is_over_a_minute_old_and_holds_no_more_than_it_should() -> None:
    now = [0.0]
    window = Window(2, lambda: now[0])
    window.count("a")
    now[0] = 10
    window.count("a")
    assert window.wait("a") == 50
    now[0] = 60.5
    assert window.wait("a") == 0
    for number in range(MOST_KEPT + 10):
        window.count(str(number))
    assert len(window._seen) == MOST_KEPT


def test_the_public_address_and_this_machine_are_names_of_ours() -> None:
    found = hosts_of(["Vouch.Company.example:443"], "0.0.0.0", ["https://ask.company.example/base"])
    assert found == {"vouch.company.example", "ask.company.example", "localhost", "127.0.0.1", "::1"}
