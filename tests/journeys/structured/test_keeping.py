"""What is kept of a form, and who reads it later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from answer import repository as answers
from answer.answers import Answer
from answer.structured.filling import wanted_of
from answer.tables import AnswerRow
from core.audit import Event
from core.egress import EgressSettings
from tests.answer.test_asking_models import Author, number
from tests.api.visitors import House
from tests.fakes.model_vendor import KEY
from tests.installation import Installation
from tests.journeys.structured.office import (
    ANA,
    BEN,
    LAPTOPS,
    QUESTION,
    Office,
    leaf,
    right,
    scripted,
)


def test_the_trail_tells_what_was_not_shown_and_why(office: Office) -> None:
    def invented(text: str) -> dict[str, Any]:
        return {**right(text), "days": leaf(5, number(text, "2 days"))}

    answer = office.ask(invented)
    trail = House(office.here).browser(ANA).get(f"/v1/answers/{answer.id}/trail").json()

    assert [attempt["ended"] for attempt in trail["attempts"]] == ["invalid", "declined"]
    (dropped,) = trail["attempts"][0]["dropped"]
    assert dropped["text"] == "days: 5"
    assert "number" in dropped["against"]


def test_a_leaf_is_withheld_once_what_carries_it_may_not_be_read_any_more(office: Office) -> None:
    answer = office.ask(right)
    office.here.person(ANA, "board")
    later = office.reread(answer)
    office.here.person(ANA, "board", "it")

    assert later.structured is not None
    assert [(leaf.value, leaf.state) for leaf in later.structured.leaves[:3]] == [(None, "withheld")] * 3
    assert later.structured.value == {"type": "task", "title": None, "days": None, "approver": None}
    again = office.reread(answer)
    assert again.structured is not None
    assert again.structured.value["approver"] == "Anna Meyer"


def test_a_leaf_whose_value_is_gone_is_withheld_and_never_a_pseudonym(office: Office) -> None:
    answer = office.ask(right)
    with office.here.runtime.database.writing() as session:
        answers.erase_vault(session, [answer.conversation_id], [])
    later = office.reread(answer)

    assert later.structured is not None
    assert {leaf.path: leaf.state for leaf in later.structured.leaves} == {
        "/title": "verified", "/days": "verified", "/approver": "withheld", "/note": "not_stated",
    }  # fmt: skip
    assert later.structured.value["approver"] is None


def test_no_sentence_and_no_value_of_it_is_in_the_log(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Event] = []
    audit = office.here.runtime.audit
    append, enlist = audit.append, audit.enlist
    monkeypatch.setattr(audit, "append", lambda event: (events.append(event), append(event))[1])
    monkeypatch.setattr(audit, "enlist", lambda session, event: (events.append(event), enlist(session, event))[1])
    office.destination("tasks")
    office.ask(right, destination="tasks")

    kinds = [event.kind for event in events]
    for kind in ("ask.intent", "redaction.done", "model.intent", "model.outcome", "ask.outcome"):
        assert kind in kinds
    assert "Meyer" not in str(events)
    assert kinds.count("redaction.restored") == 2


def test_what_a_model_saw_raw_is_kept_without_values_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_KEY", KEY)
    schema = {
        "type": "object",
        "required": ["approver", "cost"],
        "properties": {
            "approver": {"type": "string"},
            "cost": {"type": "integer", "description": "What the replacement costs, in EUR"},
        },
    }

    def fills(text: str) -> dict[str, Any]:
        approver = leaf("Anna Meyer", number(text, "approves a replacement"))
        return {"approver": approver, "cost": leaf(900, number(text, "900 EUR"))}

    with Author() as author:
        assert isinstance(author, Author)
        inside = author.entry(name="inside", tier="on_premise", model="m-2026-01-01", place="on_premise")
        egress = EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",))
        here = Installation(tmp_path, models=(inside,), egress=egress)
        scripted(author, fills)
        person = here.person(BEN, "all")
        here.records("it", [{"id": "laptops", "title": "Laptops", "text": LAPTOPS}])
        happenings = here.runtime.asker.ask(QUESTION, person, wanted=wanted_of(schema, "nulls"))
        answer = next(each for each in happenings if isinstance(each, Answer))
        with here.runtime.database.reading() as session:
            row = session.get_one(AnswerRow, answer.id)
            kept = f"{row.claims} {row.structured} {row.tried}"
        here.close()
        sent = author.sent

    assert "Anna Meyer" in sent
    assert "Meyer" not in kept
    assert answer.structured is not None
    assert answer.structured.value == {"approver": "Anna Meyer", "cost": 900}
