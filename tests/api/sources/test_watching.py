"""What goes on with a source is told, whoever reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from starlette.testclient import TestClient

from connectors.tables import FailureRow
from core.jobs import Job
from tests.api.sources.owned import (
    Workers,
    add,
    events,
    found,
    id_of,
    sync,
    wiki,
)
from tests.api.visitors import House, assert_problem
from tests.connectors.s3_server import Store


def test_a_paused_source_is_not_read_until_it_is_resumed(house: House, ola: TestClient, bucket: Store) -> None:
    add(ola, wiki(bucket))
    assert ola.patch("/v1/sources/wiki", json={"state": "paused"}).json()["state"] == "paused"
    problem = assert_problem(ola.post("/v1/sources/wiki/sync", json={}), 409, "conflict")
    assert "resume" in problem["hint"]
    house.runtime.connecting.work.tick()
    house.runtime.connecting.work.perform(Job("read", id_of(house, "wiki"), "poll"))
    assert ola.get("/v1/sources/wiki/runs").json()["runs"] == []
    ola.patch("/v1/sources/wiki", json={"state": "active"})
    assert sync(ola, "wiki")["new"] == 2


def test_runs_and_tasks_tell_what_went_on(ola: TestClient, bucket: Store) -> None:
    add(ola, wiki(bucket))
    sync(ola, "wiki")
    (run,) = ola.get("/v1/sources/wiki/runs").json()["runs"]
    assert (run["task"], run["state"], run["counts"]["new"], run["error"]) == ("poll", "done", 2, None)
    tasks_of = {each["task"]: each for each in ola.get("/v1/sources/wiki").json()["tasks"]}
    assert tasks_of["poll"]["due_at"] > tasks_of["poll"]["succeeded_at"]
    watched = events(ola, "GET", "/v1/sources/wiki/runs")
    assert [name for name, _ in watched] == ["run", "end"]


def test_a_source_that_cannot_be_read_says_so_and_loses_nothing(house: House, ola: TestClient, bucket: Store) -> None:
    add(ola, wiki(bucket))
    sync(ola, "wiki")
    bucket.client.delete_objects(Bucket=bucket.bucket, Delete={"Objects": [{"Key": "leave.md"}, {"Key": "travel.md"}]})
    name, problem = events(ola, "POST", "/v1/sources/wiki/sync", {})[-1]
    assert name == "error"
    assert "nothing was deleted" in problem["detail"]
    assert "vouch sources check wiki" in problem["hint"]
    assert found(house, "annual leave")
    assert sync(ola, "wiki", confirm_empty=True)["deleted"] == 2
    assert not found(house, "annual leave")


def test_freshness_is_told_against_the_bounds(ola: TestClient, bucket: Store) -> None:
    add(ola, wiki(bucket))
    sync(ola, "wiki")
    bucket.put("late.md", "# Late\n\nThis came later.\n")
    bucket.delete("travel.md")
    sync(ola, "wiki")
    fresh = ola.get("/v1/sources/wiki/freshness").json()
    assert (fresh["source"], fresh["state"], fresh["policy"]) == ("wiki", "ok", "warn")
    kinds = {each["kind"]: each for each in fresh["kinds"]}
    assert {kind: each["bound"] for kind, each in kinds.items()} == dict.fromkeys(kinds, 3600.0)
    week = {kind: each["windows"][0] for kind, each in kinds.items()}
    assert (week["content"]["count"], week["deletions"]["count"], week["permissions"]["count"]) == (1, 1, 0)
    assert (week["deletions"]["attainment"], week["deletions"]["budget_left"]) == (1.0, 1.0)
    assert kinds["content"]["p95"] >= kinds["content"]["p50"] > 0
    assert ola.get("/v1/freshness").json()["sources"][0]["source"] == "wiki"


def test_what_failed_is_listed_with_its_reason_and_tried_again(house: House, ola: TestClient, bucket: Store) -> None:
    bucket.put("broken.pdf", b"%PDF-1.7 nothing of the kind")
    add(ola, wiki(bucket))
    assert sync(ola, "wiki")["failed"] == 1
    now = house.runtime.clock()
    row = {"code": "unreadable", "reason": "the bucket refused it", "transient": True, "first_at": now, "last_at": now}
    with house.runtime.database.writing() as session:
        for key, attempts in (("leave.md", 3), ("announced.md", 0)):
            later = now + timedelta(hours=1)
            session.add(FailureRow(source_id=id_of(house, "wiki"), key=key, attempts=attempts, next_at=later, **row))
    failing = ola.get("/v1/sources/wiki/failures").json()
    assert [(each["uri"], each["code"]) for each in failing["documents"]] == [("broken.pdf", "corrupt")]
    assert [(each["key"], each["attempts"]) for each in failing["items"]] == [("leave.md", 3)]
    name, report = events(ola, "POST", "/v1/sources/wiki/failures/retry")[-1]
    assert name == "report"
    assert [each["uri"] for each in report["failures"]] == ["broken.pdf"]
    assert ola.get("/v1/sources/wiki/failures").json()["items"] == []


def test_where_workers_run_they_do_it_and_are_followed(
    house: House, ola: TestClient, bucket: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ola, wiki(bucket))
    work = house.runtime.connecting.work
    workers = Workers(work)
    monkeypatch.setattr(house.runtime, "connecting", replace(house.runtime.connecting, queue=workers))
    monkeypatch.setattr(work, "_queue", workers)
    asked = ola.post("/v1/sources/wiki/sync", json={})
    assert (asked.status_code, asked.json()) == (202, {"source": "wiki", "tasks": ["poll"]})
    assert ola.get("/v1/sources/wiki/runs").json()["runs"] == []
    working = Thread(target=workers.run, daemon=True)
    working.start()
    counts = sync(ola, "wiki", full=True)
    workers.end()
    working.join()
    assert counts["failed"] == 0
    assert {job.kind for job in workers.done} == {"read", "ingest"}
    assert "leave.md" in found(house, "annual leave")
