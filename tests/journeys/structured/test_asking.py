"""Forms over HTTP and at the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import client as cli_client
from api.cli.main import app
from tests.api.visitors import House
from tests.journeys.structured.office import (
    ANA,
    QUESTION,
    TASK,
    Office,
    right,
    scripted,
)


def test_over_http_a_form_comes_with_the_citations_of_each_leaf(office: Office) -> None:
    office.destination("tasks")
    scripted(office.author, right)
    client = House(office.here).browser(ANA)
    body = {"question": QUESTION, "schema": TASK, "destination": "tasks"}
    answer = client.post("/v1/ask", json=body).json()
    form = answer["structured"]

    assert form["value"]["days"] == 2
    assert (form["outcome"], form["destination"], form["problem"]) == ("filled", "tasks", None)
    by_path = {leaf["path"]: leaf for leaf in form["leaves"]}
    assert by_path["/days"]["citations"][0]["quote"].endswith("within 2 days.")
    assert by_path["/note"] == {"path": "/note", "value": None, "citations": [], "state": "not_stated"}
    assert client.get(f"/v1/answers/{answer['answer_id']}").json()["structured"] == form
    evidence = client.get(f"/v1/answers/{answer['answer_id']}/evidence/{by_path['/days']['citations'][0]['evidence']}")
    assert evidence.json()["quote"].endswith("within 2 days.")
    with client.stream("POST", "/v1/ask", json=body, headers={"Accept": "text/event-stream"}) as stream:
        events = [line for line in stream.iter_lines() if line.startswith("event:")]
    assert {"event: stage", "event: final"} == set(events)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"schema": {"type": "object", "properties": {"a": {"$ref": "http://x.example/"}}}}, "points outside itself"),
        ({"schema": TASK, "fallback": {"title": 3}}, "does not fit the schema"),
        ({"schema": TASK, "destination": "nowhere"}, "no destination named"),
        ({"destination": "tasks"}, "Only a form can be sent"),
        ({"schema": TASK, "fallback": "guess"}, ""),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_anything_is_searched(
    office: Office, body: dict[str, Any], told: str
) -> None:
    office.author.asked.clear()
    answer = House(office.here).browser(ANA).post("/v1/ask", json={"question": QUESTION, **body})
    assert answer.status_code in (404, 422)
    assert told in answer.json()["detail"]
    assert office.author.asked == []


def test_the_command_prints_the_value_and_what_has_none(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def connected() -> Iterator[cli_client.Client]:
        made = cli_client.Client.__new__(cli_client.Client)
        made._http = House(office.here).operator()  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        yield made

    monkeypatch.setattr("api.cli.questions.connect", connected)
    schema = tmp_path / "task.json"
    schema.write_text(json.dumps(TASK), "utf-8")
    scripted(office.author, right)
    result = CliRunner().invoke(app, ["ask", QUESTION, "--as", ANA, "--schema", str(schema)])

    assert result.exit_code == 0, result.output
    assert '"days": 2' in result.output
    assert "/note: not stated" in result.output
