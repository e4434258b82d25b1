"""``vouch review search``, ``trail``, ``replay`` and ``compare``, with the key of a reviewer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli import main, review
from tests.api.terminal import beside
from tests.api.visitors import House
from tests.installation import Installation

BO, RUTH = "bo@x.example", "ruth@x.example"
PARKING = "The car park in Oslo opens at 6 in the morning."


@pytest.fixture(scope="module")
def lodge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = Installation(tmp_path_factory.mktemp("review"))
    made.person(BO, "staff")
    made.person(RUTH, roles=["employee", "reviewer"])
    made.records("rules", [{"id": "r1", "title": "Parking", "text": PARKING}], allow=["staff"])
    yield House(made)
    made.close()


@pytest.fixture(scope="module")
def answer(lodge: House) -> str:
    made = lodge.installation.ask("When does the car park in Oslo open?", BO)
    changed = PARKING.replace("at 6", "at 7")
    lodge.installation.records("rules", [{"id": "r1", "title": "Parking", "text": changed}], allow=["staff"])
    return made.id


class Terminal:
    def __init__(self, house: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self.folder = house, folder
        self._runner = beside(house, monkeypatch, "reviewer")
        monkeypatch.setattr(review.console, "width", 200)

    def run(self, *words: str, email: str = RUTH, code: int = 0) -> str:
        key = self.folder / "key"
        key.write_text(self.house.key(email))
        ran = self._runner.invoke(main.app, ["review", *words, "--key-file", str(key)])
        assert ran.exit_code == code, ran.output
        return ran.output


@pytest.fixture
def terminal(lodge: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(lodge, tmp_path, monkeypatch)


def test_answers_are_found_by_what_they_rest_on(terminal: Terminal, answer: str) -> None:
    found = json.loads(terminal.run("search", "--source", "rules", "--json"))
    assert [each["id"] for each in found] == [answer]
    assert "When does the car park" in terminal.run("search", "--person", BO, "--why", "case 17")
    assert "car park" not in terminal.run("search", "--outcome", "refused")
    terminal.run("search", "--person", BO, code=1)


def test_a_trail_is_shown_with_its_evidence_and_its_records(terminal: Terminal, answer: str) -> None:
    shown = terminal.run("trail", answer)
    assert PARKING in shown
    assert "ask.outcome" in shown
    assert json.loads(terminal.run("trail", answer, "--json"))["answer_id"] == answer


def test_a_replay_says_whether_the_log_agrees_and_who_could_see_it(terminal: Terminal, answer: str) -> None:
    shown = terminal.run("replay", answer)
    assert "matches" in shown
    assert "grants of then: same" in shown
    assert "stands word for word" in shown


def test_a_comparison_marks_what_changed(terminal: Terminal, answer: str) -> None:
    shown = terminal.run("compare", answer, "--live")
    assert "1 of 1 citations do not stand any more." in shown
    assert shown.count("opens at [-6-]{+7+} in the morning.") == 2
    assert "source: changed" in shown


def test_whoever_is_no_reviewer_is_told_so(terminal: Terminal, answer: str) -> None:
    for command in ("trail", "replay", "compare"):
        assert "Only reviewers may" in terminal.run(command, answer, email=BO, code=1)
    assert "There is no such answer" in terminal.run("trail", "no-such", code=1)
