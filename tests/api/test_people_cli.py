"""What the terminal shows of people and documents as it is written, never as its own marks; and holds on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import documents, main, people
from core.people import put
from tests.api.terminal import beside
from tests.api.visitors import House


@pytest.fixture
def command(small_house: House, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(people.console, "width", 200)
    return beside(small_house, monkeypatch, "people", "documents", "reviewer")


def test_a_name_with_brackets_is_listed(small_house: House, command: CliRunner) -> None:
    runtime = small_house.runtime
    with runtime.database.writing() as session:
        put(session, "bo@x.example", groups=(), roles=("employee",), now=runtime.clock(), name="Bo [/on leave]")
    ran = command.invoke(main.app, ["people", "list"])
    assert ran.exit_code == 0, ran.output
    assert "Bo [/on leave]" in ran.stdout


def test_an_address_with_brackets_is_listed(small_house: House, command: CliRunner) -> None:
    assert documents.console is people.console
    small_house.installation.records("odd", [{"id": "a[/b]", "title": "Odd", "text": "Pumps are green."}])
    ran = command.invoke(main.app, ["documents", "list", "--source", "odd"])
    assert ran.exit_code == 0, ran.output
    assert "a[/b]" in ran.stdout


def test_what_was_asked_for_is_told_with_the_error(command: CliRunner) -> None:
    ran = command.invoke(main.app, ["documents", "show", "[/gone]"])
    assert ran.exit_code == 1
    assert "There is no document '[/gone]'." in ran.stderr


def test_a_file_without_a_key_is_refused(command: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "ruth.key"
    file.write_text("sch\u00f6n\n")
    ran = command.invoke(main.app, ["hold", "list", "--key-file", str(file)])
    assert ran.exit_code == 1
    assert "holds no key" in ran.stderr


def test_a_hold_is_placed_shown_and_lifted(small_house: House, command: CliRunner, tmp_path: Path) -> None:
    small_house.installation.person("ruth@x.example", roles=("employee", "reviewer"))
    file = tmp_path / "ruth.key"
    file.write_text(small_house.key("ruth@x.example"))

    def run(*words: str) -> str:
        ran = command.invoke(main.app, ["hold", *words, "--key-file", str(file), "--json"])
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    made = json.loads(run("place", "source", "rules", "--why", "Case 14"))
    assert [each["id"] for each in json.loads(run("list"))] == [made["id"]]
    assert json.loads(run("lift", made["id"], "--why", "Closed"))["lifted_why"] == "Closed"
    assert json.loads(run("list")) == []
