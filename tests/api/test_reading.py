"""Searching, asking and reading over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from connectors import owners
from connectors import repository as connectors
from core import people
from core.tables import PersonRow
from tests.api.conftest import ANA, LEAVE
from tests.api.visitors import House, ask, assert_problem, streamed

HOTEL = "What is the hotel cap per night on business trips?"
OWN = {"answer_id", "conversation_id", "created_at", "timings"}
"""What differs between two answers to one question."""


def search(client: TestClient, query: str, **more: Any) -> list[dict[str, Any]]:
    response = client.post("/v1/search", json={"query": query, **more})
    assert response.status_code == 200, response.text
    return response.json()["passages"]


@pytest.fixture(scope="module")
def cited(ana: TestClient) -> dict[str, Any]:
    """An answer to Ana that cites a PDF."""
    answer = ask(ana, HOTEL)
    assert answer["status"] == "answered"
    assert answer["sources"][0]["document"]["uri"] == "travel-policy-2026.pdf"
    return answer


# Searching


def test_a_search_shows_permitted_passages_only(ana: TestClient, bo: TestClient, hana: TestClient) -> None:
    for client, readable in ((ana, []), (bo, ["o1"]), (hana, [])):
        assert [each["document"]["uri"] for each in search(client, "pumps offer", source=["offers"])] == readable
    for client, sees in ((ana, False), (hana, True)):
        assert any("78,600" in each["text"] for each in search(client, "salary of Rasmus")) is sees


def test_grouping_keeps_the_best_passage_of_each_document(ana: TestClient) -> None:
    plain = search(ana, "trip", limit=50)
    grouped = search(ana, "trip", limit=50, group="document")
    documents = [each["document"]["id"] for each in grouped]
    assert len(documents) == len(set(documents)) < len(plain)
    assert [each["rank"] for each in grouped] == list(range(1, len(grouped) + 1))


def test_a_search_can_be_narrowed_to_sources_and_times(ana: TestClient) -> None:
    assert {each["document"]["source"] for each in search(ana, "works in", source=["people"])} == {"people"}
    assert search(ana, "leave", modified_before="2001-01-01T00:00:00Z") == []
    assert_problem(ana.post("/v1/search", json={"query": "x", "source": ["none"]}), 404, "not_found")


def test_a_search_is_bounded(ana: TestClient) -> None:
    assert len(search(ana, "trip", limit=2)) == 2


# Asking


def test_an_answer_cites_every_sentence(ana: TestClient) -> None:
    answer = ask(ana, LEAVE)
    assert answer["status"] == "answered"
    assert any("27 days" in sentence["text"] for sentence in answer["sentences"])
    numbers = {source["n"] for source in answer["sources"]}
    evidence = 0
    for sentence in answer["sentences"]:
        assert sentence["citations"]
        for citation in sentence["citations"]:
            evidence += 1
            assert citation["evidence"] == evidence
            assert citation["n"] in numbers
            assert citation["spans"]
    assert answer["as_of"] == min(source["as_of"] for source in answer["sources"])
    assert ana.get(f"/v1/answers/{answer['answer_id']}").json() == answer


def test_an_answer_streams_stages_then_sentences_then_itself(ana: TestClient) -> None:
    events = streamed(ana, LEAVE)
    names = [name for name, _ in events]
    assert names == sorted(names, key=("stage", "sentence", "final").index)
    assert names[0] == "stage"
    assert names.count("final") == 1
    sentences = [data for name, data in events if name == "sentence"]
    final = events[-1][1]
    assert [data.pop("index") for data in sentences] == list(range(len(sentences)))
    assert sentences == final["sentences"] != []
    whole = ask(ana, LEAVE)
    assert {name: value for name, value in final.items() if name not in OWN} == {
        name: value for name, value in whole.items() if name not in OWN
    }
    assert ana.get(f"/v1/answers/{final['answer_id']}").json()["sentences"] == sentences


def test_a_question_without_evidence_streams_no_sentence(ana: TestClient) -> None:
    events = streamed(ana, "Who won the chess tournament of the moon?")
    assert [name for name, _ in events if name != "stage"] == ["final"]
    final = events[-1][1]
    assert (final["status"], final["sentences"], final["sources"]) == ("abstained", [], [])
    assert final["reason"]
    assert 0 <= final["support"] < final["threshold"]


def test_abstaining_shows_the_nearest_that_the_asker_may_read(bo: TestClient) -> None:
    answer = ask(bo, "Who won the chess tournament of the moon?")
    assert {each["document"]["uri"] for each in answer["nearest"]} <= {"o1"}


# Evidence


def test_evidence_of_a_pdf_has_its_page_and_boxes_inside_it(ana: TestClient, cited: dict[str, Any]) -> None:
    citation = cited["sentences"][0]["citations"][0]
    address = f"/v1/answers/{cited['answer_id']}/evidence/{citation['evidence']}"
    opened = ana.get(address).json()
    assert opened["media_type"] == "application/pdf"
    assert (opened["quote"], opened["spans"]) == (citation["quote"], citation["spans"])
    assert (opened["page"], opened["version"]) == (citation["page"], citation["version"])
    assert opened["current"] is True
    pdf = opened["pdf"]
    assert pdf["page"] == opened["page"]
    assert pdf["image"] == f"{address}/page.png"
    assert pdf["boxes"]
    for box in pdf["boxes"]:
        assert 0 <= box["left"] < box["right"] <= pdf["width"]
        assert 0 <= box["top"] < box["bottom"] <= pdf["height"]


def test_every_citation_opens_with_the_text_around_it(ana: TestClient, cited: dict[str, Any]) -> None:
    for citation in (each for sentence in cited["sentences"] for each in sentence["citations"]):
        opened = ana.get(f"/v1/answers/{cited['answer_id']}/evidence/{citation['evidence']}").json()
        context = opened["context"]
        assert not any(segment["hidden"] for segment in context["segments"])
        text = "".join(segment["text"] for segment in context["segments"])
        assert len(text) == context["end"] - context["start"]
        last = opened["spans"][-1]
        assert text[last["start"] - context["start"] : last["end"] - context["start"]] in opened["quote"]


def test_the_page_of_a_pdf_is_an_image(ana: TestClient, cited: dict[str, Any]) -> None:
    response = ana.get(f"/v1/answers/{cited['answer_id']}/evidence/1/page.png")
    assert response.headers["content-type"] == "image/png"
    assert response.headers["cache-control"].startswith("private")
    assert response.content.startswith(b"\x89PNG\r\n\x1a\n")


def test_what_has_no_pages_has_no_image(ana: TestClient) -> None:
    answer = ask(ana, LEAVE)
    opened = ana.get(f"/v1/answers/{answer['answer_id']}/evidence/1").json()
    assert opened["pdf"] is None
    assert_problem(ana.get(f"/v1/answers/{answer['answer_id']}/evidence/1/page.png"), 404, "not_found")


def test_there_is_no_evidence_beyond_the_citations(ana: TestClient, cited: dict[str, Any]) -> None:
    for number in (0, 99, -1):
        assert_problem(ana.get(f"/v1/answers/{cited['answer_id']}/evidence/{number}"), 404, "not_found")


def test_an_answer_of_somebody_else_is_not_there(house: House, bo: TestClient, hana: TestClient) -> None:
    answer = ask(bo, "How many pumps does Brackwell get?")
    assert answer["status"] == "answered"
    base = f"/v1/answers/{answer['answer_id']}"
    for path in (base, f"{base}/evidence/1", f"{base}/evidence/1/page.png"):
        assert_problem(hana.get(path), 404, "not_found")
    assert bo.get(f"{base}/evidence/1").status_code == 200


def test_a_revoked_reader_no_longer_reads_an_old_answer(small_house: House) -> None:
    small_house.installation.records("rules", [{"id": "r1", "text": "Every employee has 27 days of leave."}])
    small_house.installation.records("notes", [{"id": "n1", "text": "The boiler code is 4711."}], allow=["staff"])
    browser = small_house.browser(ANA)
    answer = ask(browser, "What is the boiler code?")
    assert "4711" in answer["sentences"][0]["text"]
    small_house.installation.person(ANA, "kitchen")
    again = browser.get(f"/v1/answers/{answer['answer_id']}")
    assert again.json()["sentences"][0] == {"text": None, "citations": [], "withheld": "access revoked"}
    assert again.json()["sources"] == []
    assert "4711" not in again.text
    assert_problem(browser.get(f"/v1/answers/{answer['answer_id']}/evidence/1"), 404, "not_found")
    turns = browser.get(f"/v1/conversations/{answer['conversation_id']}")
    assert "4711" not in turns.text


def test_a_document_that_has_gone_is_told_from_access_that_was_revoked(small_house: House) -> None:
    """To whom could read the last of it, and to nobody else."""
    installation = small_house.installation
    installation.records("notes", [{"id": "n1", "text": "The boiler code is 4711."}], allow=["staff"])
    browser = small_house.browser(ANA)
    answer = ask(browser, "What is the boiler code?")
    installation.records("notes", [{"id": "n2", "text": "The lift is serviced in May."}], allow=["staff"])
    path = f"/v1/answers/{answer['answer_id']}"
    (gone,) = browser.get(path).json()["sentences"]
    assert gone == {"text": None, "citations": [], "withheld": "document gone"}
    installation.person(ANA, "kitchen")
    assert browser.get(path).json()["sentences"] == [{**gone, "withheld": "access revoked"}]


def test_evidence_says_when_its_document_has_changed_since(small_house: House) -> None:
    browser = small_house.browser(ANA)
    answer = ask(browser, "How many days of leave does every employee have?")
    small_house.installation.records("rules", [{"id": "r1", "text": "Every employee has 31 days of leave."}])
    opened = browser.get(f"/v1/answers/{answer['answer_id']}/evidence/1").json()
    assert opened["current"] is False
    assert "27 days" in opened["quote"]


# Documents


def test_a_document_is_shown_without_what_its_reader_may_not_see(ana: TestClient, hana: TestClient) -> None:
    document = search(hana, "salary of Rasmus", source=["people"])[0]["document"]["id"]
    for client, hidden in ((hana, 0), (ana, 1)):
        shown = client.get(f"/v1/documents/{document}").json()
        text = "".join(segment["text"] for segment in shown["segments"])
        assert shown["parts_hidden"] == hidden
        assert ("78,600" in text) is not bool(hidden)
        assert "Skovhage" in text


def test_a_document_of_others_is_not_told_from_one_that_does_not_exist(ana: TestClient, bo: TestClient) -> None:
    document = search(bo, "pumps")[0]["document"]["id"]
    hers = assert_problem(ana.get(f"/v1/documents/{document}"), 404, "not_found")
    none = assert_problem(ana.get("/v1/documents/none"), 404, "not_found")
    assert (hers["detail"], hers["hint"]) == (none["detail"], none["hint"])


# Conversations


def test_conversations_go_on_and_are_listed_latest_first(house: House, ana: TestClient) -> None:
    first = ask(ana, LEAVE)["conversation_id"]
    second = ask(ana, "When does the car park in Oslo open?")["conversation_id"]
    assert first != second
    assert ask(ana, "And on which day?", conversation_id=first)["conversation_id"] == first
    listed = ana.get("/v1/conversations").json()["conversations"]
    assert [each["id"] for each in listed[:2]] == [first, second]
    assert listed[0]["title"] == LEAVE
    turns = ana.get(f"/v1/conversations/{first}").json()["turns"]
    assert [turn["question"] for turn in turns] == [LEAVE, "And on which day?"]


def test_a_deleted_conversation_is_gone_from_the_history(ana: TestClient) -> None:
    conversation = ask(ana, LEAVE)["conversation_id"]
    assert ana.delete(f"/v1/conversations/{conversation}").status_code == 204
    listed = ana.get("/v1/conversations").json()["conversations"]
    assert conversation not in {each["id"] for each in listed}
    for response in (
        ana.get(f"/v1/conversations/{conversation}"),
        ana.delete(f"/v1/conversations/{conversation}"),
        ana.post("/v1/ask", json={"question": LEAVE, "conversation_id": conversation}),
    ):
        assert_problem(response, 404, "not_found")


def test_nobody_enters_somebody_elses_conversation(ana: TestClient, bo: TestClient) -> None:
    conversation = ask(ana, LEAVE)["conversation_id"]
    assert conversation not in bo.get("/v1/conversations").text
    for response in (
        bo.get(f"/v1/conversations/{conversation}"),
        bo.delete(f"/v1/conversations/{conversation}"),
        bo.post("/v1/ask", json={"question": LEAVE, "conversation_id": conversation}),
    ):
        assert_problem(response, 404, "not_found")
    assert ana.get(f"/v1/conversations/{conversation}").status_code == 200


# Sources


def test_sources_count_only_what_the_reader_may_read(ana: TestClient, bo: TestClient) -> None:
    def counted(client: TestClient) -> dict[str, int]:
        return {each["name"]: each["documents"] for each in client.get("/v1/sources").json()["sources"]}

    assert counted(ana) == {"people": 2, "policies": 3}
    assert counted(bo) == {"offers": 1}


def test_a_source_tells_when_it_was_confirmed_and_not_how_much_there_is(bo: TestClient) -> None:
    offers = bo.get("/v1/sources").json()["sources"][0]
    assert offers["last_confirmed_at"]
    assert offers["last_run"]["state"] == "done"
    assert offers["last_run"]["counts"] == {}


def test_a_source_names_who_looks_after_it_and_is_still_here(small_house: House) -> None:
    installation = small_house.installation
    lea, tom = (installation.person(f"{each}@x.example", roles=("connector_owner",)) for each in ("lea", "tom"))
    with installation.runtime.database.writing() as session:
        session.get_one(PersonRow, lea).name = "Lea Lind"
        owners.set_owners(session, connectors.by_name(session, "rules").id, (lea, tom))
        people.disable(session, "tom@x.example", installation.runtime.clock())
    (rules,) = small_house.browser(ANA).get("/v1/sources").json()["sources"]
    assert (rules["name"], rules["owners"]) == ("rules", ["Lea Lind"])
