"""The command line as people and scripts use it: real processes on data directories of their own.

One server runs for most tests; the commands find it through the directory. Names and shapes checked here are relied
upon elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

VOUCH = Path(sys.executable).with_name("vouch")
ANA, BO = "ana@x.example", "bo@x.example"
DOCUMENT = {"id", "title", "uri", "source"}
PASSAGE = {"document", "page", "spans", "text", "score", "as_of"}
ANSWER = {
    "answer_id", "conversation_id", "status", "sentences", "sources", "as_of", "model", "timings",
}  # fmt: skip
CITATION = {"document", "version", "page", "spans", "quote", "support"}


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory and the folder around it, in which commands run."""

    folder: Path

    def environment(self, **settings: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("VOUCH_")}
        return (
            own
            | {"VOUCH_DATA_DIR": str(self.folder / "data"), "VOUCH_DEMO__LOAD": "false", "COLUMNS": "200"}
            | settings
        )

    def start(self, *arguments: object, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [VOUCH, *map(str, arguments)], cwd=self.folder, env=self.environment(**settings), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: object, **settings: str) -> Ran:
        """Run to the end, whatever comes of it."""
        with self.start(*arguments, **settings) as process:
            out, err = process.communicate()
        return Ran(process.returncode, out, err)

    def vouch(self, *arguments: object, **settings: str) -> Ran:
        """Run a command that has to succeed."""
        ran = self.run(*arguments, **settings)
        assert ran.code == 0, ran.err + ran.out
        return ran

    def fails(self, *arguments: object, **settings: str) -> str:
        """Run a command that has to fail as an expected error does: what happened, then what to do, and 1."""
        ran = self.run(*arguments, **settings)
        assert (ran.code, ran.out) == (1, "")
        what, hint = ran.err.strip().splitlines()
        assert what.startswith("error ")
        assert hint.startswith("      ")
        return ran.err


@contextmanager
def serving(place: Place) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A server of the place, and where it is once it says so. Ended at the end, whatever happens."""
    with place.start("serve", "--port", "0") as process:
        try:
            assert process.stdout is not None
            told = (re.search(r"Vouch is at (http://\S+)", line) for line in process.stdout)
            address = next((found[1] for found in told if found), None)
            assert address, "the server ended by itself"
            yield process, address
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Served; with Ana of staff and Bo of finance, a folder and some records."""
    made = Place(tmp_path_factory.mktemp("command_line"))
    with serving(made):
        made.vouch("people", "add", ANA, "--groups", "staff", "--role", "employee")
        made.vouch("people", "add", BO, "--groups", "staff,finance", "--role", "employee,connector_owner")
        folder = made.folder / "policies"
        (folder / "hr").mkdir(parents=True)
        (folder / "hr" / "leave.md").write_text("# Leave\n\nEvery employee has 27 days of annual leave.\n")
        (folder / "travel.md").write_text("# Travel\n\nThe hotel cap in Oslo is 190 euros a night.\n")
        (folder / "parking.md").write_text("# Parking\n\nThe car park in Oslo opens at 6 in the morning.\n")
        made.vouch("ingest", folder, "--source", "policies", "--allow", "staff")
        (made.folder / "crm.jsonl").write_text(
            '{"key": "c1", "subject": "Brackwell", "body": "Brackwell buys forty pumps.", "margin": "31 percent"}\n'
            '{"key": "c2", "subject": "Noordveen", "body": "Noordveen buys nine pumps.", "allow": ["legal"]}\n'
        )
        crm = ("ingest", made.folder / "crm.jsonl", "--source", "crm", "--allow", "staff,finance")
        maps = ("--map", "id=key", "--map", "title=subject", "--map", "text=body", "--restrict", "margin=finance")
        made.vouch(*crm, *maps)
        yield made


@pytest.fixture
def other(tmp_path: Path) -> Place:
    """A place where no server runs."""
    return Place(tmp_path)


# Ingesting


def test_a_run_tells_what_became_of_each_file(place: Place) -> None:
    folder = place.folder / "notes"
    folder.mkdir()
    (folder / "one.md").write_text("# One\n\nThe first note.\n")
    (folder / "two.md").write_text("# Two\n\nThe second note.\n")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing of the kind")
    command = ("ingest", folder, "--source", "notes", "--allow", "staff")
    told = place.vouch(*command).out
    header, counts = told.splitlines()[1:3]
    assert header.split() == ["new", "changed", "unchanged", "deleted", "failed"]
    assert counts.split() == ["2", "0", "0", "0", "1"]
    assert re.search(r"broken\.pdf\s+corrupt\s+\w+", told)

    (folder / "one.md").unlink()
    (folder / "two.md").write_text("# Two\n\nThe second note, corrected.\n")
    (folder / "three.md").write_text("# Three\n\nThe third note.\n")
    report = place.vouch(*command, "--json").json
    assert {name: report["counts"][name] for name in ("new", "changed", "unchanged", "deleted", "failed")} == {
        "new": 1, "changed": 1, "unchanged": 0, "deleted": 1, "failed": 1,
    }  # fmt: skip
    assert [failure["uri"] for failure in report["failures"]] == ["broken.pdf"]
    # The source remembers what it was given.
    again = place.vouch("ingest", folder, "--source", "notes", "--json").json["counts"]
    assert (again["new"], again["changed"], again["unchanged"], again["chunks"]) == (0, 0, 2, 0)


def test_records_are_read_under_other_names_and_with_restricted_fields(place: Place) -> None:
    def found(acting: str) -> list[dict[str, Any]]:
        return place.vouch("search", "Brackwell pumps margin", "--as", acting, "--source", "crm", "--json").json[
            "passages"
        ]

    for_ana, for_bo = found(ANA), found(BO)
    assert {passage["document"]["uri"] for passage in for_ana + for_bo} == {"c1"}
    assert for_ana[0]["document"]["title"] == "Brackwell"
    assert "31 percent" not in json.dumps(for_ana)
    assert "31 percent" in json.dumps(for_bo)


# Searching


def test_a_search_gives_passages_in_the_shape_that_is_relied_upon(place: Place) -> None:
    found = place.vouch("search", "annual leave", "--as", ANA, "--limit", "3", "--json").json
    assert found["query"] == "annual leave"
    assert 1 <= len(found["passages"]) <= 3
    for passage in found["passages"]:
        assert set(passage) >= PASSAGE
        assert set(passage["document"]) >= DOCUMENT
        assert all(set(span) == {"start", "end"} and span["start"] < span["end"] for span in passage["spans"])
        assert isinstance(passage["score"], float)
    best = found["passages"][0]
    assert (best["document"]["uri"], best["document"]["source"]) == ("hr/leave.md", "policies")
    assert "27 days" in best["text"]


def test_a_file_of_queries_gives_a_file_of_results_in_its_order(place: Place) -> None:
    queries, out = place.folder / "queries.jsonl", place.folder / "found.jsonl"
    asked = [
        {"_id": "q2", "text": "hotel cap in Oslo"},
        {"_id": 1, "text": "annual leave"},
        {"_id": "q3", "text": "pumps"},
    ]
    queries.write_text("".join(json.dumps(query) + "\n" for query in asked) + "\n")
    place.vouch("search", "--queries", queries, "--out", out, "--as", ANA, "--group", "document", "--limit", "50")
    results = [json.loads(line) for line in out.read_text().splitlines()]
    assert [result["_id"] for result in results] == ["q2", 1, "q3"]
    assert [result["passages"][0]["document"]["uri"] for result in results] == ["travel.md", "hr/leave.md", "c1"]
    for result in results:
        documents = [passage["document"]["id"] for passage in result["passages"]]
        assert len(documents) == len(set(documents))

    place.vouch("ask", "--queries", queries, "--out", out, "--as", ANA)
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert [answer["_id"] for answer in answers] == ["q2", 1, "q3"]
    assert all(set(answer) >= ANSWER for answer in answers)


# Asking


def test_an_answer_has_the_shape_that_is_relied_upon_and_can_be_followed_up(place: Place) -> None:
    first = place.vouch("ask", "How many days of annual leave does an employee have?", "--as", ANA, "--json").json
    assert set(first) >= ANSWER
    assert first["status"] == "answered"
    assert first["as_of"] == first["sources"][0]["as_of"]
    for sentence in first["sentences"]:
        assert set(sentence) >= {"text", "citations"}
        for citation in sentence["citations"]:
            assert set(citation) >= CITATION
            assert set(citation["document"]) >= DOCUMENT
    assert "27 days" in first["sentences"][0]["citations"][0]["quote"]

    conversation = first["conversation_id"]
    second = place.vouch(
        "ask", "And the hotel cap in Oslo?", "--as", ANA, "--conversation", conversation, "--json"
    ).json
    assert second["conversation_id"] == conversation
    assert second["answer_id"] != first["answer_id"]
    error = place.fails("ask", "And now?", "--as", BO, "--conversation", conversation)
    assert "no such conversation" in error


def test_an_answer_is_shown_with_its_marks_and_sources(place: Place) -> None:
    shown = place.vouch("ask", "How many days of annual leave does an employee have?", "--as", ANA).out
    assert re.search(r"27 days of annual leave\. \[1\]", shown)
    assert re.search(r"\[1\] Leave\s+policies / hr/leave\.md\s+as of \d{4}-", shown)
    shown = place.vouch("ask", "Who won the chess tournament of the moon?", "--as", ANA).out
    assert "No answer" in shown


# Documents


def test_documents_are_listed_shown_and_suppressed_for_good(place: Place) -> None:
    listed = place.vouch("documents", "list", "--source", "policies", "--json").json
    assert listed["total"] == 3
    assert {each["uri"] for each in listed["documents"]} == {"hr/leave.md", "travel.md", "parking.md"}
    shown = place.vouch("documents", "show", "hr/leave.md", "--json").json
    assert (shown["state"], shown["source"], shown["chunks"]) == ("ready", "policies", 1)
    assert place.vouch("documents", "show", shown["id"]).out.count(shown["id"]) == 1

    assert "parking.md" in place.vouch("documents", "delete", "parking.md").out
    found = place.vouch("search", "car park in Oslo", "--as", ANA, "--json").json["passages"]
    assert "parking.md" not in {passage["document"]["uri"] for passage in found}
    again = place.vouch("ingest", place.folder / "policies", "--source", "policies", "--json").json["counts"]
    assert (again["new"], again["suppressed"]) == (0, 1)
    assert place.vouch("documents", "show", "parking.md", "--json").json["state"] == "suppressed"


# The log


def test_the_log_is_whole_and_tells_who_acted_for_whom(place: Place) -> None:
    place.vouch("search", "annual leave", "--as", ANA)
    verified = place.vouch("audit", "verify", "--json").json
    assert verified["ok"] is True
    assert verified["records"] > 5
    assert verified["first_broken"] is None
    # That it was verified is a record as well.
    assert f"{verified['records'] + 1} records" in place.vouch("audit", "verify").out
    records = place.vouch("audit", "tail", "--count", "4", "--json").json
    kinds = [record["kind"] for record in records]
    assert kinds == ["operator.impersonation", "search", "audit.verified", "audit.verified"]
    text = json.dumps(records)
    assert ANA not in text
    assert "annual leave" not in text
    # That the end was read is the end now.
    again = place.vouch("audit", "tail", "-n", "5").out
    assert "operator.impersonation" in again
    assert "audit.read" in again


def test_verify_names_the_first_broken_record(other: Place) -> None:
    other.vouch("people", "add", ANA, "--groups", "staff")
    other.vouch("people", "add", BO, "--groups", "staff")
    whole = other.vouch("audit", "verify", "--json").json
    assert (whole["ok"], whole["records"]) == (True, 5)
    with sqlite3.connect(other.folder / "data" / "vouch.db") as database:
        (record,) = database.execute("SELECT record FROM audit_log WHERE seq = 3").fetchone()
        changed = record.replace(b'"people.changed"', b'"people.chanced"')
        assert changed != record
        database.execute("UPDATE audit_log SET record = ? WHERE seq = 3", (changed,))
    database.close()
    ran = other.run("audit", "verify", "--json")
    assert ran.code == 1
    assert (ran.json["ok"], ran.json["records"], ran.json["first_broken"]["seq"]) == (False, 2, 3)
    ran = other.run("audit", "verify")
    assert ran.code == 1
    assert "broken at record 3" in ran.out


# The installation


def test_two_directories_are_two_installations(place: Place, other: Place) -> None:
    assert other.vouch("people", "list", "--json").json == []
    assert {ANA, BO} <= {person["email"] for person in place.vouch("people", "list", "--json").json}
    assert "Nobody here has the address" in other.fails("search", "annual leave", "--as", ANA)


def test_doctor_says_what_it_found(place: Place, other: Place) -> None:
    found = {each["check"]: each for each in place.vouch("doctor", "--json").json}
    assert {each["state"] for each in found.values()} <= {"ok", "note"}
    assert "ready at http://127.0.0.1:" in found["server"]["detail"]
    assert "not running" in other.vouch("doctor").out


def test_the_version_is_told(place: Place) -> None:
    assert re.fullmatch(r"vouch \d+\.\d+\.\d+\n", place.vouch("--version").out)


def test_a_second_server_of_one_directory_is_refused(place: Place) -> None:
    ran = place.run("serve", "--port", "0")
    assert ran.code == 1
    assert "Another Vouch process owns" in ran.err


def test_an_ended_server_leaves_the_directory_to_the_next(other: Place) -> None:
    with serving(other) as (process, address):
        assert httpx.get(f"{address}/readyz", trust_env=False).status_code == 200
        assert (other.folder / "data" / "owner.json").stat().st_mode & 0o077 == 0
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert "closing" in out
    assert not (other.folder / "data" / "owner.json").exists()
    assert other.vouch("audit", "verify", "--json").json["ok"] is True


# Refusals


def test_an_error_says_what_to_do_and_exits_with_1(place: Place) -> None:
    for arguments, what in (
        (("search", "leave", "--as", "nobody@x.example"), "vouch people add"),
        (("search", "--as", ANA), "--queries"),
        (("search", "leave", "--as", ANA, "--group", "page"), "group"),
        (("ingest", place.folder / "nothing", "--source", "new", "--allow", "staff"), "There is nothing at"),
        (("ingest", place.folder / "policies", "--source", "more"), "--allow"),
        (("ingest", place.folder / "crm.jsonl", "--source", "policies"), "another --source"),
        (("ingest", place.folder / "crm.jsonl", "--source", "crm", "--map", "text"), "NAME=VALUE"),
        (("people", "add", "eve@x.example", "--role", "king"), "Unknown role: king"),
        (("documents", "show", "none.md"), "vouch documents list"),
    ):
        assert what in place.fails(*arguments)


def test_a_command_without_its_reader_is_refused(place: Place) -> None:
    ran = place.run("ask", "How many days of leave do I get?")
    assert ran.code == 2
    assert "--as" in ran.err


def test_an_unknown_setting_is_refused_by_its_name(other: Place) -> None:
    assert "prot: is not a setting" in other.fails("people", "list", VOUCH_PROT="8100")
    (other.folder / "vouch.yaml").write_text("ingest:\n  max_file_gb: 3\n")
    assert "ingest.max_file_gb: is not a setting" in other.fails("serve")
    assert not (other.folder / "data").exists()
