"""How sources fare, and what a change would do, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from starlette.testclient import TestClient

from connectors.sources.s3 import S3Source
from connectors.tables import FailureRow
from tests.api.sources.owned import OLA, SECRET_TEXT, Workers, add, events, id_of, record_of, sync
from tests.api.visitors import House, assert_problem
from tests.connectors.s3_server import Store


def guide(bucket: Store, **more: Any) -> dict[str, Any]:
    """Under a name of its own: what other tests removed is still counted as gone."""
    return {"name": "guide", "kind": "s3", "config": bucket.config(**more)}


def fares(client: TestClient, name: str = "guide") -> dict[str, Any]:
    return client.get(f"/v1/sources/{name}/watch").json()


def test_a_source_tells_what_it_does_and_how_it_keeps_its_plan(ola: TestClient, bucket: Store) -> None:
    add(ola, guide(bucket))
    before = fares(ola)
    assert (before["activity"], before["health"], before["attention"]) == ("queued", "new", False)
    sync(ola, "guide")
    after = fares(ola)
    assert (after["activity"], after["health"], after["documents"], after["errors"]) == ("idle", "on_time", 2, 0)
    assert (after["next_task"], after["title"], after["run"]) == ("poll", "S3 bucket", None)
    assert after["next_at"] > after["succeeded_at"]
    assert {each["kind"]: each["bound"] for each in after["bounds"]}["content"] == 3600.0
    assert after["course"][-1]["staleness"] is not None
    assert after["course"][0]["staleness"] is None


def test_an_error_does_not_hide_that_it_is_tried_again(house: House, ola: TestClient, bucket: Store) -> None:
    add(ola, guide(bucket))
    sync(ola, "guide")
    bucket.client.delete_objects(Bucket=bucket.bucket, Delete={"Objects": [{"Key": "leave.md"}, {"Key": "travel.md"}]})
    assert events(ola, "POST", "/v1/sources/guide/sync", {})[-1][0] == "error"
    failed = fares(ola)
    assert (failed["activity"], failed["health"], failed["attention"]) == ("idle", "failing", True)
    assert "nothing was deleted" in failed["error"]
    house.runtime.connecting.work.ask_for(record_of(house, "guide"))
    again = fares(ola)
    assert (again["activity"], again["health"], again["error"]) == ("queued", "failing", failed["error"])
    ola.patch("/v1/sources/guide", json={"state": "paused"})
    paused = fares(ola)
    assert (paused["activity"], paused["attention"], paused["next_at"]) == ("paused", False, None)


def test_the_list_begins_with_what_needs_attention(house: House, ola: TestClient, bucket: Store) -> None:
    bucket.put("broken.pdf", b"%PDF-1.7 nothing of the kind")
    for name in ("alpha", "omega"):
        add(ola, {**guide(bucket), "name": name})
    add(ola, guide(bucket, prefix="travel"))
    sync(ola, "omega")
    sync(ola, "guide")
    listed = ola.get("/v1/source-watch").json()
    assert [each["name"] for each in listed["sources"]] == ["omega", "alpha", "guide"]
    assert listed["counts"] == {"attention": 1, "queued": 1, "idle": 2, "new": 1, "on_time": 2}
    assert [each["name"] for each in ola.get("/v1/source-watch?state=attention").json()["sources"]] == ["omega"]
    assert [each["name"] for each in ola.get("/v1/source-watch?text=GUI").json()["sources"]] == ["guide"]
    first = ola.get("/v1/source-watch?limit=2").json()
    second = ola.get("/v1/source-watch", params={"limit": 2, "cursor": first["next"]}).json()
    assert [each["name"] for page in (first, second) for each in page["sources"]] == ["omega", "alpha", "guide"]
    assert (first["total"], second["next"]) == (3, None)


def test_documents_are_those_that_answers_may_use(ola: TestClient, bucket: Store) -> None:
    bucket.put("broken.pdf", b"%PDF-1.7 nothing of the kind")
    add(ola, guide(bucket))
    sync(ola, "guide")
    assert (fares(ola)["documents"], fares(ola)["errors"]) == (2, 1)
    assert ola.get("/v1/sources/guide/estimate").json()["documents"] == 3


def test_what_failed_is_told_by_what_is_wrong_and_tried_again_alone(
    house: House, ola: TestClient, bucket: Store
) -> None:
    for name in ("a.pdf", "b.pdf"):
        bucket.put(name, b"%PDF-1.7 nothing of the kind")
    add(ola, guide(bucket))
    sync(ola, "guide")
    now = house.runtime.clock()
    with house.runtime.database.writing() as session:
        for key, wait in (("leave.md", timedelta(hours=1)), ("travel.md", None)):
            session.add(
                FailureRow(
                    source_id=id_of(house, "guide"),
                    key=key,
                    code="refused",
                    reason="the bucket refused it",
                    transient=wait is not None,
                    attempts=2,
                    first_at=now,
                    last_at=now,
                    next_at=None if wait is None else now + wait,
                )
            )
    told = ola.get("/v1/sources/guide/failing").json()
    assert told["codes"] == {"corrupt": 2, "refused": 2}
    assert [(each["key"], each["what"], each["state"]) for each in told["failing"]] == [
        ("a.pdf", "document", "stopped"),
        ("b.pdf", "document", "stopped"),
        ("leave.md", "item", "waiting"),
        ("travel.md", "item", "stopped"),
    ]
    one = ola.get("/v1/sources/guide/failing?limit=1").json()
    keys = [one["failing"][0]["key"]]
    while one["next"]:
        one = ola.get("/v1/sources/guide/failing", params={"limit": 1, "cursor": one["next"]}).json()
        keys += [each["key"] for each in one["failing"]]
    assert keys == ["a.pdf", "b.pdf", "leave.md", "travel.md"]
    refused = ola.get("/v1/sources/guide/failing?code=refused").json()
    assert ([each["key"] for each in refused["failing"]], refused["total"]) == (["leave.md", "travel.md"], 2)
    events(ola, "POST", "/v1/sources/guide/failures/retry", {"keys": ["travel.md"]})
    assert [each["key"] for each in ola.get("/v1/sources/guide/failing").json()["failing"]] == [
        "a.pdf", "b.pdf", "leave.md",
    ]  # fmt: skip


def test_a_run_ends_when_somebody_stops_it_and_keeps_what_it_read(
    house: House, ola: TestClient, bucket: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ola, guide(bucket))
    reading, asked = Event(), Event()
    whole = S3Source.poll

    def slow(source: S3Source, cursor: Any) -> Any:
        for page in whole(source, cursor):
            reading.set()
            assert asked.wait(30)
            yield page

    monkeypatch.setattr(S3Source, "poll", slow)
    work = house.runtime.connecting.work
    workers = Workers(work)
    monkeypatch.setattr(house.runtime, "connecting", replace(house.runtime.connecting, queue=workers))
    monkeypatch.setattr(work, "_queue", workers)
    working = Thread(target=workers.run, daemon=True)
    working.start()
    ola.post("/v1/sources/guide/sync", json={})
    assert reading.wait(30)
    assert (fares(ola)["activity"], fares(ola)["run"]["task"]) == ("running", "poll")
    assert ola.post("/v1/sources/guide/runs/stop").json() == {"stopping": True}
    assert fares(ola)["run"]["state"] == "stopping"
    asked.set()
    workers.end()
    working.join()
    (run,) = ola.get("/v1/sources/guide/runs").json()["runs"]
    assert (run["state"], run["counts"]["new"]) == ("stopped", 2)
    assert "Stopped by somebody" in run["error"]
    seen = fares(ola)
    assert (seen["health"], seen["error"]) == ("new", None)
    assert seen["next_at"] is not None
    assert ola.post("/v1/sources/guide/runs/stop").json() == {"stopping": False}


def test_whoever_follows_a_run_hears_that_it_was_stopped(
    house: House, ola: TestClient, bucket: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ola, guide(bucket))
    whole = S3Source.poll

    def stopping(source: S3Source, cursor: Any) -> Any:
        ola.post("/v1/sources/guide/runs/stop")
        yield from whole(source, cursor)

    monkeypatch.setattr(S3Source, "poll", stopping)
    name, problem = events(ola, "POST", "/v1/sources/guide/sync", {})[-1]
    assert (name, "was stopped" in problem["detail"]) == ("error", True)


def test_runs_are_told_page_by_page(ola: TestClient, bucket: Store) -> None:
    add(ola, guide(bucket))
    for _ in range(3):
        sync(ola, "guide")
    whole = [each["id"] for each in ola.get("/v1/sources/guide/runs").json()["runs"]]
    first = ola.get("/v1/sources/guide/runs?limit=2").json()
    second = ola.get("/v1/sources/guide/runs", params={"limit": 2, "cursor": first["next"]}).json()
    assert [each["id"] for page in (first, second) for each in page["runs"]] == whole
    assert (len(whole), second["next"]) == (3, None)


def test_freshness_is_told_over_time(ola: TestClient, bucket: Store) -> None:
    add(ola, guide(bucket))
    sync(ola, "guide")
    told = ola.get("/v1/sources/guide/freshness/course?hours=2").json()
    assert [(each["kind"], each["bound"], len(each["points"])) for each in told["kinds"]] == [
        ("content", 3600.0, 96), ("deletions", 3600.0, 96), ("permissions", 3600.0, 96),
    ]  # fmt: skip
    assert told["kinds"][0]["points"][-1]["staleness"] is not None
    assert told["breaches"] == []


def test_a_plan_can_be_looked_at_before_it_is_stored(ola: TestClient, bucket: Store) -> None:
    add(ola, guide(bucket))
    plan = {"poll": {"cron": "30 2 * * *", "timezone": "Europe/Berlin"}, "bounds": {"content": "2d"}}
    told = ola.post("/v1/source-plans", json={"plan": plan, "source": "guide"}).json()
    by_task = {each["task"]: each for each in told["tasks"]}
    assert len(by_task["poll"]["next"]) == 5
    # A source that was never read is read at once; after that at half past two in Berlin.
    assert {each[11:16] for each in by_task["poll"]["next"][1:]} <= {"00:30", "01:30"}
    assert (by_task["sweep"]["schedule"], by_task["sweep"]["next"]) == (None, [])
    assert told["plan"]["bounds"] == {"content": "2d", "deletions": "1h", "permissions": "1h"}
    assert ola.get("/v1/sources/guide").json()["plan"]["poll"]["every"] == "15m"
    wrong = ola.post("/v1/source-plans", json={"plan": {"poll": {"cron": "61 * * * *"}}})
    assert "poll" in assert_problem(wrong, 422, "invalid")["detail"]


def test_a_source_is_tried_without_being_stored(ola: TestClient, bucket: Store) -> None:
    told = events(ola, "POST", "/v1/source-checks", guide(bucket))
    assert [name for name, _ in told] == ["step", "step", "step", "step", "tried"]
    assert (told[-1][1]["ok"], told[-1][1]["plan"]["poll"]["every"]) == (True, "15m")
    assert ola.get("/v1/sources/guide").status_code == 404
    unlike = ola.post("/v1/source-checks", json={"name": "notes", "kind": "files", "config": {"path": "/etc"}})
    assert unlike.status_code in (403, 422)


def test_credentials_are_told_by_reference_only(
    ola: TestClient, bucket: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ola, guide(bucket))
    sync(ola, "guide")
    response = ola.get("/v1/sources/guide/credentials")
    told = {each["setting"]: each for each in response.json()["credentials"]}
    assert set(told) == {"access_key", "secret_key"}
    assert (told["secret_key"]["reference"], told["secret_key"]["state"]) == ("env:S3_SECRET", "there")
    assert told["secret_key"]["last_used_at"] is not None
    assert SECRET_TEXT not in response.text
    monkeypatch.delenv("S3_SECRET")
    missing = ola.get("/v1/sources/guide/credentials").json()["credentials"][1]
    assert (missing["state"], "S3_SECRET is not set" in missing["problem"]) == ("missing", True)


def test_changes_name_each_setting_with_what_it_was(ola: TestClient, bucket: Store) -> None:
    add(ola, guide(bucket, region="eu-west-1"))
    ola.delete("/v1/sources/guide")
    first = add(ola, guide(bucket))["source"]["version"]
    ola.patch("/v1/sources/guide", json={"plan": {"poll": {"every": "5m"}}})
    ola.patch("/v1/sources/guide", json={"config": {**bucket.config(), "prefix": "le"}, "check": False})
    told = ola.get("/v1/sources/guide/changes").json()["changes"]
    assert [each["version"] for each in told] == [first + 2, first + 1, first]
    assert told[0]["changes"] == [{"setting": "settings.prefix", "before": None, "after": "le"}]
    assert {"setting": "plan.poll.every", "before": "15m", "after": "5m"} in told[1]["changes"]
    assert all(each["before"] is None for each in told[2]["changes"])
    assert told[0]["changed_by"] == OLA
    page = ola.get("/v1/sources/guide/changes?limit=1").json()
    second = ola.get("/v1/sources/guide/changes", params={"limit": 1, "cursor": page["next"]}).json()
    assert second["changes"] == [told[1]]


def test_a_backfill_is_estimated_by_the_last_runs(ola: TestClient, bucket: Store) -> None:
    add(ola, guide(bucket))
    assert ola.get("/v1/sources/guide/estimate").json()["seconds"] is None
    sync(ola, "guide")
    told = ola.get("/v1/sources/guide/estimate").json()
    assert (told["documents"], told["basis_items"]) == (2, 2)
    assert told["seconds"] > 0


def test_kinds_come_with_their_settings_and_say_who_may_add_them(house: House, ola: TestClient) -> None:
    theirs = {each["name"]: each for each in ola.get("/v1/source-kinds").json()["kinds"]}
    assert (theirs["s3"]["addable"], theirs["files"]["addable"]) == (True, False)
    bucket = theirs["s3"]["settings"]["properties"]
    assert bucket["endpoint"]["description"].startswith("Of a store other than AWS")
    assert theirs["s3"]["sample"]["secret_key"] == "env:HANDBOOK_SECRET_KEY"
    machine = house.operator().get("/v1/source-kinds").json()["kinds"]
    assert all(each["addable"] for each in machine)
