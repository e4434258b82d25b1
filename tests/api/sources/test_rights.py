"""Who may see and change which source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tests.api.sources.owned import (
    ANA,
    OLA,
    add,
    found,
    sync,
    wiki,
)
from tests.api.visitors import House, assert_problem
from tests.connectors.s3_server import Store


def test_an_owner_names_only_the_secrets_that_are_open_to_owners(house: House, ola: TestClient, bucket: Store) -> None:
    for ref in ("env:VOUCH_SECRETS_KEYRING", "file:/run/keyring", "env:S3_SECRET/../KEY"):
        refused = ola.post("/v1/sources", json=wiki(bucket, secret_key=ref))
        assert refused.status_code == 403, refused.text
        assert ref in refused.json()["detail"]
        assert "sources.secrets" in refused.json()["hint"]
    add(ola, wiki(bucket))


def test_nobody_but_an_owner_gets_near_a_source(house: House, ana: TestClient, bucket: Store) -> None:
    add(house.operator(), wiki(bucket))
    for method, path, body in (
        ("POST", "/v1/sources", wiki(bucket)),
        ("GET", "/v1/sources/wiki", None),
        ("PATCH", "/v1/sources/wiki", {"state": "paused"}),
        ("DELETE", "/v1/sources/wiki", None),
        ("POST", "/v1/sources/wiki/check", None),
        ("GET", "/v1/sources/wiki/runs", None),
        ("POST", "/v1/sources/wiki/sync", {}),
        ("GET", "/v1/sources/wiki/failures", None),
        ("POST", "/v1/sources/wiki/failures/retry", None),
        ("GET", "/v1/sources/wiki/freshness", None),
        ("GET", "/v1/freshness", None),
        ("GET", "/v1/source-kinds", None),
    ):
        assert_problem(ana.request(method, path, json=body), 403, "forbidden")
        assert_problem(house.visitor().request(method, path, json=body), 401, "unauthenticated")
    assert ana.get("/v1/sources").json() == {"sources": [], "configured": None, "next": None}


def test_an_owner_sees_configuration_without_reading_a_document(
    house: House, ola: TestClient, ana: TestClient, bucket: Store
) -> None:
    add(ola, wiki(bucket))
    sync(ola, "wiki")
    listed = ola.get("/v1/sources").json()
    assert listed["sources"] == []
    (configured,) = listed["configured"]
    assert (configured["name"], configured["documents"], configured["freshness"]) == ("wiki", {"ready": 2}, "ok")
    assert configured["config"]["secret_key"] == "env:S3_SECRET"
    assert not found(house, "annual leave", OLA)
    assert [each["name"] for each in ana.get("/v1/sources").json()["sources"]] == ["wiki"]
    acting = house.operator(ANA).get("/v1/sources").json()
    assert (acting["configured"], [each["documents"] for each in acting["sources"]]) == (None, [2])


def test_files_of_the_machine_are_for_its_operator(house: House, ola: TestClient, tmp_path: Path) -> None:
    body: dict[str, Any] = {"name": "etc", "kind": "files", "config": {"path": str(tmp_path), "allow": ["everyone"]}}
    problem = assert_problem(ola.post("/v1/sources", json=body), 403, "forbidden")
    assert "vouch ingest" in problem["hint"]
    assert add(house.operator(), body)["change"] == "created"
    assert house.operator().put("/v1/sources/etc/owners", json={"owners": [OLA]}).status_code == 200
    elsewhere = {"config": {"path": "/etc", "allow": ["everyone"]}}
    assert_problem(ola.patch("/v1/sources/etc", json=elsewhere), 403, "forbidden")
    body["config"]["path"] = "etc"
    assert_problem(house.operator().post("/v1/sources", json=body), 422, "invalid")
