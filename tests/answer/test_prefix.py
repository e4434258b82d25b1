"""What a provider may keep of a prompt: everything up to the question is the same bytes for another question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import leaving
from evals.spy import Request, Spy
from tests.installation import Installation

ANA = "ana@company.example"
TEXT = (
    "Anna Meyer approves parental leave. Parental leave lasts 16 weeks. It is paid in full for the first 12 weeks. "
    "Ben Ali keeps the list of requests. Requests are made at least 8 weeks before the leave begins."
)
QUESTIONS = ("How many weeks does parental leave last?", "When are requests for parental leave made?")


@pytest.fixture(params=["spy-small", "spy-large"])
def asked(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Request]]:
    """Two questions in one conversation, over the same evidence."""
    monkeypatch.setenv(leaving.KEY, "sk-spy-0123456789")
    with Spy() as spy:
        wanted = leaving.settings(tmp_path, spy.url, only=request.param)
        made = Installation(tmp_path, models=wanted.models, egress=wanted.egress, answer=wanted.answer)
        made.person(ANA)
        made.records("handbook", [{"id": "leave", "title": "Leave", "text": TEXT}])
        first = made.ask(QUESTIONS[0], ANA)
        made.ask(QUESTIONS[1], ANA, first.conversation_id)
        made.close()
        yield spy.requests


def test_two_questions_over_the_same_evidence_begin_with_the_same_bytes(asked: list[Request]) -> None:
    first, second = (request.raw.partition(b"\r\n\r\n")[2] for request in asked)
    questions = [question.encode() for question in QUESTIONS]
    assert questions[0] in first
    assert first.replace(questions[0], questions[1]) == second
    kept = [json.dumps(_before_the_question(json.loads(body))) for body in (first, second)]
    assert kept[0] == kept[1]
    assert "[PERSON_" in kept[0]


def test_nothing_after_the_question_is_marked_to_be_kept(asked: list[Request]) -> None:
    for request in asked:
        last = request.body["messages"][-1]["content"]
        assert isinstance(last, str) or "cache_control" not in last[-1]


def _before_the_question(body: Any) -> Any:
    """Instructions and evidence, in the order in which a model reads them."""
    last = body["messages"][-1]["content"]
    before = last.rpartition("</passages>")[:2] if isinstance(last, str) else last[:-1]
    return [body.get("system"), body["messages"][:-1], before]
