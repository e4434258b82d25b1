"""Signed copies of the log for reviewers: by HTTP, and by the command line with a key of their own."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from api.cli import audit
from api.http import exports
from core.audit import AuditLog, Verification, exported, merkle, tail
from core.audit.spreadsheet import COLUMNS
from core.errors import Unavailable
from tests.api.served import served
from tests.api.visitors import House, ask, assert_problem
from tests.installation import Installation

REVIEWER, ADA, ANA, BEN = "rita@x.example", "ada@x.example", "ana@x.example", "ben@x.example"
LEAVE = {"id": "1", "title": "Leave", "text": "Parental leave is 26 weeks for everybody."}
QUESTION = "How many weeks is parental leave?"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    installation = Installation(tmp_path_factory.mktemp("exported"))
    installation.person(REVIEWER, roles=("employee", "reviewer"))
    installation.person(ADA, roles=("employee", "admin"))
    installation.person(ANA)
    installation.person(BEN)
    installation.records("people", [LEAVE])
    yield House(installation)
    installation.close()


@pytest.fixture(scope="module")
def answer(house: House) -> dict[str, Any]:
    ask(house.browser(BEN), QUESTION)
    return ask(house.browser(ANA), QUESTION)


@pytest.fixture(scope="module")
def reviewer(house: House, answer: dict[str, Any]) -> TestClient:
    return house.browser(REVIEWER)


def verified(house: House, content: bytes, folder: Path, *kept: bytes) -> Verification:
    path = folder / "given.zip"
    path.write_bytes(content)
    return exported.verify(path, house.runtime.keyring.public_key(), kept)


def events_in(content: bytes) -> list[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [orjson.loads(line) for line in archive.read("records.jsonl").splitlines()]


def told(house: House) -> dict[str, Any]:
    """The newest record that something was exported."""
    house.runtime.sequencer.drain()
    return [each for each in tail(house.runtime.database, 20) if each["kind"] == "audit.exported"][-1]


def test_what_a_search_found_is_taken_along_with_a_proof_for_each(
    house: House, reviewer: TestClient, answer: dict[str, Any], tmp_path: Path
) -> None:
    asked = {"answer": answer["answer_id"]}
    found = reviewer.get("/v1/audit/events", params={**asked, "limit": 200}).json()["events"]
    given = reviewer.post("/v1/audit/export", json={**asked, "csv": True})
    assert given.status_code == 200, given.text
    assert given.headers["content-type"] == "application/zip"
    assert given.headers["content-disposition"].startswith('attachment; filename="vouch-log-')
    assert given.headers["cache-control"] == "no-store"
    assert int(given.headers["content-length"]) == len(given.content)
    events = events_in(given.content)
    # The search itself names the answer, too.
    assert [each["seq"] for each in events[:-1]] == sorted(each["seq"] for each in found)
    assert events[-1]["kind"] == "audit.searched"
    assert {"ask.intent", "ask.outcome"} <= {each["kind"] for each in events}
    result = verified(house, given.content, tmp_path)
    assert (result.ok, result.scope, result.asked) == (True, "selection", asked)
    with zipfile.ZipFile(io.BytesIO(given.content)) as archive:
        assert archive.read("records.csv").decode().split("\r\n")[0] == ",".join(COLUMNS)
        manifest = archive.read("manifest.json").decode()
    assert QUESTION not in given.text
    assert ANA not in manifest


def test_that_it_was_taken_is_a_record_that_says_what_was_asked_for(
    house: House, reviewer: TestClient, answer: dict[str, Any]
) -> None:
    document = answer["sentences"][0]["citations"][0]["document"]["id"]
    body = {"document": document, "kind": ["ask.intent", "ask.outcome"], "since": "2020-01-01T00:00:00Z"}
    given = reviewer.post("/v1/audit/export", json=body)
    events = events_in(given.content)
    event = told(house)
    assert event["subject"] == house.runtime.audit.subject(house.installation.principal(REVIEWER).person_id)
    details = event["details"]
    assert details["by"] == ["document", "kind", "since"]
    assert (details["document"], details["scope"], details["form"]) == (document, "selection", "zip")
    assert (details["records"], details["first"], details["last"]) == (
        len(events), events[0]["seq"], events[-1]["seq"],
    )  # fmt: skip
    # The record stands before anything is given out, and is under the checkpoint that this was signed with.
    assert event["seq"] not in [each["seq"] for each in events]
    assert event["seq"] == manifest_of(given.content)["size"]


def manifest_of(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = orjson.loads(archive.read("manifest.json"))
    return manifest | {"size": int(manifest["checkpoint"].split("\n")[1])}


def test_the_whole_log_and_a_run_are_had_as_well(house: House, reviewer: TestClient, tmp_path: Path) -> None:
    house.runtime.sequencer.drain()
    kept = reviewer.get("/v1/audit/checkpoint").json()["note"]
    whole = reviewer.post("/v1/audit/export", json={})
    assert told(house)["details"]["scope"] == "log"
    result = verified(house, whole.content, tmp_path, kept.encode())
    assert (result.ok, result.scope) == (True, "log")
    assert result.records == len(events_in(whole.content)) == manifest_of(whole.content)["size"]
    run = reviewer.post("/v1/audit/export", json={"first": 2, "last": 4, "kept": [kept], "csv": True})
    assert (told(house)["details"]["scope"], told(house)["details"]["table"]) == ("run", True)
    result = verified(house, run.content, tmp_path, kept.encode())
    assert (result.ok, result.scope, result.records) == (True, "run", 3)


def test_it_is_for_reviewers_and_the_machine_and_for_nobody_in_their_name(house: House, answer: dict[str, Any]) -> None:
    for other in (house.browser(ADA), house.browser(ANA), house.operator(REVIEWER)):
        assert_problem(other.post("/v1/audit/export", json={}), 403, "forbidden")
    assert house.visitor().post("/v1/audit/export", json={}).status_code == 401
    assert house.operator().post("/v1/audit/export", json={"first": 1, "last": 1}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"first": 0}, {"first": 3, "last": 2}, {"last": 10**15}, {"first": 1, "kind": ["search"]}, {"kind": ["gossip"]},
        {"outcome": ["good"]}, {"person": ANA}, {"document": "the one about leave"}, {"since": "2026-11-23T08:00:00"},
        {"since": "yesterday"}, {"kept": ["no note"]}, {"what": "all"}, {"answer": ""}, {"action": ["a b"]}, [],
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_said(reviewer: TestClient, body: Any) -> None:
    assert_problem(reviewer.post("/v1/audit/export", json=body), 422, "invalid")


def test_nothing_found_is_nothing_given_but_the_look_is_a_record(house: House, reviewer: TestClient) -> None:
    nothing = reviewer.post("/v1/audit/export", json={"document": "d-none"})
    assert_problem(nothing, 404, "not_found")
    details = told(house)["details"]
    assert (details["records"], details["document"]) == (0, "d-none")


def test_without_the_log_nothing_is_given(
    house: House, reviewer: TestClient, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: AuditLog, *events: Any) -> None:
        raise Unavailable("The log cannot be written.", hint="Make room.")

    monkeypatch.setattr(AuditLog, "append", refuse)
    for call in (
        reviewer.post("/v1/audit/export", json={"answer": answer["answer_id"]}),
        house.operator().get("/v1/operator/audit/tail"),
    ):
        assert_problem(call, 503, "unavailable")
        assert answer["answer_id"] not in call.text


def test_a_copy_does_not_take_the_room_that_the_log_needs(
    house: House, reviewer: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(house.runtime.settings.data_dir.iterdir())
    monkeypatch.setattr(exports, "ROOM", 1 << 62)
    assert_problem(reviewer.post("/v1/audit/export", json={}), 503, "unavailable")
    monkeypatch.undo()
    assert reviewer.post("/v1/audit/export", json={}).status_code == 200
    assert list(house.runtime.settings.data_dir.iterdir()) == before


def test_who_reads_the_end_of_the_log_is_in_it(house: House, reviewer: TestClient) -> None:
    for client in (reviewer, house.operator()):
        seen = client.get("/v1/operator/audit/tail", params={"count": 3}).json()["records"]
        house.runtime.sequencer.drain()
        (event,) = tail(house.runtime.database, 1)
        assert (event["kind"], event["seq"]) == ("audit.read", seen[-1]["seq"] + 1)
        assert event["details"] == {"records": 3, "first": seen[0]["seq"], "last": seen[-1]["seq"]}
    assert event["subject"] == ""
    assert_problem(reviewer.get("/v1/operator/audit/tail", params={"count": 10**6}), 422, "invalid")


# The command line


@dataclass(frozen=True)
class Place:
    """A folder in which commands run, on a machine with nothing but what is named."""

    folder: Path
    data: Path

    def run(self, *arguments: object, here: bool = False) -> Result:
        """``here``: on the machine with the data directory."""
        environment = {"VOUCH_DATA_DIR": str(self.data if here else self.folder / "none"), "VOUCH_DEMO__LOAD": "false"}
        return CliRunner().invoke(audit.app, list(map(str, arguments)), env=environment)

    def said(self, *arguments: object, here: bool = False) -> str:
        ran = self.run(*arguments, here=here)
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    def fails(self, *arguments: object, here: bool = False) -> str:
        ran = self.run(*arguments, here=here)
        assert (ran.exit_code, ran.stdout) == (1, ""), ran.output
        return ran.stderr


@pytest.fixture
def place(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path, house.runtime.settings.data_dir.resolve())


def test_a_reviewer_with_nothing_but_a_key_searches_exports_and_verifies(
    house: House, answer: dict[str, Any], place: Place
) -> None:
    (place.folder / "rita.key").write_text(house.key(REVIEWER) + "\n")
    first = house.operator().get("/v1/audit/key").json()["key"]
    ana = house.runtime.audit.subject(house.installation.principal(ANA).person_id)
    with served(house.app) as address:
        key = ("--key-file", "rita.key", "--server", address)
        found = json.loads(place.said("search", "--answer", answer["answer_id"], *key, "--json"))
        assert {each["kind"] for each in found} >= {"ask.intent", "ask.outcome"}
        shown = place.said("search", "--kind", "ask.outcome", "--kind", "ask.intent", "--limit", 2, *key)
        assert str(next(each["seq"] for each in found if each["kind"] == "ask.outcome")) in shown
        assert "about" in shown

        assert place.said("pseudonym", ANA, "--why", "case 17", *key).strip() == ana
        assert ANA in place.said("identify", ana, "--why", "case 17", *key)
        hers = json.loads(place.said("search", "--person", ANA, "--why", "case 17", *key, "--json"))
        assert answer["answer_id"] in [each["event"]["details"].get("answer") for each in hers]
        assert "--why" in place.fails("search", "--person", ANA, *key)

        asked = ("--answer", answer["answer_id"], "--until", "2100-01-01", "--csv", "--out", "hers.zip")
        assert "hers.zip" in place.said("export", *asked, *key)
        assert "there already" in place.fails("export", *asked, *key)
        assert "No record fits" in place.fails("export", "--document", "d-nowhere", "--out", "none.zip", *key)
        assert ".zip" in place.fails("export", "--out", "folder", *key)
    assert sorted(each.name for each in place.folder.iterdir()) == ["hers.zip", "rita.key"]
    assert (place.folder / "hers.zip").stat().st_mode & 0o077 == 0
    shown = place.said("verify", "--export", "hers.zip", "--key", first)
    assert "nothing was left out" in shown
    assert f"answer: {answer['answer_id']}" in shown
    told = json.loads(place.said("verify", "--export", "hers.zip", "--key", first, "--json"))
    assert (told["ok"], told["scope"], told["asked"]["answer"]) == (True, "selection", answer["answer_id"])
    assert "left out" in told["cannot_show"]
    edited = bytearray((place.folder / "hers.zip").read_bytes())
    with zipfile.ZipFile(place.folder / "hers.zip") as archive:
        # Behind its header: dates and the like are the container's own.
        edited[archive.getinfo("records.jsonl").header_offset + 200] ^= 1
    (place.folder / "hers.zip").write_bytes(edited)
    assert place.run("verify", "--export", "hers.zip", "--key", first).exit_code == 1


def test_who_is_no_reviewer_is_told_so(house: House, place: Place) -> None:
    (place.folder / "ana.key").write_text(house.key(ANA))
    (place.folder / "empty.key").write_text("")
    with served(house.app) as address:
        for arguments in (
            ("identify", "0" * 32, "--why", "curious"), ("pseudonym", BEN, "--why", "curious"), ("search",),
            ("export", "--out", "all.zip"),
        ):  # fmt: skip
            assert "reviewers" in place.fails(*arguments, "--key-file", "ana.key", "--server", address)
    for key, server, what in (
        ("empty.key", "https://vouch.x.example", "holds no key"), ("ana.key", "http://vouch.x.example", "https://"),
        ("ana.key", "ftp://x", "no address"), ("ana.key", "http://127.0.0.1:9", "No server answers"),
    ):  # fmt: skip
        assert what in place.fails("search", "--key-file", key, "--server", server)
    assert "--key-file" in place.fails("search", "--server", "https://vouch.x.example")
    assert "--key-file" in place.fails("export", "--server", "https://vouch.x.example", "--out", "all.zip")
    assert not list(place.folder.glob("*.zip"))


def test_on_the_machine_records_that_fit_are_had_without_a_server(
    house: House, answer: dict[str, Any], place: Place
) -> None:
    first = place.said("key", here=True).strip()
    (place.folder / "kept").write_text(place.said("checkpoint", here=True))
    document = answer["sentences"][0]["citations"][0]["document"]["id"]
    asked = ("--document", document, "--kind", "ask.intent", "--since", "2020-01-01", "--csv", "--checkpoint", "kept")
    made = json.loads(place.said("export", *asked, "--out", "folder", "--json", here=True))
    assert (made["scope"], made["records"]) == ("selection", 2)
    records = (place.folder / "folder" / "records.jsonl").read_bytes().splitlines()
    assert {orjson.loads(each)["kind"] for each in records} == {"ask.intent"}
    told = json.loads(place.said("verify", "--export", "folder", "--key", first, "--checkpoint", "kept", "--json"))
    assert (told["ok"], told["records"]) == (True, made["records"])
    proofs = (place.folder / "folder" / "proofs.jsonl").read_bytes().splitlines()
    path = [bytes.fromhex(each) for each in json.loads(proofs[0])["proof"]]
    seq, root = json.loads(records[0])["seq"], bytes.fromhex(told["root"])
    assert merkle.verify_inclusion(merkle.leaf_hash(records[0]), seq - 1, made["size"], path, root)
    for arguments, what in (
        (("--person", ANA), "--key-file"), (("--since", "soon"), "no time"), (("--kind", "gossip"), "Choose of"),
        (("--from", "1", "--kind", "search"), "as well"), (("--source", "nowhere"), "No record fits"),
        (("--document", "two words"), "no id"),
    ):  # fmt: skip
        assert what in place.fails("export", *arguments, "--out", "none", here=True)
    assert not (place.folder / "none").exists()
