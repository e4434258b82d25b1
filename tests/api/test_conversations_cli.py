"""``vouch conversations``: every command, for a person on whose behalf the operator of the machine acts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import client as cli_client
from api.cli import conversations, main
from core.audit import tail
from tests.api.conftest import ANA, BO, LEAVE
from tests.api.terminal import beside
from tests.api.visitors import House, ask
from tests.installation import Installation

BOILER = "What is the boiler code?"


@pytest.fixture(scope="module")
def lodge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    installation = Installation(tmp_path_factory.mktemp("talks"))
    installation.person(ANA, "staff", "hr")
    installation.person(BO, "staff")
    installation.records("rules", [{"id": "r1", "title": "Leave", "text": "Every employee has 27 days of leave."}],
                         allow=["staff"])  # fmt: skip
    installation.records("codes", [{"id": "c1", "title": "Boiler", "text": "The boiler code is 4711."}], allow=["hr"])
    yield House(installation)
    installation.close()


class Terminal:
    """Runs ``vouch conversations`` beside a server."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self._runner = house, beside(house, monkeypatch, "conversations")
        monkeypatch.setattr(conversations.console, "width", 200)

    def run(self, *words: str, acting: str = ANA, code: int = 0) -> str:
        ran = self._runner.invoke(main.app, ["conversations", *words, "--as", acting])
        assert ran.exit_code == code, ran.output
        return ran.output

    def json(self, *words: str, acting: str = ANA) -> Any:
        return json.loads(self.run(*words, "--json", acting=acting))

    def talk(self, question: str = LEAVE) -> str:
        """The id of a conversation of Ana's."""
        return ask(self.house.browser(ANA), question)["conversation_id"]

    def ids(self, *words: str, acting: str = ANA) -> list[str]:
        return [each["id"] for each in self.json(*words, acting=acting)["conversations"]]


@pytest.fixture
def terminal(lodge: House, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(lodge, monkeypatch)


def test_they_are_listed_with_pinned_ones_first_and_only_their_owners(terminal: Terminal) -> None:
    older, newer = terminal.talk(), terminal.talk(BOILER)
    assert terminal.ids("list")[:2] == [newer, older]
    assert "It stands first." in terminal.run("pin", older)
    assert terminal.ids("list")[:2] == [older, newer]
    assert f"{older}  * " in terminal.run("list")
    assert terminal.ids("list", "--limit", "1") == [older]
    assert "It stands in its place again." in terminal.run("pin", older, "--off")
    assert terminal.ids("list")[:2] == [newer, older]
    assert terminal.ids("list", acting=BO) == []


def test_a_list_goes_over_pages(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        terminal.talk()
    whole = terminal.ids("list")
    monkeypatch.setattr(cli_client, "PAGE", 2)
    assert len(whole) >= 3
    assert terminal.ids("list", "--limit", "10000") == whole
    assert terminal.ids("list", "--limit", "3") == whole[:3]


def test_they_are_found_by_what_was_asked_and_by_their_title(terminal: Terminal) -> None:
    leave, boiler = terminal.talk(), terminal.talk(BOILER)
    found = terminal.ids("search", "BOILER")
    assert boiler in found
    assert leave not in found
    assert "It has its new title." in terminal.run("rename", leave, "Holidays in [2026]")
    assert terminal.ids("search", "holidays in [2026]") == [leave]
    assert "Holidays in [2026]" in terminal.run("list")
    assert terminal.ids("search", "holidays", acting=BO) == []
    assert "error" in terminal.run("rename", leave, "  ", code=1)


def test_one_is_shown_with_what_was_answered_and_with_whom_it_is_shared(terminal: Terminal) -> None:
    talk = terminal.talk()
    shown = terminal.run("show", talk)
    assert LEAVE in shown
    assert "27 days" in shown
    made = terminal.json("share", talk, "--with", BO)
    assert (made["person"], made["group"], made["answers"]) == (BO, None, 1)
    assert f"shared with {BO}" in terminal.run("show", talk)
    assert [each["id"] for each in terminal.json("show", talk)["shares"]] == [made["id"]]
    assert "error" in terminal.run("show", talk, acting=BO, code=1)


def test_a_share_is_read_by_its_readers_rights_until_it_is_ended(terminal: Terminal) -> None:
    talk = terminal.talk()
    ask(terminal.house.browser(ANA), BOILER, conversation_id=talk)
    said = terminal.run("share", talk, "--group", "staff")
    assert "2 answers shared with the group staff" in said
    (share,) = (each for each in terminal.json("shared", acting=BO)["shared"] if each["id"] in said)
    assert share["id"] in terminal.run("shared", acting=BO)
    read = terminal.run("shared", share["id"], acting=BO)
    assert "27 days" in read
    assert "(withheld" in read
    assert "4711" not in read
    assert "boiler" not in read.lower()
    assert terminal.json("shared", share["id"], acting=BO)["id"] == share["id"]
    # A share is with somebody else, and nothing of one's own.
    assert share["id"] not in terminal.run("shared")
    assert "It is shared no longer." in terminal.run("share", talk, "--end", share["id"])
    assert "error" in terminal.run("shared", share["id"], acting=BO, code=1)
    assert "error" in terminal.run("share", talk, "--with", "nobody@x.example", code=1)


def test_one_that_is_deleted_is_gone_for_everybody(terminal: Terminal) -> None:
    talk = terminal.talk()
    share = terminal.json("share", talk, "--with", BO)["id"]
    assert "error" in terminal.run("delete", talk, acting=BO, code=1)
    assert "It is gone." in terminal.run("delete", talk)
    assert talk not in terminal.ids("list")
    assert "error" in terminal.run("show", talk, code=1)
    assert "error" in terminal.run("shared", share, acting=BO, code=1)


def test_acting_for_somebody_is_in_the_log_and_needs_somebody_who_is_here(terminal: Terminal) -> None:
    terminal.run("list")
    runtime = terminal.house.runtime
    runtime.sequencer.drain()
    (newest,) = tail(runtime.database, 1)
    ana = terminal.house.installation.principal(ANA).subject
    assert newest["kind"] == "operator.impersonation"
    assert newest["details"] == {"target": ana, "command": "v1.conversations"}
    assert "error" in terminal.run("list", acting="nobody@x.example", code=1)


def test_every_command_says_what_it_does(terminal: Terminal) -> None:
    runner = CliRunner()
    for name in ("list", "search", "show", "rename", "pin", "share", "shared", "delete"):
        shown = runner.invoke(main.app, ["conversations", name, "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0
        assert "--as" in shown.output
        # Whose they are has to be said.
        words = {"list": (), "shared": (), "search": ("x",), "rename": ("x", "y")}.get(name, ("x",))
        assert runner.invoke(main.app, ["conversations", name, *words]).exit_code == 2
