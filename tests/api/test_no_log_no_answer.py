"""A full disk, a locked database, a killed process: without its record nothing is answered."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, event, select

from answer.tables import AnswerRow
from core.audit import tail
from core.audit.tables import IntentRow
from tests.api.asking_child import ANA, QUESTION
from tests.api.visitors import EVENTS, House
from tests.installation import Installation

REPOSITORY = Path(__file__).parents[2]
SAID = "27 days"


def asked_in_a_child(what: str, directory: Path) -> tuple[int, list[dict[str, Any]]]:
    command = [sys.executable, "-m", "tests.api.asking_child", what, str(directory)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    said = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert said, ran.stderr
    assert (said[0]["status"], SAID in said[0]["text"]) == (200, True)
    return ran.returncode, said[1:]


def records(installation: Installation, kind: str) -> list[dict[str, Any]]:
    installation.runtime.sequencer.drain()
    return [each for each in tail(installation.runtime.database, 500) if each["kind"] == kind]


def test_on_a_full_disk_nothing_is_answered(tmp_path: Path) -> None:
    code, said = asked_in_a_child("full", tmp_path)
    assert code == 0
    assert len(said) == 3
    for each in said:
        assert SAID not in each["text"]
    whole, streamed, searched = said
    assert whole["status"] == searched["status"] == 503
    assert "event: sentence" not in streamed["text"]
    # With room on the disk again everything goes on, and nothing is broken.
    installation = Installation(tmp_path)
    assert installation.ask(QUESTION, ANA).status == "answered"
    installation.close()


@contextmanager
def impatient(engine: Engine) -> Generator[None]:
    """Nobody waits for a lock longer than a moment."""

    def hurry(connection: Any, record: object, proxy: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    event.listen(engine, "checkout", hurry)
    try:
        yield
    finally:
        event.remove(engine, "checkout", hurry)


def test_while_the_database_is_locked_nothing_is_answered(small_house: House) -> None:
    ana = small_house.browser(ANA)
    assert SAID in ana.post("/v1/ask", json={"question": QUESTION}).text
    path = small_house.runtime.settings.data_dir.resolve() / "vouch.db"
    holding = sqlite3.connect(path, isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    try:
        with impatient(small_house.runtime.database.engine):
            whole = ana.post("/v1/ask", json={"question": QUESTION})
            streamed = ana.post("/v1/ask", json={"question": QUESTION}, headers={"Accept": EVENTS})
            searched = ana.post("/v1/search", json={"query": QUESTION})
    finally:
        holding.execute("ROLLBACK")
        holding.close()
    assert whole.status_code >= 500
    assert searched.status_code >= 500
    assert "event: sentence" not in streamed.text
    assert SAID not in whole.text + streamed.text + searched.text


def test_a_killed_process_leaves_an_intent_that_the_next_start_closes_as_unknown(tmp_path: Path) -> None:
    code, said = asked_in_a_child("killed", tmp_path)
    assert (code, said) == (-9, [])
    installation = Installation(tmp_path)
    begun = records(installation, "ask.intent")
    ended = records(installation, "ask.outcome")
    assert len(begun) == 2
    assert [each["outcome"] for each in ended] == ["answered", "unknown"]
    assert ended[1]["details"] == {
        "answer": begun[1]["details"]["answer"], "conversation": begun[1]["details"]["conversation"],
        "status": "unknown", "reason": "unknown", "cited": [], "timings": {},
    }  # fmt: skip
    assert ended[1]["subject"] == begun[1]["subject"]
    with installation.runtime.database.reading() as session:
        # What was never recorded as shown was never kept as shown.
        assert len(session.scalars(select(AnswerRow)).all()) == 1
        assert session.scalars(select(IntentRow)).all() == []
    installation.reopen()
    assert len(records(installation, "ask.outcome")) == 2
    installation.close()


def test_what_is_said_of_a_refusal_says_what_to_do(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError

    ana = small_house.browser(ANA)
    small_house.runtime.sequencer.drain()
    monkeypatch.setattr("core.audit.sequencer.prepare_head", fail)
    small_house.runtime.audit.unfollowed(_any(small_house))
    with pytest.raises(Exception, match="cannot be continued"):
        small_house.runtime.sequencer.drain()
    response = ana.post("/v1/ask", json={"question": QUESTION})
    monkeypatch.undo()
    small_house.runtime.sequencer.drain()
    assert response.status_code == 503
    assert "vouch audit verify" in orjson.loads(response.content)["hint"]


def _any(house: House) -> Any:
    from core.audit import Event

    return Event("sign_out", "", "sign_out", "done", house.runtime.clock())
