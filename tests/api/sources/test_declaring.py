"""Sources are tried, stored and changed, each time as a version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api import sources
from api.http.models import IngestIn
from connectors.plan import stored_plan
from core import audit
from tests.api.sources.owned import (
    ADA,
    OLA,
    SECRET_TEXT,
    add,
    events,
    found,
    sync,
    wiki,
)
from tests.api.visitors import House, assert_problem
from tests.connectors.s3_server import Store


def test_a_source_is_tried_step_by_step_then_stored_then_read(house: House, ola: TestClient, bucket: Store) -> None:
    told = events(ola, "POST", "/v1/sources", wiki(bucket))
    assert {name for name, _ in told[:-1]} == {"step"}
    assert all(step["ok"] for _, step in told[:-1])
    name, stored = told[-1]
    assert (name, stored["change"]) == ("stored", "created")
    assert stored["source"]["plan"]["bounds"] == {"content": "1h", "deletions": "1h", "permissions": "1h"}
    progress = events(ola, "POST", "/v1/sources/wiki/sync", {})
    assert {name for name, _ in progress[:-1]} <= {"progress"}
    assert progress[-1] == (
        "report",
        {
            "source": "wiki",
            "counts": {
                "new": 2, "changed": 0, "unchanged": 0, "access_changed": 0, "deleted": 0, "suppressed": 0, "failed": 0,
            },
            "failures": [],
        },
    )  # fmt: skip
    assert "leave.md" in found(house, "annual leave")
    assert sync(ola, "wiki")["unchanged"] == 2


def test_a_check_that_fails_stores_nothing_and_says_what_to_do(ola: TestClient, bucket: Store) -> None:
    elsewhere = wiki(bucket, endpoint="https://s3.example.com")
    told = events(ola, "POST", "/v1/sources", elsewhere)
    assert (told[0][0], told[0][1]["ok"]) == ("step", False)
    name, problem = told[-1]
    assert (name, problem["status"]) == ("error", 422)
    assert "egress.hosts" in problem["hint"]
    assert_problem(ola.post("/v1/sources", json=elsewhere), 422, "source_rejected")
    assert ola.get("/v1/sources").json()["configured"] == []
    assert add(ola, {**elsewhere, "check": False})["steps"] == []


def test_what_cannot_be_used_is_named(ola: TestClient, bucket: Store) -> None:
    for body, words in (
        ({**wiki(bucket), "kind": "fax"}, "fax"),
        (wiki(bucket, buckets=3), "buckets is not a setting"),
        ({**wiki(bucket), "plan": {"pool": {"every": "5m"}}}, "pool is not a setting"),
        ({**wiki(bucket), "plan": {"poll": {"every": 5}}}, "poll.every"),
        ({**wiki(bucket), "name": "a/b"}, "'a/b'"),
    ):
        refused = ola.post("/v1/sources", json=body)
        assert refused.status_code in (404, 422), refused.text
        assert words in refused.json()["detail"]
    add(ola, wiki(bucket))
    other: dict[str, Any] = {"name": "wiki", "kind": "sql", "config": {}}
    assert_problem(ola.post("/v1/sources", json=other), 409, "conflict")


def test_a_secret_given_in_clear_is_refused_and_not_repeated(ola: TestClient, bucket: Store) -> None:
    refused = ola.post("/v1/sources", json=wiki(bucket, secret_key=SECRET_TEXT))
    assert refused.status_code == 422
    assert SECRET_TEXT not in refused.text


def test_no_reply_shows_what_a_reference_stands_for(ola: TestClient, bucket: Store) -> None:
    add(ola, wiki(bucket))
    sync(ola, "wiki")
    for path in ("", "/wiki", "/wiki/runs", "/wiki/failures", "/wiki/freshness"):
        assert SECRET_TEXT not in ola.get(f"/v1/sources{path}").text
    assert SECRET_TEXT not in ola.post("/v1/sources/wiki/check").text


def test_each_change_is_a_version_with_who_made_it(house: House, ola: TestClient, bucket: Store) -> None:
    assert add(ola, wiki(bucket))["change"] == "created"
    assert add(ola, wiki(bucket))["change"] == "unchanged"
    plan = {"poll": {"every": "2m"}, "bounds": {"content": "5m"}}
    changed = house.operator().patch("/v1/sources/wiki", json={"plan": plan}).json()
    last, first = changed["versions"][:2]
    assert (last["changed_by"], first["changed_by"]) == ("operator", OLA)
    assert (last["version"], changed["version"]) == (first["version"] + 1, last["version"])
    assert changed["plan"]["bounds"] == {"content": "5m", "deletions": "1h", "permissions": "1h"}
    add(ola, wiki(bucket))
    assert ola.get("/v1/sources/wiki").json()["plan"]["poll"]["every"] == "2m"
    house.runtime.sequencer.drain()
    records = [dict(each) for each in audit.tail(house.runtime.database, 50)]
    mine = [each for each in records if each["kind"] == "source.configured"][-2:]
    assert [each["details"]["change"] for each in mine] == ["created", "changed"]
    assert mine[0]["subject"] == house.installation.principal(OLA).subject
    assert bucket.bucket not in json.dumps(mine)


def test_a_source_that_comes_back_is_as_sensitive_as_it_was_declared(
    house: House, ola: TestClient, bucket: Store
) -> None:
    house.installation.person(ADA, roles=("employee", "admin"))
    ada = house.browser(ADA)
    body = {**wiki(bucket), "name": "minutes"}
    secret = {"sensitivity": "confidential", "sensitivity_at": {"board/": "restricted"}}
    add(ola, {**body, "plan": secret})
    assert ola.delete("/v1/sources/minutes").status_code == 200
    for plan in ({"sensitivity": "internal"}, {"sensitivity": "confidential"}, {"poll": {"every": "1h"}}):
        assert_problem(ola.post("/v1/sources", json={**body, "plan": plan}), 403, "forbidden")
    assert ola.get("/v1/sources/minutes").status_code == 404
    add(ola, body)
    assert {key: ola.get("/v1/sources/minutes").json()["plan"][key] for key in secret} == secret
    assert ola.delete("/v1/sources/minutes").status_code == 200
    add(ada, {**body, "plan": {"sensitivity": "internal"}})
    assert ada.get("/v1/sources/minutes").json()["plan"]["sensitivity"] == "internal"
    house.runtime.sequencer.drain()
    records = [each for each in audit.tail(house.runtime.database, 50) if each["kind"] == "source.configured"]
    added = [each["details"] for each in records if each["details"]["change"] == "created"][-3:]
    assert [(each["declared"], each.get("lowered", False)) for each in added] == [
        ("confidential", False), ("confidential", False), ("internal", True),
    ]  # fmt: skip


def test_a_folder_that_comes_back_is_as_sensitive_as_it_was_declared(house: House, tmp_path: Path) -> None:
    (tmp_path / "leave.md").write_text("# Leave\n\nTwenty-seven days.\n")
    wanted = IngestIn(path=str(tmp_path), source="shelf", allow=["staff"])
    sources.configure(house.runtime, wanted)
    operator = house.operator()
    plan = operator.get("/v1/sources/shelf").json()["plan"]
    operator.patch("/v1/sources/shelf", json={"plan": {**plan, "sensitivity": "restricted"}})
    operator.delete("/v1/sources/shelf")
    assert stored_plan(sources.configure(house.runtime, wanted).plan).sensitivity == "restricted"


def test_a_changed_access_map_holds_for_everything_that_was_read(house: House, ola: TestClient, bucket: Store) -> None:
    add(ola, wiki(bucket))
    sync(ola, "wiki")
    assert found(house, "annual leave")
    add(ola, wiki(bucket, access=[{"prefix": "", "allow": ["hr"]}]))
    assert sync(ola, "wiki")["access_changed"] == 2
    assert not found(house, "annual leave")
