"""Connector owners and their sources over HTTP: a bucket (moto's S3 server), a table (SQLite), a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import sources
from api.http.models import IngestIn
from connectors import repository, tasks
from connectors.plan import stored_plan
from connectors.settings import SourcesSettings
from connectors.tables import AccountRow, BreachRow, FailureRow
from core import audit
from core.egress import EgressSettings
from core.jobs import Job
from core.leases import Leases
from core.tables import MembershipRow
from ingest.work import Work
from tests.api.visitors import EVENTS, House, assert_problem
from tests.connectors.s3_server import SECRETS, Store, server, store
from tests.connectors.tickets import SECRET, Tickets, sqlite
from tests.installation import Installation, ignore

NUMBER = count(1)
ANA, OLA, ADA = "ana@x.example", "ola@x.example", "ada@x.example"
"""Staff, a connector owner who is in no group, and an administrator."""
SECRET_TEXT = SECRETS["env:S3_SECRET"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with server() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    for ref, value in SECRETS.items():
        monkeypatch.setenv(ref.removeprefix("env:"), value)
    made = store(endpoint, f"sources-{next(NUMBER)}")
    made.put("leave.md", "# Leave\n\nEvery employee has 27 days of annual leave.\n")
    made.put("travel.md", "# Travel\n\nThe hotel cap in Oslo is 190 euros a night.\n")
    return made


@pytest.fixture
def tickets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tickets]:
    with sqlite(tmp_path) as made:
        monkeypatch.setenv(SECRET.removeprefix("env:"), made.url)
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    egress = EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",))  # type: ignore[arg-type]
    opened = SourcesSettings(secrets=(*SECRETS, SECRET))
    installation = Installation(tmp_path_factory.mktemp("owners"), egress=egress, sources=opened)
    installation.person(ANA, "staff")
    installation.person(OLA, roles=("employee", "connector_owner"))
    yield House(installation)
    installation.close()


@pytest.fixture
def house(shared: House) -> Iterator[House]:
    """Without a source, before and after."""
    yield shared
    operator = shared.operator()
    for each in operator.get("/v1/sources").json()["configured"]:
        assert operator.delete(f"/v1/sources/{each['name']}").status_code == 200


@pytest.fixture
def ola(house: House) -> TestClient:
    return house.browser(OLA)


@pytest.fixture
def ana(house: House) -> TestClient:
    return house.browser(ANA)


def events(client: TestClient, method: str, path: str, body: Any = None) -> list[tuple[str, dict[str, Any]]]:
    response = client.request(method, path, json=body, headers={"Accept": EVENTS})
    assert response.headers["content-type"].startswith(EVENTS), response.text
    blocks = (block.split("\n", 1) for block in response.text.strip().split("\n\n"))
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def wiki(bucket: Store, /, **more: Any) -> dict[str, Any]:
    return {"name": "wiki", "kind": "s3", "config": bucket.config(**more)}


def add(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post("/v1/sources", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def sync(client: TestClient, name: str, **body: Any) -> dict[str, Any]:
    """The counts of a sync that was followed to its end."""
    name, report = events(client, "POST", f"/v1/sources/{name}/sync", body)[-1]
    assert name == "report", report
    return report["counts"]


def found(house: House, query: str, email: str = ANA) -> set[str]:
    return house.installation.found(query, email)


# Who may


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
    assert ana.get("/v1/sources").json() == {"sources": [], "configured": None}


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
    elsewhere = {"config": {"path": "/etc", "allow": ["everyone"]}}
    assert_problem(ola.patch("/v1/sources/etc", json=elsewhere), 403, "forbidden")
    body["config"]["path"] = "etc"
    assert_problem(house.operator().post("/v1/sources", json=body), 422, "invalid")


# Adding


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


# Watching


def test_a_paused_source_is_not_read_until_it_is_resumed(house: House, ola: TestClient, bucket: Store) -> None:
    add(ola, wiki(bucket))
    assert ola.patch("/v1/sources/wiki", json={"state": "paused"}).json()["state"] == "paused"
    problem = assert_problem(ola.post("/v1/sources/wiki/sync", json={}), 409, "conflict")
    assert "resume" in problem["hint"]
    house.runtime.connecting.work.tick()
    house.runtime.connecting.work.perform(Job("read", _id(house, "wiki"), "poll"))
    assert ola.get("/v1/sources/wiki/runs").json() == {"runs": []}
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
            session.add(FailureRow(source_id=_id(house, "wiki"), key=key, attempts=attempts, next_at=later, **row))
    failing = ola.get("/v1/sources/wiki/failures").json()
    assert [(each["uri"], each["code"]) for each in failing["documents"]] == [("broken.pdf", "corrupt")]
    assert [(each["key"], each["attempts"]) for each in failing["items"]] == [("leave.md", 3)]
    name, report = events(ola, "POST", "/v1/sources/wiki/failures/retry")[-1]
    assert name == "report"
    assert [each["uri"] for each in report["failures"]] == ["broken.pdf"]
    assert ola.get("/v1/sources/wiki/failures").json()["items"] == []


# Removing


def test_a_removed_source_leaves_nothing_that_counts(house: House, ola: TestClient, tickets: Tickets) -> None:
    tickets.put(1, subject="VPN", body="The VPN is down in Oslo.")
    people = f"select 'a1' as account, '{ANA}' as email, 'staff' as grp"
    config = tickets.config(people={"query": people, "verified": True})
    add(ola, {"name": "desk", "kind": "sql", "config": config})
    counts = sync(ola, "desk")
    assert counts["new"] == 1
    assert found(house, "VPN in Oslo")
    desk = ola.get("/v1/sources/desk").json()
    assert (desk["accounts"], desk["joined"]) == (1, 1)
    assert {each["task"] for each in desk["tasks"] if each["succeeded_at"]} >= {"poll", "principals", "sweep", "access"}

    source_id = _id(house, "desk")
    with house.runtime.database.writing() as session:
        now = house.runtime.clock()
        session.add(BreachRow(id="b-desk", source_id=source_id, kind="content", state="breach", began_at=now))
    assert ola.delete("/v1/sources/desk").json() == {"name": "desk", "documents": 1}
    assert not found(house, "VPN in Oslo")
    assert_problem(ola.get("/v1/sources/desk"), 404, "not_found")
    with house.runtime.database.reading() as session:
        assert session.query(AccountRow).filter_by(source_id=source_id).count() == 0
        assert session.query(MembershipRow).filter_by(origin=source_id, valid_to=None).count() == 0
        assert session.get_one(BreachRow, "b-desk").ended_at is not None
        assert tasks.of_source(session, source_id) == {}
    assert house.runtime.index.count() == 0

    add(ola, {"name": "desk", "kind": "sql", "config": config})
    assert ola.get("/v1/sources/desk").json()["confirmed_at"] is None
    assert sync(ola, "desk")["new"] == 1
    assert found(house, "VPN in Oslo")


def test_a_source_that_is_being_read_is_removed_when_its_run_has_ended(
    house: House, ola: TestClient, bucket: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ola, wiki(bucket))
    sync(ola, "wiki")
    monkeypatch.setattr("api.configuring.WAIT_SECONDS", 0.3)
    with Leases(house.runtime.database, house.runtime.clock).hold(f"source:{_id(house, 'wiki')}"):
        problem = assert_problem(ola.delete("/v1/sources/wiki"), 409, "conflict")
        assert "paused" in problem["detail"]
        assert found(house, "annual leave")
    assert ola.delete("/v1/sources/wiki").json()["documents"] == 2


# Files that were ingested


def test_an_ingested_folder_is_read_by_schedule_from_then_on(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "parking.md").write_text("# Parking\n\nThe car park in Oslo opens at 6.\n")
    house.installation.ingest(folder, "handbook")
    record = _record(house, "handbook")
    assert stored_plan(record.plan).poll is not None
    with house.runtime.database.reading() as session:
        poll = tasks.of_source(session, record.id)["poll"]
    assert poll.succeeded_at is not None
    assert poll.due_at is not None
    assert timedelta(minutes=15) <= poll.due_at - poll.succeeded_at <= timedelta(minutes=17)
    (folder / "parking.md").write_text("# Parking\n\nThe car park in Oslo opens at 7.\n")
    work = house.runtime.connecting.work
    work.perform(Job("read", record.id, "poll"))
    work.perform(Job("ingest"))
    assert any("opens at 7" in each.text for each in house.installation.search("car park in Oslo", ANA))


def test_an_unmounted_folder_deletes_nothing_and_is_tried_again(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "parking.md").write_text("# Parking\n\nThe car park in Oslo opens at 6.\n")
    house.installation.ingest(folder, "handbook")
    folder.rename(tmp_path / "elsewhere")
    record = _record(house, "handbook")
    house.runtime.connecting.work.perform(Job("read", record.id, "poll"))
    with house.runtime.database.reading() as session:
        poll = tasks.of_source(session, record.id)["poll"]
    assert poll.failures == 1
    assert "nothing was deleted" in (poll.error or "")
    assert found(house, "car park in Oslo") == {"parking.md"}


def test_what_came_with_vouch_promises_nothing(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nOne text.\n")
    wanted = IngestIn(path=str(tmp_path), source="demo", allow=["everyone"])
    record = sources.configure(house.runtime, wanted, demo=True)
    sources.run(house.runtime, record, ignore, confirm_empty=False)
    assert stored_plan(record.plan).poll is None
    with house.runtime.database.reading() as session:
        assert tasks.of_source(session, record.id) == {}
    fresh = house.operator().get("/v1/sources/demo/freshness").json()
    assert {each["bound"] for each in fresh["kinds"]} == {None}


# With workers


def test_where_workers_run_they_do_it_and_are_followed(
    house: House, ola: TestClient, bucket: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ola, wiki(bucket))
    work = house.runtime.connecting.work
    workers = _Workers(work)
    monkeypatch.setattr(house.runtime, "connecting", replace(house.runtime.connecting, queue=workers))
    monkeypatch.setattr(work, "_queue", workers)
    asked = ola.post("/v1/sources/wiki/sync", json={})
    assert (asked.status_code, asked.json()) == (202, {"source": "wiki", "tasks": ["poll"]})
    assert ola.get("/v1/sources/wiki/runs").json() == {"runs": []}
    working = Thread(target=workers.run, daemon=True)
    working.start()
    counts = sync(ola, "wiki", full=True)
    workers.end()
    working.join()
    assert counts["failed"] == 0
    assert {job.kind for job in workers.done} == {"read", "ingest"}
    assert "leave.md" in found(house, "annual leave")


class _Workers:
    """A queue with a worker behind it, once that runs."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.done: list[Job] = []

    def send(self, job: Job) -> None:
        self._jobs.put(job)

    def end(self) -> None:
        self._jobs.put(None)

    def run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._work.perform(job)
            self.done.append(job)


def _record(house: House, name: str) -> repository.SourceRecord:
    with house.runtime.database.reading() as session:
        return repository.by_name(session, name)


def _id(house: House, name: str) -> str:
    return _record(house, name).id
