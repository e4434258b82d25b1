"""Who checks on the log: by HTTP, and by the command line with nothing but an export."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from api.doctor import _witnesses  # pyright: ignore[reportPrivateUsage]
from api.settings import AuditSettings, DemoSettings, Settings
from core.audit import merkle, tail
from core.audit.checkpoints import open_checkpoint, read
from core.audit.notes import read_key
from core.audit.reading import split_notes
from tests.api.visitors import House, assert_problem
from tests.core.audit.installation import Installation as Log
from tests.installation import Installation

REPOSITORY = Path(__file__).parents[2]
REVIEWER = "rita@x.example"


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory = tmp_path_factory.mktemp("reviewed")
    installation = Installation(directory, audit=AuditSettings(file=directory / "witness"))
    installation.person(REVIEWER, roles=("employee", "reviewer"))
    installation.person("ana@x.example")
    yield House(installation)
    installation.close()


@pytest.fixture(scope="module")
def reviewer(reviewed: House) -> TestClient:
    return reviewed.browser(REVIEWER)


def proof_of(told: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(each) for each in told["proof"]]


def test_the_checkpoint_the_key_and_a_proof_fit_together(reviewed: House, reviewer: TestClient) -> None:
    reviewed.runtime.sequencer.drain()
    told = reviewer.get("/v1/audit/checkpoint").json()
    trusted = read_key(reviewer.get("/v1/audit/key").json()["key"])
    checkpoint = open_checkpoint(told["note"].encode(), [trusted])[0]
    assert (checkpoint.size, checkpoint.root.hex()) == (told["size"], told["root"])
    records = reviewer.get("/v1/audit/records", params={"limit": 2}).json()
    assert [each["seq"] for each in records["records"]] == [1, 2]
    for each in records["records"]:
        shown = reviewer.get(f"/v1/audit/records/{each['seq']}/proof").json()
        leaf = merkle.leaf_hash(each["record"].encode())
        assert leaf.hex() == each["hash"] == shown["leaf"]
        root = open_checkpoint(shown["checkpoint"].encode(), [trusted])[0].root
        assert merkle.verify_inclusion(leaf, each["seq"] - 1, shown["size"], proof_of(shown), root)


def test_an_earlier_checkpoint_is_shown_to_be_consistent(reviewed: House, reviewer: TestClient) -> None:
    reviewed.runtime.sequencer.drain()
    first = reviewer.get("/v1/audit/checkpoint").json()
    reviewer.get("/v1/audit/records")
    reviewed.runtime.sequencer.drain()
    second = reviewer.get("/v1/audit/checkpoint").json()
    assert second["size"] > first["size"]
    told = reviewer.get("/v1/audit/consistency", params={"first": first["size"], "second": second["size"]}).json()
    roots = [bytes.fromhex(each["root"]) for each in (first, second)]
    assert merkle.verify_consistency(first["size"], second["size"], roots[0], roots[1], proof_of(told))


def test_all_records_can_be_read_in_pages_and_reading_is_recorded(reviewed: House, reviewer: TestClient) -> None:
    reviewed.runtime.sequencer.drain()
    size = reviewer.get("/v1/audit/checkpoint").json()["size"]
    seen: list[int] = []
    after: int | None = 0
    while after is not None and len(seen) < size:
        page = reviewer.get("/v1/audit/records", params={"after": after, "limit": 3}).json()
        seen += [each["seq"] for each in page["records"]]
        after = page["next"]
    assert seen[:size] == list(range(1, size + 1))
    reviewed.runtime.sequencer.drain()
    last = reviewer.get("/v1/audit/records", params={"after": size}).json()["records"]
    assert {each["event"]["kind"] for each in last} == {"audit.read"}
    assert last[0]["event"]["details"]["first"] == 1
    assert reviewer.get("/v1/audit/records", params={"after": 10**30}).json()["records"] == []


def lines(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def test_a_verification_tells_its_progress_and_is_recorded(reviewed: House, reviewer: TestClient) -> None:
    kept = reviewer.get("/v1/audit/checkpoint").json()["note"]
    told = lines(reviewer.post("/v1/audit/verify", json={"checkpoints": [kept]}))
    assert told[-1]["event"] == "report"
    assert told[-1]["ok"] is True
    assert [each["event"] for each in told[:-1]] == ["progress"] * (len(told) - 1)
    assert told[-2]["done"] == told[-2]["total"] == told[-1]["records"]
    reviewed.runtime.sequencer.drain()
    event = reviewer.get("/v1/audit/records", params={"after": told[-1]["records"]}).json()["records"][0]["event"]
    assert event["kind"] == "audit.verified"
    assert (event["details"]["ok"], event["details"]["kept"]) == (True, 1)
    stranger = kept.replace("vouch-audit/", "vouch-audit/0")
    assert lines(reviewer.post("/v1/audit/verify", json={"checkpoints": [stranger]}))[-1]["ok"] is False


def test_only_reviewers_read_and_nobody_unknown_learns_anything(reviewed: House) -> None:
    ana = reviewed.browser("ana@x.example")
    assert ana.get("/v1/audit/checkpoint").status_code == 200
    assert ana.get("/v1/audit/key").status_code == 200
    for call in (ana.get("/v1/audit/records"), ana.get("/v1/audit/records/1/proof"), ana.post("/v1/audit/verify")):
        assert call.status_code == 403
    for path in ("checkpoint", "key", "records", "records/1/proof", "consistency?first=1&second=1"):
        assert reviewed.visitor().get(f"/v1/audit/{path}").status_code == 401


def test_who_stands_behind_a_pseudonym_is_told_to_reviewers_only_and_is_a_record(
    reviewed: House, reviewer: TestClient
) -> None:
    ana = reviewed.runtime.audit.subject(reviewed.installation.principal("ana@x.example").person_id)
    asked = {"subject": ana, "why": "Complaint 12 of the works council"}
    told = reviewer.post("/v1/audit/identify", json=asked).json()
    assert (told["subject"], told["email"]) == (ana, "ana@x.example")
    for other in (reviewed.operator(), reviewed.operator(REVIEWER), reviewed.browser("ana@x.example")):
        assert other.post("/v1/audit/identify", json=asked).status_code in (401, 403)
    unknown = reviewer.post("/v1/audit/identify", json={**asked, "subject": "0" * 32})
    assert_problem(unknown, 404, "not_found")
    assert_problem(reviewer.post("/v1/audit/identify", json={"subject": ana, "why": ""}), 422, "invalid")
    reviewed.runtime.sequencer.drain()
    looked = [each for each in tail(reviewed.runtime.database, 9) if each["kind"] == "audit.identified"]
    assert [each["details"]["found"] for each in looked] == [True, False]
    assert "works council" not in json.dumps(looked)


def test_what_is_not_there_is_said_so(reviewer: TestClient) -> None:
    assert_problem(reviewer.get(f"/v1/audit/records/{10**30}/proof"), 404, "not_found")
    assert_problem(reviewer.get("/v1/audit/records/0/proof"), 404, "not_found")
    assert reviewer.get("/v1/audit/consistency", params={"first": 2, "second": 1}).status_code == 422
    assert reviewer.get("/v1/audit/consistency", params={"first": 1, "second": 10**30}).status_code == 422


def test_the_state_of_witnesses_is_told(reviewed: House, reviewer: TestClient) -> None:
    reviewed.runtime.sequencer.drain()
    reviewed.runtime.witnesses.stop()
    (state,) = reviewer.get("/v1/audit/checkpoint").json()["witnesses"]
    assert (state["name"], state["behind"], state["failure"]) == ("file", 0, None)
    settings = reviewed.runtime.settings
    (finding,) = _witnesses(settings.data_dir.resolve(), settings)
    assert (finding.check, finding.state) == ("witness: file", "ok")
    notes = split_notes(Path(settings.audit.file or "").read_bytes())
    assert read(notes[-1])[0].size == state["size"]


def test_a_witness_that_fails_is_told_by_the_doctor(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "data", demo=DemoSettings(load=False), audit=AuditSettings(file=tmp_path / "no" / "file")
    )
    installation = Installation(tmp_path, audit=settings.audit)
    installation.runtime.sequencer.drain()
    installation.runtime.witnesses.stop()
    (finding,) = _witnesses(tmp_path / "data", settings)
    assert finding.state == "wrong"
    assert "behind since" in finding.detail
    installation.close()


# The command line


@dataclass(frozen=True)
class Place:
    log: Log
    folder: Path

    def vouch(self, *arguments: str | Path, elsewhere: bool = False) -> subprocess.CompletedProcess[str]:
        """``elsewhere``: on a machine with nothing but what is named."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VOUCH_")}
        environment |= {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        environment["VOUCH_DATA_DIR"] = str(empty / "none" if elsewhere else self.folder / "data")
        command = [sys.executable, "-m", "api.cli.main", "audit", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=empty, env=environment, check=False)

    def said(self, *arguments: str | Path) -> str:
        ran = self.vouch(*arguments)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    (folder / "data").mkdir()
    log = Log.open(folder / "data")
    log.write(4, 3)
    yield Place(log, folder)
    log.close()


def test_a_person_with_only_the_export_the_key_and_a_checkpoint_can_tell(place: Place) -> None:
    key, kept = place.said("key").strip(), place.folder / "kept"
    kept.write_text(place.said("checkpoint"))
    place.said("rotate")
    place.log.write(2)
    for out in (place.folder / "export", place.folder / "export.zip"):
        place.said("export", "--out", out)
        ran = place.vouch("verify", "--export", out, "--key", key, "--checkpoint", kept, "--json", elsewhere=True)
        assert ran.returncode == 0, ran.stderr + ran.stdout
        assert json.loads(ran.stdout)["ok"] is True
        assert len(json.loads(ran.stdout)["keys"]) == 2

    records = place.folder / "export" / "records.jsonl"
    whole = records.read_bytes()
    records.write_bytes(whole.replace(b'"done"', b'"dome"', 1))
    ran = place.vouch("verify", "--export", records.parent, "--key", key, elsewhere=True)
    assert ran.returncode == 1
    assert "broken at record 1" in ran.stdout
    records.write_bytes(whole)

    (place.folder / "key").write_text(f"{key}\n")
    later = place.folder / "later"
    place.log.write(1)
    later.write_text(place.said("checkpoint"))
    arguments = ("verify", "--export", place.folder / "export.zip", "--key", place.folder / "key", "--checkpoint")
    ran = place.vouch(*arguments, later, "--json", elsewhere=True)
    assert ran.returncode == 1
    assert "is missing" in json.loads(ran.stdout)["first_broken"]["reason"]


def test_verifying_and_exporting_are_events_themselves(place: Place) -> None:
    assert json.loads(place.said("verify", "--json"))["ok"] is True
    made = json.loads(place.said("export", "--out", place.folder / "part", "--from", "2", "--to", "3", "--json"))
    assert (made["records"], made["complete"]) == (2, False)
    place.log.sequencer.drain()
    kinds = [orjson.loads(row.record)["kind"] for row in place.log.rows()][-2:]
    assert kinds == ["audit.verified", "audit.exported"]
    assert "2 records" in place.vouch(
        "verify", "--export", place.folder / "part", "--key", place.said("key").strip(), elsewhere=True
    ).stdout  # fmt: skip


def test_a_proof_can_be_had_without_a_server(place: Place) -> None:
    kept = place.folder / "before"
    kept.write_text(place.said("checkpoint"))
    place.log.write(3)
    told = json.loads(place.said("proof", "2", "--since", kept))
    root = bytes.fromhex(told["root"])
    assert merkle.verify_inclusion(bytes.fromhex(told["leaf"]), 1, told["size"], proof_of(told), root)
    earlier = read(kept.read_bytes())[0]
    between = told["consistency"]
    assert merkle.verify_consistency(earlier.size, told["size"], earlier.root, root, proof_of(between))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("verify", "--export", "none"), "--key"),
        (("verify", "--export", "none", "--key", "none"), "no export"),
        (("verify", "--export", ".", "--key", "none"), "cannot be read"),
        (("verify", "--key", "x+y+z"), "--export"),
        (("verify",), "no installation"),
        (("checkpoint",), "no installation"),
    ],
)
def test_what_is_missing_is_named(place: Place, arguments: tuple[str, ...], what: str) -> None:
    ran = place.vouch(*arguments, elsewhere=True)
    assert ran.returncode == 1
    assert what in ran.stderr
    assert "Traceback" not in ran.stderr
