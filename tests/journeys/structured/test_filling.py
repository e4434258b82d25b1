"""What a form holds: what the evidence states, cited and verified, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from answer.answers import Answer
from answer.models.entry import ModelEntry
from answer.structured.filling import wanted_of
from core.egress import EgressSettings
from tests.answer.test_asking_models import number
from tests.fakes.model_vendor import KEY, Script
from tests.installation import Installation
from tests.journeys.structured.office import (
    ANA,
    BEN,
    LAPTOPS,
    QUESTION,
    TASK,
    Office,
    leaf,
    right,
)
from tests.servers import llama


def test_a_question_becomes_a_task_with_every_field_cited(office: Office) -> None:
    office.destination("tasks")
    answer = office.ask(right, destination="tasks")
    office.send()

    assert answer.structured is not None
    assert answer.structured.value == {
        "type": "task",
        "title": "A broken laptop is replaced by the service desk",
        "days": 2,
        "approver": "Anna Meyer",
    }
    assert answer.status == "answered"
    states = {each.path: (each.state, [c.citation.quote for c in each.citations]) for each in answer.structured.leaves}
    assert states["/days"] == ("verified", ["A broken laptop is replaced by the service desk within 2 days."])
    assert states["/approver"] == ("verified", ["Anna Meyer of IT approves a replacement."])
    assert states["/note"] == ("not_stated", [])
    assert "Meyer" not in office.author.sent
    (row,) = office.desk.rows
    assert row["short_description"] == "A broken laptop is replaced by the service desk"
    assert row["description"] == "Within 2 days; Anna Meyer approves"
    assert row["correlation_id"] == answer.structured.delivery
    assert ("tasks", "sent") in office.deliveries()


def test_an_invention_is_asked_for_once_more_and_then_the_fallback_holds(office: Office) -> None:
    def invented(text: str) -> dict[str, Any]:
        return {**right(text), "days": leaf(5, number(text, "2 days"))}

    mended = office.ask(invented, right)
    assert len(office.author.asked) == 2
    refused = office.ask(invented)
    assert len(office.author.asked) == 2
    nulls = office.ask(invented, fallback="nulls")
    other = {"type": "task", "title": "Ask the service desk", "days": 0, "approver": "unknown"}
    literal = office.ask(invented, fallback=other)

    assert [each.structured and each.structured.outcome for each in (mended, refused, nulls, literal)] == [
        "filled", "refused", "nulls", "literal",
    ]  # fmt: skip
    assert mended.structured is not None
    assert mended.structured.value["days"] == 2
    assert (refused.status, refused.sentences) == ("refused", ())
    assert refused.reason is not None
    assert "/days" in refused.reason
    assert nulls.structured is not None
    assert (nulls.structured.value["days"], nulls.structured.value["approver"]) == (None, "Anna Meyer")
    assert literal.structured is not None
    assert literal.structured.value == other


def test_a_reply_that_is_no_json_is_nothing(office: Office) -> None:
    office.author.writes = lambda model, text: Script(("Sure, here you go: [1, 2",))
    office.author.asked.clear()
    asker = office.here.principal(ANA).person_id
    happenings = office.here.runtime.asker.ask(QUESTION, asker, wanted=wanted_of(TASK))
    answer = next(each for each in happenings if isinstance(each, Answer))

    assert len(office.author.asked) == 2
    assert answer.status == "refused"


def test_the_words_of_a_schema_leave_as_pseudonyms_and_a_choice_comes_back_as_it_was(office: Office) -> None:
    schema = {
        "type": "object",
        "required": ["approver"],
        "properties": {"approver": {"enum": ["Anna Meyer", "Ben Okafor"], "description": "Approves a replacement"}},
    }

    def chosen(text: str) -> dict[str, Any]:
        line = next(line for line in text.splitlines() if "approves a replacement" in line)
        return {"approver": leaf(line.partition(" ")[2].split(" of ")[0], line.partition(" ")[0])}

    answer = office.ask(chosen, schema=schema, question="Who approves a replacement of a broken laptop?")

    sent = str([asked.json() for asked in office.author.asked])
    assert "Meyer" not in sent
    assert "Okafor" not in sent
    assert answer.structured is not None
    assert answer.structured.value == {"approver": "Anna Meyer"}


def test_lists_hold_what_was_found_and_nothing_else(office: Office) -> None:
    step = {"type": "object", "required": ["what"], "properties": {"what": {"type": "string"}}}
    schema = {
        "type": "object",
        "required": ["steps"],
        "properties": {"steps": {"type": "array", "minItems": 1, "items": step}},
    }

    def listed(text: str) -> dict[str, Any]:
        good = leaf("Replaced by the service desk within 2 days", number(text, "2 days"))
        return {"steps": [{"what": leaf("Painted green by goblins", "[1]")}, {"what": good}, "nonsense"]}

    answer = office.ask(listed, schema=schema)

    assert answer.structured is not None
    assert answer.structured.value == {"steps": [{"what": "Replaced by the service desk within 2 days"}]}
    assert [each.path for each in answer.structured.leaves] == ["/steps/0/what"]


def test_a_part_that_may_be_null_is_null_when_nothing_of_it_is_stated(office: Office) -> None:
    owner = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    days = {"type": "integer", "description": "Days until a broken laptop is replaced"}
    schema = {
        "type": "object",
        "required": ["days", "owner", "other"],
        "properties": {
            "days": days,
            "owner": {"anyOf": [owner, {"type": "null"}]},
            "other": {"type": ["string", "null"]},
        },
    }
    answer = office.ask(lambda text: {"days": leaf(2, number(text, "2 days")), "owner": None}, schema=schema)

    assert answer.structured is not None
    assert answer.structured.value == {"days": 2, "owner": None, "other": None}
    assert answer.structured.outcome == "filled"


def test_without_a_model_the_fallback_says_so(tmp_path: Path) -> None:
    here = Installation(tmp_path)
    try:
        person = here.person(BEN, "all")
        here.records("it", [{"id": "laptops", "title": "Laptops", "text": LAPTOPS}])
        happenings = here.runtime.asker.ask(QUESTION, person, wanted=wanted_of(TASK, "nulls"))
        answer = next(each for each in happenings if isinstance(each, Answer))
        assert answer.structured is not None
        assert answer.structured.outcome == "nulls"
        assert answer.structured.value == {"type": "task", "title": None, "days": None, "approver": None}
        assert answer.status == "abstained"
        assert answer.reason == "No model is configured, and a form is filled in by a model."
    finally:
        here.close()


@pytest.mark.skipif(bool(llama.missing()), reason=llama.missing())
def test_a_real_small_model_fills_in_only_what_the_evidence_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_KEY", KEY)
    with llama.serving() as url:
        local = ModelEntry.model_validate(
            {
                "name": "local", "provider": "compatible", "model": "smollm2-135m-q4", "tier": "on_premise",
                "place": "on_premise", "base_url": f"{url}/v1", "api_key": "env:MODEL_KEY", "output_tokens": 400,
                "context_tokens": 4000, "first_seconds": 240, "deadline_seconds": 240,
            }
        )  # fmt: skip
        egress = EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",))
        here = Installation(tmp_path, models=(local,), egress=egress)
        person = here.person(BEN, "all")
        here.records("it", [{"id": "laptops", "title": "Laptops", "text": LAPTOPS}])
        happenings = here.runtime.asker.ask(QUESTION, person, wanted=wanted_of(TASK, "nulls"))
        answer = next(each for each in happenings if isinstance(each, Answer))
        here.close()

    assert answer.structured is not None
    found = answer.structured.value
    assert found["days"] in (2, None)
    assert found["approver"] is None or found["approver"] in LAPTOPS
    assert all(leaf.citations for leaf in answer.structured.leaves if leaf.state == "verified")
