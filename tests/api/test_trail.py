"""What the person who asked is told of the models behind an answer, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from answer.settings import AnswerSettings
from answer.tables import AnswerRow
from core.audit.tables import PendingRow, RecordRow
from core.egress import EgressSettings
from tests.api.visitors import House, assert_problem, streamed
from tests.fakes.author import Author, Writes, number
from tests.fakes.model_vendor import KEY, Refusal, Script, Told
from tests.installation import Installation

ANA, BO = "ana@company.example", "bo@company.example"
LEAVE = (
    "Parental leave lasts 16 weeks. It is paid in full for the first 12 weeks. Anna Meyer of HR approves it. "
    "Requests are made at least 8 weeks before the leave begins."
)
QUESTION = "How many weeks does parental leave last?"
WHO = "Who approves parental leave?"
AGREED = {"agreement": "C-1", "training_prohibited": True, "retention_days": 0, "legal_basis": "contract"}
PRICES = {"input": 1.0, "output": 4.0}


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
            tmp_path_factory.mktemp("trail"),
            answer=AnswerSettings(cache_hours=0),
            models=(
                author.entry(name="cloud", tier="small", model="small-2026-01-01", **outside),
                author.entry(name="larger", tier="large", model="large-2026-01-01", **outside),
            ),
            egress=EgressSettings.model_validate({"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]}),
        )
        made.person(ANA, "all", "staff")
        made.person(BO, "all", "staff")
        made.records("handbook", [{"id": "leave", "title": "Parental leave", "text": LEAVE}], allow=["staff"])
        yield House(made)
        made.close()


@pytest.fixture(scope="module")
def ana(house: House) -> TestClient:
    return house.browser(ANA)


def mistaken(model: str, text: str) -> Told:
    """Right, then with another number, then about nothing that stands there."""
    return Script(
        (
            f"Parental leave lasts 16 weeks {number(text, '16 weeks')}. ",
            f"It is paid in full for the first 8 weeks {number(text, '12 weeks')}. ",
            "The moon is made of cheese [1].",
        )
    )


def wrongly_named(model: str, text: str) -> Told:
    """With the pseudonym of the person, and a number that is not there."""
    mark, _, rest = next(line for line in text.splitlines() if "approves it" in line).partition(" ")
    return Script((f"{rest.rstrip('.')} {mark}. ", f"{rest.rstrip('.')} within 99 days {mark}."))


def ask(author: Author, who: TestClient, writes: Writes, question: str = QUESTION, **more: str) -> dict[str, Any]:
    author.writes = writes
    reply = who.post("/v1/ask", json={"question": question, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


def trail_of(who: TestClient, answer: dict[str, Any]) -> dict[str, Any]:
    reply = who.get(f"/v1/answers/{answer['answer_id']}/trail")
    assert reply.status_code == 200, reply.text
    return reply.json()


def events(house: House, kind: str) -> list[dict[str, Any]]:
    """Events of a kind, oldest first."""
    with house.runtime.database.reading() as session:
        done = [orjson.loads(raw) for raw in session.scalars(select(RecordRow.record).order_by(RecordRow.seq))]
        waiting = [orjson.loads(raw) for raw in session.scalars(select(PendingRow.event).order_by(PendingRow.id))]
    found = [each.get("event", each) for each in (*done, *waiting)]
    return [each for each in found if each["kind"] == kind]


def test_an_answer_says_which_model_wrote_it_and_how_much_of_that_is_not_shown(author: Author, ana: TestClient) -> None:
    answer = ask(author, ana, mistaken)

    assert (answer["model"], answer["tier"]) == ("cloud", "small")
    assert (answer["dropped"], answer["replaced"]) == (1, 1)
    assert answer["searched"] is None


def test_the_trail_has_what_was_asked_of_whom_and_what_was_not_shown(author: Author, ana: TestClient) -> None:
    trail = trail_of(ana, ask(author, ana, mistaken))

    assert (trail["searched"], trail["model"], trail["tier"]) == (QUESTION, "cloud", "small")
    (attempt,) = trail["attempts"]
    told = {name: attempt[name] for name in ("model", "version", "tier", "region", "reason", "ended", "held")}
    assert told == {
        "model": "cloud", "version": "small-2026-01-01", "tier": "small", "region": "eu", "reason": "cheapest",
        "ended": "answered", "held": 1,
    }  # fmt: skip
    assert [(each["text"], each["against"], each["replaced"]) for each in attempt["dropped"]] == [
        ("It is paid in full for the first 8 weeks.", ["number"], True),
        ("The moon is made of cheese.", attempt["dropped"][1]["against"], False),
    ]
    call = attempt["call"]
    assert (call["returned"], call["finish"]) == (author.version, "stop")
    assert call["tokens"] == {"input": 120, "output": 9, "cache_read": 64, "cache_write": 0, "reasoning": 3}
    assert (call["micros"], call["currency"]) == (120 + 9 * 4, "USD")
    assert [each["reason"] for each in call["requests"]] == ["answered"]


def test_where_nothing_held_every_attempt_is_in_the_trail(author: Author, ana: TestClient) -> None:
    answer = ask(author, ana, lambda model, text: Script(("It is paid in full for the first 8 weeks [1].",)))

    assert (answer["tier"], answer["dropped"], answer["replaced"]) == ("extractive", 2, 0)
    attempts = trail_of(ana, answer)["attempts"]
    assert [(each["model"], each["ended"]) for each in attempts] == [
        ("cloud", "nothing_held"), ("larger", "nothing_held"), (None, "answered"),
    ]  # fmt: skip
    assert attempts[2]["call"] is None
    # What would have stood in its place was never shown beside it.
    assert [each["replaced"] for each in attempts[0]["dropped"]] == [False]


def test_a_dropped_sentence_has_its_names_again_for_who_may_read_them(
    author: Author, ana: TestClient, house: House
) -> None:
    answer = ask(author, ana, wrongly_named, WHO)
    assert answer["values"] == [{"kind": "PERSON", "restored": 1, "kept": 0}]
    with house.runtime.database.reading() as session:
        assert "Meyer" not in str(session.get_one(AnswerRow, answer["answer_id"]).tried)
    before = len(events(house, "redaction.restored"))

    trail = trail_of(ana, answer)

    (dropped,) = trail["attempts"][0]["dropped"]
    assert dropped["text"] == "Anna Meyer of HR approves it within 99 days."
    assert trail["values"] == [{"kind": "PERSON", "restored": 1, "kept": 0}]
    assert events(house, "answer.read")[-1]["details"]["reason"] == "trail"
    (restored,) = events(house, "redaction.restored")[before:]
    assert restored["details"]["values"] == [{"kind": "PERSON", "restored": 1, "kept": 0}]


def test_a_trail_is_not_there_for_anybody_else(author: Author, ana: TestClient, house: House) -> None:
    answer = ask(author, ana, mistaken)
    reply = house.browser(BO).get(f"/v1/answers/{answer['answer_id']}/trail")
    assert_problem(reply, 404, "not_found")


def test_who_may_no_longer_read_the_evidence_no_longer_reads_what_was_made_of_it(author: Author, house: House) -> None:
    asker = "cy@company.example"
    house.installation.person(asker, "all", "staff")
    cy = house.browser(asker)
    answer = ask(author, cy, mistaken)
    house.installation.person(asker, "all")

    trail = trail_of(cy, answer)

    dropped = trail["attempts"][0]["dropped"]
    assert [(each["text"], each["withheld"]) for each in dropped] == [(None, "access revoked")] * 2


def test_a_sentence_that_obeyed_a_document_is_not_read_out(author: Author, house: House, ana: TestClient) -> None:
    answer = ask(author, ana, mistaken)
    with house.runtime.database.writing() as session:
        row = session.get_one(AnswerRow, answer["answer_id"])
        (told,) = row.tried
        row.tried = [{**told, "dropped": [{**told["dropped"][0], "against": ["instruction"]}]}]

    (dropped,) = trail_of(ana, answer)["attempts"][0]["dropped"]

    assert (dropped["text"], dropped["withheld"]) == (None, "instruction")


def test_the_stream_names_the_model_and_gives_sentences_one_by_one(author: Author, ana: TestClient) -> None:
    author.writes = mistaken
    happened = streamed(ana, QUESTION)

    (answering,) = [data for name, data in happened if name == "stage" and data["stage"] == "answering"]
    assert "cloud" in answering["detail"]
    assert [data["index"] for name, data in happened if name == "sentence"] == [0, 1]
    assert happened[-1][1]["dropped"] == 1


def test_a_follow_up_says_how_it_was_understood(author: Author, ana: TestClient) -> None:
    first = ask(author, ana, mistaken)
    answer = ask(author, ana, mistaken, "And how far ahead is it requested?", conversation_id=first["conversation_id"])

    assert answer["searched"] == f"{QUESTION} And how far ahead is it requested?"
    assert trail_of(ana, answer)["searched"] == answer["searched"]
    # It has nothing to say where it is given no sentences.
    assert trail_of(ana, answer)["alone_by"]["ended"] == "failed"
    assert trail_of(ana, first)["alone_by"] is None


def test_the_trail_has_the_call_that_made_a_follow_up_stand_alone(author: Author, ana: TestClient) -> None:
    def writes(model: str, text: str) -> Told:
        if "rewrite the last question" in text:
            return Script(("How far ahead is parental leave requested?",))
        return mistaken(model, text)

    first = ask(author, ana, mistaken)
    answer = ask(author, ana, writes, "And how far ahead is it requested?", conversation_id=first["conversation_id"])

    trail = trail_of(ana, answer)
    assert trail["searched"] == "How far ahead is parental leave requested?"
    asked = trail["alone_by"]
    told = {name: asked[name] for name in ("model", "version", "tier", "region", "ended", "why")}
    assert told == {
        "model": "cloud", "version": "small-2026-01-01", "tier": "small", "region": "eu", "ended": "rewritten",
        "why": "",
    }  # fmt: skip
    call = asked["call"]
    assert (call["returned"], call["tokens"]["input"], call["tokens"]["output"]) == (author.version, 120, 9)
    assert (call["micros"], call["currency"]) == (120 + 9 * 4, "USD")
    assert [attempt["reason"] for attempt in trail["attempts"]] == ["cheapest"]


def test_a_rewriting_that_failed_is_in_the_trail_too(author: Author, ana: TestClient) -> None:
    def writes(model: str, text: str) -> Told:
        return Refusal(404, "unknown_model") if "rewrite the last question" in text else mistaken(model, text)

    first = ask(author, ana, mistaken)
    answer = ask(author, ana, writes, "And how far ahead is it requested?", conversation_id=first["conversation_id"])

    asked = trail_of(ana, answer)["alone_by"]
    assert (asked["ended"], asked["why"], asked["call"]["returned"]) == ("failed", "model_failed", "")
    assert [each["status"] for each in asked["call"]["requests"]] == [404]
