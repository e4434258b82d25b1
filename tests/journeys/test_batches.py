"""Batches from the terminal and over HTTP: a file of questions, and one question to each document of a source."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api import company as demo_company
from api.cli import batches as commands
from api.cli import client as cli_client
from api.settings import DemoSettings
from tests.answer.batching.office import ANA, BO, HOW_LONG, NOTHING, WHO, Office, quoting
from tests.api.visitors import House, assert_problem
from tests.fakes.batch_openai import FakeOpenAIBatches
from tests.fakes.batch_vendor import Fails, Says, Told
from tests.fakes.model_vendor import KEY

Vouch = Callable[..., tuple[int, str]]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("MODEL_KEY", KEY)
    with FakeOpenAIBatches() as vendor:
        assert isinstance(vendor, FakeOpenAIBatches)
        made = Office(tmp_path, vendor)
        yield made
        made.close()


@pytest.fixture
def vouch(office: Office, monkeypatch: pytest.MonkeyPatch) -> Vouch:
    monkeypatch.setattr(commands, "connect", _connected(House(office.installed)))

    def run(*arguments: str, acting: str = ANA) -> tuple[int, str]:
        result = CliRunner().invoke(commands.app, [*arguments, "--as", acting])
        return result.exit_code, result.output

    return run


def _connected(house: House) -> Callable[[], AbstractContextManager[Any]]:
    """Instead of ``connect``: straight to the application."""
    http = house.operator()

    @contextmanager
    def connect() -> Generator[Any]:
        made = cli_client.Client.__new__(cli_client.Client)
        made._http = http  # pyright: ignore
        yield made

    return connect


def test_a_file_of_questions_becomes_a_file_of_answers(office: Office, vouch: Vouch, tmp_path: Path) -> None:
    file, out = tmp_path / "questions.jsonl", tmp_path / "answers.jsonl"
    asks = [{"id": "long", "question": HOW_LONG}, {"id": "who", "question": WHO}, {"id": "none", "question": NOTHING}]
    file.write_text("\n".join(json.dumps(each) for each in asks))
    office.vendor.writes = lambda text: Fails() if "approves parental" in text else quoting("16 weeks")(text)

    code, said = vouch("submit", str(file), "--model", "cloud")
    assert (code, "running" in said, "Fetch it later" in said) == (0, True, True), said
    (batch,) = office.desk.batches(office.ana)

    assert vouch("status")[1].count(batch.id) == 1
    assert "the provider did 0 of 2" in vouch("status", batch.id)[1]
    code, said = vouch("fetch", batch.id)
    assert (code, "not done yet" in said) == (1, True)

    office.vendor.done()
    assert "and is done: fetch it" in vouch("status", batch.id)[1]
    code, said = vouch("fetch", batch.id, "--out", str(out))
    assert code == 0, said
    long, who, none = (json.loads(line) for line in out.read_text().splitlines())
    assert (long["id"], long["state"]) == ("long", "answered")
    assert long["answer"]["sentences"][0]["text"] == "Parental leave lasts 16 weeks."
    assert long["answer"]["sentences"][0]["citations"][0]["quote"] == "Parental leave lasts 16 weeks."
    assert (who["state"], who["answer"]) == ("failed", None)
    assert who["why"]
    assert none["answer"]["status"] == "abstained"

    assert json.loads(vouch("fetch", batch.id, "--json")[1])["items"] == [long, who, none]
    assert "Parental leave lasts 16 weeks." in vouch("fetch", batch.id)[1]


def test_plain_lines_are_questions_and_the_same_file_is_the_same_batch(
    office: Office, vouch: Vouch, tmp_path: Path
) -> None:
    file = tmp_path / "questions.txt"
    file.write_text(f"{HOW_LONG}\n\n{WHO}\n")
    assert vouch("submit", str(file), "--tier", "small")[0] == 0
    assert vouch("submit", str(file), "--tier", "small")[0] == 0
    (batch,) = office.desk.batches(office.ana)
    assert [(row.key, row.question) for row in office.rows(batch)] == [("1", HOW_LONG), ("3", WHO)]
    assert len(office.vendor.taken) == 1
    assert vouch("cancel", batch.id)[0] == 0
    assert office.vendor.taken["batch_1"].cancelled


def test_what_cannot_be_done_is_told(office: Office, vouch: Vouch, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "1"}\n')
    assert "line 1" in vouch("submit", str(file), "--model", "cloud")[1]
    file.write_text(json.dumps({"id": "1", "question": HOW_LONG}))
    assert "zero_retention" in vouch("submit", str(file), "--model", "forgetful")[1]
    assert "openai and anthropic" in vouch("submit", str(file), "--model", "elsewhere")[1].replace("\n", " ")
    assert vouch("submit", str(file))[0] == 1
    vouch("submit", str(file), "--model", "cloud")
    (batch,) = office.desk.batches(office.ana)
    assert "no such batch" in vouch("status", batch.id, acting=BO)[1]


def test_a_person_reads_only_their_own_batches_over_http(office: Office) -> None:
    house = House(office.installed)
    ana, bo = house.operator(ANA), house.operator(BO)
    body = {"questions": [{"id": "1", "question": HOW_LONG}], "model": "cloud"}
    made = ana.post("/v1/batches", json=body).json()
    assert ana.post(f"/v1/batches/{made['id']}/send").json()["state"] == "running"
    assert [each["id"] for each in ana.get("/v1/batches").json()["batches"]] == [made["id"]]
    assert bo.get("/v1/batches").json() == {"batches": [], "next": None}
    for response in (
        bo.get(f"/v1/batches/{made['id']}"),
        bo.post(f"/v1/batches/{made['id']}/fetch"),
        bo.post(f"/v1/batches/{made['id']}/cancel"),
    ):
        assert_problem(response, 404, "not_found")
    assert_problem(ana.post(f"/v1/batches/{made['id']}/fetch"), 409, "conflict")
    assert house.visitor().get("/v1/batches").status_code == 401


# One question to each document, over the demo company

JOANNA, FEMKE = "joanna.krasik@averholt.example", "femke.oudhof@averholt.example"


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("MODEL_KEY", KEY)
    with FakeOpenAIBatches() as vendor:
        assert isinstance(vendor, FakeOpenAIBatches)
        vendor.writes = _first_and_a_lie
        made = Office(tmp_path, vendor)
        made.installed.settings = made.installed.settings.model_copy(update={"demo": DemoSettings(load=True)})
        made.installed.reopen()
        demo = demo_company.load()
        with made.installed.runtime.database.writing() as session:
            demo_company.put_people(session, demo, made.installed.runtime.clock())
        made.installed.ingest(demo_company.DOCUMENTS / "sales", "Sales", ["sales", "finance"])
        made.desk = made.opened()
        yield made
        made.close()


def _first_and_a_lie(text: str) -> Told:
    """The longest sentences that it got, each with its mark, and what no document says."""
    lines = [line.partition("] ") for line in text.splitlines() if line[:1] == "[" and line[1:2].isdigit()]
    best = sorted((line for line in lines if line[2].endswith(".")), key=lambda line: -len(line[2]))[:2]
    said = [f"{rest.rstrip('.')} {mark}]." for mark, _, rest in best]
    return Says(" ".join([*said, "It was signed on the moon for 99999 crowns [1]."]))


def test_every_document_of_a_source_becomes_a_row_that_it_carries(
    company: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    house, out = House(company.installed), tmp_path / "rows.jsonl"
    monkeypatch.setattr(commands, "connect", _connected(house))

    def run(*arguments: str, acting: str = JOANNA) -> tuple[int, str]:
        result = CliRunner().invoke(commands.app, [*arguments, "--as", acting])
        return result.exit_code, result.output

    asked = ("submit", "--each-document", "Sales", "--question", "Summarise this document", "--model", "cloud")
    code, said = run(*asked)
    assert (code, "documents of Sales for cloud" in said) == (0, True), said
    batch = json.loads(run("status", "--json")[1])["batches"][0]
    files = [each for each in (demo_company.DOCUMENTS / "sales").iterdir() if not each.name.startswith(".")]
    assert (batch["total"], batch["each_document"]["source"]) == (len(files), "Sales")
    (taken,) = company.vendor.taken.values()
    assert len(taken.requests) == batch["counts"]["sent"]

    company.vendor.done()
    code, said = run("fetch", batch["id"], "--out", str(out))
    assert code == 0, said
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == len(files)
    held = 0
    for row in rows:
        document = row["document"]
        assert document["id"] == row["id"]
        assert document["title"]
        sentences: list[Any] = row["answer"]["sentences"] if row["answer"] else []
        for sentence in sentences:
            held += 1
            assert {citation["document"]["id"] for citation in sentence["citations"]} == {row["id"]}
        if row["state"] == "answered":
            assert "99999" not in json.dumps(row["answer"]["sentences"])
            assert any("99999" in str(each["text"]) for each in row["dropped"]), row["dropped"]
        else:
            assert row["why"]
    assert held >= len(files)
    assert "99999" in run("fetch", batch["id"])[1]

    # Who may read nothing of it is told no more than of a source that is not there.
    assert "There is no source Sales with documents" in run(*asked, acting=FEMKE)[1].replace("\n", " ")
    # What is revoked is gone from every row that is fetched from then on.
    company.installed.person(JOANNA, roles=("employee",))
    revoked = json.loads(run("fetch", batch["id"], "--json")[1])["items"]
    assert {(row["document"], row["answer"], bool(row["dropped"])) for row in revoked} == {(None, None, False)}
    assert all("may not read" in row["why"] for row in revoked if row["state"] == "answered")


def test_over_http_a_form_is_filled_in_of_each_document(office: Office) -> None:
    ana = House(office.installed).operator(ANA)
    schema = {
        "type": "object",
        "properties": {"weeks": {"type": "integer", "description": "Weeks parental leave lasts"}},
    }
    each = {"source": "handbook", "question": "What does it say of leave?", "schema": schema}
    office.vendor.writes = lambda text: Says(json.dumps({"weeks": {"value": 16, "sources": [1]}}))
    made = ana.post("/v1/batches", json={"each_document": each, "model": "cloud"}).json()
    assert (made["total"], made["each_document"]["question"]) == (1, each["question"])
    ana.post(f"/v1/batches/{made['id']}/send")
    office.vendor.done()
    (row,) = ana.post(f"/v1/batches/{made['id']}/fetch").json()["items"]
    assert row["answer"]["structured"]["value"] == {"weeks": 16}
    (leaf,) = row["answer"]["structured"]["leaves"]
    assert leaf["citations"][0]["quote"] == "Parental leave lasts 16 weeks."
    both = {"each_document": each, "questions": [{"id": "1", "question": HOW_LONG}], "model": "cloud"}
    assert_problem(ana.post("/v1/batches", json=both), 422, "invalid")
    assert_problem(ana.post("/v1/batches", json={"model": "cloud"}), 422, "invalid")


def test_how_documents_are_asked_is_told(vouch: Vouch, tmp_path: Path) -> None:
    file = tmp_path / "questions.txt"
    file.write_text(HOW_LONG)
    assert "Nothing is asked" in vouch("submit", "--each-document", "handbook", "--model", "cloud")[1]
    assert "--each-document" in vouch("submit", "--model", "cloud")[1]
    assert "two batches" in vouch("submit", str(file), "--each-document", "handbook", "--model", "cloud")[1]
    assert "--each-document" in vouch("submit", str(file), "--question", "Why?", "--model", "cloud")[1]
    said = " ".join(vouch("submit", "--help")[1].replace("│", " ").split())
    assert all(part in said for part in ("--each-document", "--schema", "Summarise this document"))
