"""Objects of somebody else: not found, in the very words in which what does not exist is not found."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import permissions
from tests.api.conftest import BO, LEAVE
from tests.api.visitors import House, ask

ABSENT = "f" * 32
OBJECTS = {
    "answer_id": "answer",
    "conversation_id": "conversation",
    "batch_id": "batch",
    "document_id": "document",
    "document_id:path": "document",
}
"""Parameters of routes that name something of a person, or something that only some may read."""


@pytest.fixture(scope="module")
def owned(house: House, ana: TestClient) -> dict[str, str]:
    """Ids of what belongs to Ana, or what only she may read."""
    answer = ask(ana, LEAVE)
    document = ana.post("/v1/search", json={"query": "annual leave"}).json()["passages"][0]["document"]["id"]
    return {"answer": answer["answer_id"], "conversation": answer["conversation_id"], "document": document}


@pytest.fixture(scope="module")
def bo(house: House) -> TestClient:
    return house.browser(BO)


def test_what_belongs_to_somebody_else_reads_like_what_does_not_exist(
    house: House, bo: TestClient, owned: dict[str, str]
) -> None:
    tried: list[str] = []
    for route in permissions.routes(house.app):
        if permissions.of_route(route) != "ask":
            continue
        named = [part for part in re.findall(r"{([^}]+)}", route.path) if OBJECTS.get(part) in owned]
        if not named:
            continue
        for method in sorted(route.methods - {"HEAD"}):
            theirs = _called(bo, method, _path(route.path, owned))
            absent = _called(bo, method, _path(route.path, dict.fromkeys(owned, ABSENT)))
            assert theirs[0] == absent[0], (method, route.path)
            assert theirs[0] in (404, 422), (method, route.path, theirs)
            assert _without_ids(theirs[1], owned) == _without_ids(absent[1], owned), (method, route.path)
            tried.append(route.path)
    assert len(tried) >= 7


def test_what_somebody_else_asked_is_in_none_of_ones_own_lists(bo: TestClient, owned: dict[str, str]) -> None:
    assert owned["conversation"] not in bo.get("/v1/conversations").text
    assert owned["answer"] not in bo.get("/v1/batches").text


def test_a_revoke_holds_at_the_next_request(house: House, owned: dict[str, str]) -> None:
    house.installation.person("zoe@x.example", "staff")
    zoe = house.browser("zoe@x.example")
    answer = ask(zoe, LEAVE)
    assert zoe.get(f"/v1/documents/{owned['document']}").status_code == 200
    house.installation.person("zoe@x.example")
    assert zoe.get(f"/v1/documents/{owned['document']}").status_code == 404
    assert zoe.post("/v1/search", json={"query": "annual leave"}).json()["passages"] == []
    again = zoe.get(f"/v1/answers/{answer['answer_id']}").json()
    assert all(sentence["withheld"] == "access revoked" for sentence in again["sentences"])
    assert zoe.get(f"/v1/answers/{answer['answer_id']}/evidence/1").status_code == 404


def test_a_path_is_no_way_to_a_file(house: House, ana: TestClient) -> None:
    secret = house.installation.directory / "data" / "keys" / "audit-signing"
    assert secret.exists()
    for path in ("/../keys/audit-signing", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../settings.py", "//etc/passwd"):
        reply = ana.get(path)
        assert "root:" not in reply.text
        assert "BaseModel" not in reply.text
        assert reply.status_code in (200, 404, 421)
        assert reply.status_code != 200 or "<html" in reply.text.lower()


def test_a_line_break_in_what_is_sent_makes_no_header_and_no_line_of_the_log(
    house: House, ana: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = ana.get("/v1/conversations/x%0d%0aSet-Cookie:%20a=b")
    assert "a=b" not in reply.headers.get("set-cookie", "")
    reply = ana.post("/v1/search", json={"query": "leave\r\n2026-01-01 [error] forged.line"})
    assert reply.status_code == 200
    out = capsys.readouterr()
    assert "forged.line" not in out.out + out.err


def _path(path: str, ids: dict[str, str]) -> str:
    def filled(found: re.Match[str]) -> str:
        kind = OBJECTS.get(found[1])
        return ids.get(kind, "1") if kind else "1"

    return re.sub(r"{([^}]+)}", filled, path)


def _called(client: TestClient, method: str, path: str) -> tuple[int, dict[str, Any]]:
    body = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    reply = client.request(method, path, **body)
    return reply.status_code, reply.json()


def _without_ids(problem: dict[str, Any], owned: dict[str, str]) -> dict[str, Any]:
    text = {name: value for name, value in problem.items() if name != "trace_id"}
    known = "|".join([*owned.values(), ABSENT])
    return {name: re.sub(known, "ID", value) if isinstance(value, str) else value for name, value in text.items()}
