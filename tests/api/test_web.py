"""The page of the web client and its files."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.http import web
from api.http.app import create_app
from tests.api.visitors import House, assert_problem

PAGE = (
    '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script src="/assets/a.js" nonce="__CSP_NONCE__">'
)


@pytest.fixture
def visitor(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Somebody before a server whose web client has been built."""
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text(PAGE)
    (tmp_path / "dist" / "assets" / "a.js").write_text("1")
    (tmp_path / "dist" / "mark.svg").write_text("<svg/>")
    (tmp_path / "outside.txt").write_text("outside")
    monkeypatch.setattr(web, "DIST", tmp_path / "dist")
    return TestClient(create_app(house.runtime))


def test_the_page_has_a_fresh_nonce_in_its_policy_and_its_tags(visitor: TestClient) -> None:
    nonces: set[str] = set()
    for _ in range(3):
        response = visitor.get("/")
        assert response.headers["cache-control"] == "no-store"
        policy = response.headers["content-security-policy"]
        (nonce,) = re.findall(r"'nonce-([\w-]{20,})'", policy)
        assert response.text.count(f'nonce="{nonce}"') == 2
        assert web.NONCE not in response.text
        nonces.add(nonce)
    assert len(nonces) == 3


def test_the_policy_lets_nothing_else_in(visitor: TestClient) -> None:
    policy = visitor.get("/").headers["content-security-policy"]
    for rule in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "connect-src 'self'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert "*" not in policy


def test_a_route_of_the_client_shows_its_page(visitor: TestClient) -> None:
    for path in ("/signin", "/conversations/17", "/index.html"):
        response = visitor.get(path)
        assert response.headers["content-type"].startswith("text/html")
        assert "content-security-policy" in response.headers


def test_files_are_sent_compressed_to_who_takes_that(visitor: TestClient, tmp_path: Path) -> None:
    (tmp_path / "dist" / "assets" / "a.js.gz").write_bytes(gzip.compress(b"2"))
    packed = visitor.get("/assets/a.js", headers={"Accept-Encoding": "br, gzip"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", "2")
    assert packed.headers["content-type"].startswith("text/javascript")
    plain = visitor.get("/assets/a.js", headers={"Accept-Encoding": "identity"})
    assert ("content-encoding" in plain.headers, plain.text) == (False, "1")
    for response in (packed, plain):
        assert response.headers["vary"] == "Accept-Encoding"
        assert "immutable" in response.headers["cache-control"]


def test_files_with_a_hash_in_their_name_are_kept_by_browsers(visitor: TestClient) -> None:
    response = visitor.get("/assets/a.js")
    assert "immutable" in response.headers["cache-control"]
    assert visitor.get("/mark.svg").headers["content-type"] == "image/svg+xml"
    assert visitor.get("/assets/none.js").status_code == 404


def test_nothing_outside_the_client_is_served(visitor: TestClient) -> None:
    for path in ("/%2e%2e/outside.txt", "/assets/%2e%2e/%2e%2e/outside.txt", "/..%2foutside.txt", "//etc/passwd"):
        response = visitor.get(f"http://testserver{path}")
        assert "outside" not in response.text
        assert "root:" not in response.text


def test_an_address_of_the_api_never_shows_the_page(visitor: TestClient) -> None:
    assert_problem(visitor.get("/v1/none"), 404, "not_found")


def test_without_a_built_client_the_api_works_and_says_so(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "DIST", tmp_path)
    visitor = TestClient(create_app(house.runtime))
    assert "make run" in assert_problem(visitor.get("/"), 404, "not_found")["hint"]
    assert visitor.get("/healthz").status_code == 200


def test_the_schema_names_every_route_that_is_relied_upon(visitor: TestClient) -> None:
    paths = visitor.get("/openapi.json").json()["paths"]
    assert {
        "/v1/session", "/v1/search", "/v1/ask", "/v1/documents/{document_id}", "/v1/answers/{answer_id}",
        "/v1/answers/{answer_id}/evidence/{number}", "/v1/conversations", "/v1/sources", "/healthz", "/readyz",
    } <= set(paths)  # fmt: skip
