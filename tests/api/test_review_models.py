"""What a reviewer gets to see of what a model wrote: with pseudonyms where values were, and nothing restored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete
from starlette.testclient import TestClient

from answer.pseudonyms import TOKEN
from answer.settings import AnswerSettings
from answer.tables import AnswerRow, VaultRow
from core.egress import EgressSettings
from tests.api.test_trail import AGREED, LEAVE, PRICES, QUESTION, WHO, mistaken, wrongly_named
from tests.api.visitors import House
from tests.fakes.author import Author, Writes
from tests.fakes.model_vendor import KEY
from tests.installation import Installation

ANA, RUTH = "ana@company.example", "ruth@company.example"


@pytest.fixture(scope="module")
def author() -> Iterator[Author]:
    with Author() as fake:
        assert isinstance(fake, Author)
        yield fake


@pytest.fixture(scope="module")
def house(author: Author, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    outside = {"place": "external", "handling": AGREED, "sensitivity": "confidential", "prices": PRICES, "region": "eu"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_KEY", KEY)
        made = Installation(
            tmp_path_factory.mktemp("review"),
            answer=AnswerSettings(cache_hours=0),
            models=(author.entry(name="cloud", tier="small", model="small-2026-01-01", **outside),),
            egress=EgressSettings.model_validate({"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]}),
        )
        made.person(ANA, "staff")
        made.person(RUTH, roles=["employee", "reviewer"])
        made.records("handbook", [{"id": "leave", "title": "Parental leave", "text": LEAVE}], allow=["staff"])
        yield House(made)
        made.close()


@pytest.fixture(scope="module")
def ana(house: House) -> TestClient:
    return house.browser(ANA)


@pytest.fixture(scope="module")
def ruth(house: House) -> TestClient:
    return house.browser(RUTH)


def asked(author: Author, who: TestClient, writes: Writes, question: str) -> str:
    author.writes = writes
    reply = who.post("/v1/ask", json={"question": question})
    assert reply.status_code == 200, reply.text
    return reply.json()["answer_id"]


def look(ruth: TestClient, answer: str, what: str = "") -> dict[str, Any]:
    reply = ruth.get(f"/v1/review/answers/{answer}{what}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_models_calls_redactions_and_dropped_sentences_stand_in_the_trail(
    author: Author, ana: TestClient, ruth: TestClient
) -> None:
    found = look(ruth, asked(author, ana, mistaken, QUESTION))
    [attempt] = found["attempts"]
    assert (attempt["model"], attempt["held"], attempt["reason"]) == ("cloud", 1, "cheapest")
    assert ["number" in each["against"] for each in attempt["dropped"]] == [True, False]
    assert attempt["dropped"][1]["text"] == "The moon is made of cheese."
    [call] = found["calls"]
    assert (call["model"], call["asked_version"], call["outcome"]) == ("cloud", "small-2026-01-01", "done")
    assert call["tokens_in"] > 0
    assert call["micros"] > 0
    assert call["sdk"]
    [redaction] = [each for each in found["redactions"] if each["map"] == call["redaction"]]
    assert {each["kind"] for each in redaction["transformations"]} == {"PERSON"}
    assert (found["question_as_logged"], found["answer_as_logged"]) == ("matches", "matches")
    kinds = [each["kind"] for each in found["records"]]
    for kind in ("ask.intent", "model.intent", "model.outcome", "redaction.done", "ask.sentence", "ask.outcome"):
        assert kind in kinds
    assert [each["seq"] for each in found["records"]] == sorted(each["seq"] for each in found["records"])


def test_nothing_that_a_model_wrote_is_restored_for_a_reviewer(
    author: Author, ana: TestClient, ruth: TestClient
) -> None:
    answer = asked(author, ana, wrongly_named, WHO)
    assert "Anna Meyer" in ana.get(f"/v1/answers/{answer}").text
    found = look(ruth, answer)
    [written] = [each for each in found["sentences"] if each["redaction"]]
    assert TOKEN.search(written["text"])
    assert any(TOKEN.search(each["text"]) for attempt in found["attempts"] for each in attempt["dropped"])
    told = json.dumps([found["sentences"][0]["text"], found["attempts"], found["records"], found["searched"]])
    assert "Meyer" not in told
    again = look(ruth, answer, "/replay")
    assert "Meyer" not in json.dumps(again["sentences"])
    assert "Meyer" not in json.dumps([each["sentence_text"] for each in look(ruth, answer, "/compare")["citations"]])


def test_what_a_model_wrote_is_checked_again_on_the_text_of_then(
    author: Author, ana: TestClient, ruth: TestClient, house: House
) -> None:
    answer = asked(author, ana, wrongly_named, WHO)
    checked = [each for each in look(ruth, answer, "/replay")["sentences"] if TOKEN.search(each["text"])]
    assert [each["holds"] for each in checked] == [True]
    with house.runtime.database.writing() as session:
        row = session.get_one(AnswerRow, answer)
        row.claims = [
            {**each, "text": each["text"].replace("approves it", "approves it within 99 days")} for each in row.claims
        ]
    checked = [each for each in look(ruth, answer, "/replay")["sentences"] if TOKEN.search(each["text"])]
    assert [(each["holds"], "number" in each["against"]) for each in checked] == [(False, True)]
    with house.runtime.database.writing() as session:
        session.execute(delete(VaultRow))
    checked = [each for each in look(ruth, answer, "/replay")["sentences"] if TOKEN.search(each["text"])]
    assert [(each["holds"], each["why"]) for each in checked] == [
        (None, "What its pseudonyms stand for is not kept any more.")
    ]
