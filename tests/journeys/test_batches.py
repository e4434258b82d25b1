"""A file of questions, from the terminal: submitted, looked at, fetched, over HTTP and a provider's batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import batches as commands
from api.cli import client as cli_client
from tests.answer.batching.office import ANA, BO, HOW_LONG, NOTHING, WHO, Office, quoting
from tests.api.visitors import House, assert_problem
from tests.fakes.batch_openai import FakeOpenAIBatches
from tests.fakes.batch_vendor import Fails
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
    http = House(office.installed).operator()

    @contextmanager
    def connect() -> Iterator[Any]:
        made = cli_client.Client.__new__(cli_client.Client)
        made._http = http  # pyright: ignore
        yield made

    monkeypatch.setattr(commands, "connect", connect)

    def run(*arguments: str, acting: str = ANA) -> tuple[int, str]:
        result = CliRunner().invoke(commands.app, [*arguments, "--as", acting])
        return result.exit_code, result.output

    return run


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
    assert bo.get("/v1/batches").json() == {"batches": []}
    for response in (
        bo.get(f"/v1/batches/{made['id']}"),
        bo.post(f"/v1/batches/{made['id']}/fetch"),
        bo.post(f"/v1/batches/{made['id']}/cancel"),
    ):
        assert_problem(response, 404, "not_found")
    assert_problem(ana.post(f"/v1/batches/{made['id']}/fetch"), 409, "conflict")
    assert house.visitor().get("/v1/batches").status_code == 401
