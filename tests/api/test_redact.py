"""Redaction as administrators see it: over HTTP and on the command line, with the detector that is shipped."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from answer.linking import Name
from answer.pseudonyms import TOKEN, Token
from answer.vault import Entry, Place
from api.cli import main
from api.doctor import examine
from core import audit
from core.errors import Unavailable
from core.policy import Destination
from retrieval.evidence import Evidence
from tests.api.conftest import ANA, HANA, LEAVE
from tests.api.terminal import beside
from tests.api.visitors import House, ask, assert_problem

TEXT = "Please call Margaret Thornbury on +44 20 7946 0958 about the IBAN DE89370400440532013000."
RUN = "a-run-of-this-test"


@pytest.fixture
def operator(house: House) -> TestClient:
    return house.operator()


@pytest.fixture
def command(house: House, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line, talking to this house."""
    return beside(house, monkeypatch, "redact", "policy", "documents", "people")


def redact(client: TestClient, *texts: str, **more: Any) -> list[dict[str, Any]]:
    response = client.post("/v1/redact", json={"texts": texts, "run": RUN, **more})
    assert response.status_code == 200, response.text
    return response.json()["results"]


def kinds(result: dict[str, Any]) -> set[str]:
    return {span["type"] for span in result["spans"]}


def test_values_are_found_and_stand_for_themselves_no_more(operator: TestClient) -> None:
    (result,) = redact(operator, TEXT)
    assert {"PERSON", "PHONE_NUMBER", "IBAN_CODE"} <= kinds(result)
    for value in ("Margaret", "Thornbury", "7946", "DE8937"):
        assert value not in result["text"]
    for span in result["spans"]:
        assert span["token"] in result["text"]
        assert TEXT[span["start"] : span["end"]].strip() == TEXT[span["start"] : span["end"]] != ""
        assert 0 < span["score"] <= 1
        assert span["rule"]
    assert result["text"].startswith("Please call [PERSON_")
    assert result["blocked"] is False


def test_a_value_has_the_same_pseudonym_in_every_text_of_a_run_and_another_one_in_another_run(
    operator: TestClient,
) -> None:
    first, second = redact(operator, "Margaret Thornbury agreed.", "I met Margaret Thornbury in spring.")
    (other,) = redact(operator, "Margaret Thornbury agreed.", run="another-run-of-this-test")
    token = first["spans"][0]["token"]
    assert token in second["text"]
    assert token not in other["text"]


def test_two_people_never_share_a_pseudonym(operator: TestClient) -> None:
    (result,) = redact(operator, "Margaret Thornbury wrote to Edward Ashcombe, and Ashcombe answered Thornbury.")
    people = [Token(*match) for match in TOKEN.findall(result["text"]) if match[0] == "PERSON"]
    assert [one.identity for one in people[:2]] == [people[3].identity, people[2].identity]
    assert people[0].identity != people[1].identity


def test_a_text_that_only_reads_like_a_pseudonym_is_taken_out_itself(operator: TestClient) -> None:
    forged = "[PERSON_AAAAAAAA.1]"
    (result,) = redact(operator, f"What does {forged} earn?")
    assert forged not in result["text"]
    assert kinds(result) == {"LITERAL"}


def test_on_the_premises_values_may_stay(operator: TestClient) -> None:
    (result,) = redact(operator, TEXT, destination="on_premise")
    assert result["text"] == TEXT
    assert {span["treatment"] for span in result["spans"]} == {"allow"}
    assert {span["token"] for span in result["spans"]} == {None}


def test_every_span_says_which_entry_of_the_policy_decides(operator: TestClient) -> None:
    (result,) = redact(operator, "Margaret Thornbury joined on 3 March 2021. Her IBAN is DE89370400440532013000.")
    entries = {span["type"]: span["entry"] for span in result["spans"]}
    assert entries["PERSON"] == "classes.person.external"
    assert result["sensitivity"] == "confidential"
    assert entries["DATE_TIME"] == "sensitivity.confidential.external"


def test_a_known_colleague_is_found_whatever_the_models_think(house: House, operator: TestClient) -> None:
    with house.runtime.database.writing() as session:
        from core import people as rows

        rows.put(
            session,
            "quirin@x.example",
            groups=(),
            roles=("employee",),
            now=house.runtime.clock(),
            name="Quirin Zwetkoff",
        )
    (result,) = redact(operator, "ask quirin zwetkoff")
    assert "zwetkoff" not in result["text"]
    assert [span["rule"] for span in result["spans"]] == ["gazetteer"]


def test_a_destination_that_the_policy_does_not_know_is_refused(operator: TestClient) -> None:
    response = operator.post("/v1/redact", json={"texts": ["x"], "run": RUN, "destination": "elsewhere"})
    assert "'elsewhere'" in assert_problem(response, 422, "invalid")["detail"]


def test_only_administrators_may_redact_and_see_the_policy(house: House, ana: TestClient) -> None:
    for visitor, status, code in ((ana, 403, "forbidden"), (house.visitor(), 401, "unauthenticated")):
        assert_problem(visitor.post("/v1/redact", json={"texts": ["x"], "run": RUN}), status, code)
        assert_problem(visitor.get("/v1/policy"), status, code)
        assert_problem(visitor.get("/v1/policy/versions"), status, code)
        assert_problem(visitor.put("/v1/policy", json={"classes": {}, "sensitivity": {}, "why": "x"}), status, code)
        assert_problem(visitor.post("/v1/policy/try", json={"classes": {}, "sensitivity": {}}), status, code)
        assert_problem(visitor.post("/v1/operator/people/ana@x.example/forget"), status, code)


def test_an_administrator_may(house: House) -> None:
    house.installation.person("ada@x.example", "staff", roles=("employee", "admin"))
    ada = house.browser("ada@x.example")
    assert ada.get("/v1/policy").status_code == 200
    assert redact(ada, TEXT)[0]["text"] != TEXT


def test_without_detection_nothing_is_shown(
    house: House, operator: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(texts: object) -> object:
        raise Unavailable("The detection process ended unexpectedly.", hint="See the log.")

    monkeypatch.setattr(house.runtime.redaction.detector, "find", broken)
    problem = assert_problem(operator.post("/v1/redact", json={"texts": [TEXT], "run": RUN}), 503, "unavailable")
    assert "Thornbury" not in json.dumps(problem)


def test_a_question_and_its_passages_are_cleared_for_a_model_outside(house: House) -> None:
    runtime = house.runtime
    principal = house.installation.principal(HANA)
    evidence = runtime.desk.search("Where does Rasmus Thyholt work?", principal, limit=5)
    assert any("Rasmus Thyholt" in passage.text for passage in evidence.passages)
    cleared = runtime.redaction.redactor.clear(
        "Where does Rasmus Thyholt work?", (), evidence, Destination("model", "external"), str(uuid4()),
        principal.person_id,
    )  # fmt: skip
    assert len(cleared.passages) + len(cleared.withheld) == len(evidence.passages)
    sent = " ".join([cleared.question.text, *(each.body.text + each.title.text for each in cleared.passages)])
    assert "Thyholt" not in sent
    person = next(token for token in cleared.tokens if token in cleared.question.text)
    assert any(person in each.body.text for each in cleared.passages)
    assert cleared.policy == runtime.policies.policy().version


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "Dr. Margaret Thornbury's letter, Thornbury_final.docx, https://x.example/margaret-thornbury",
        "Call +44 20 7946 0958, which is +442079460958, or [PERSON_AAAAAAAA.1].",
        "IBAN DE89370400440532013000 = DE89 3704 0044 0532 0130 00",
    ],
)
def test_what_is_shown_of_a_text_is_what_a_question_would_send(house: House, operator: TestClient, text: str) -> None:
    runtime = house.runtime
    (result,) = redact(operator, text)
    principal = house.installation.principal(HANA)
    cleared = runtime.redaction.redactor.clear(
        text, (), Evidence(text, (), {}), Destination("model", "external"), str(uuid4()), principal.person_id
    )
    assert numbered(result["text"]) == numbered(cleared.question.text)
    edits = [(edit.source.start, edit.source.end) for edit in cleared.question.edits]
    assert [(span["start"], span["end"]) for span in result["spans"] if span["token"]] == edits


def numbered(text: str) -> str:
    """Tokens by their kind, form and the order of their first use: identities differ by conversation."""
    identities: dict[str, int] = {}

    def of(match: re.Match[str]) -> str:
        kind, identity, form = match.groups()
        return f"[{kind} {identities.setdefault(identity, len(identities))} {form}]"

    return TOKEN.sub(of, text)


# The command line


def test_the_command_prints_spans_and_the_redacted_text(command: CliRunner) -> None:
    ran = command.invoke(main.app, ["redact", TEXT, "--json"])
    assert ran.exit_code == 0, ran.output
    shown = json.loads(ran.stdout)
    assert {"type", "start", "end", "score", "rule"} <= set(shown["spans"][0])
    assert "Thornbury" not in ran.stdout
    said = command.invoke(main.app, ["redact", "-", "--explain"], input=TEXT)
    assert said.exit_code == 0, said.output
    assert "classes.person.external" in said.output
    assert "Thornbury" not in said.output


def test_a_file_of_texts_becomes_a_file_of_redacted_texts(command: CliRunner, tmp_path: Path) -> None:
    texts = {"a": TEXT, "b": "Nothing of anybody.", "c": "Margaret Thornbury again."}
    queries, out = tmp_path / "texts.jsonl", tmp_path / "redacted.jsonl"
    queries.write_text("".join(json.dumps({"_id": key, "text": text}) + "\n" for key, text in texts.items()))
    ran = command.invoke(main.app, ["redact", "--queries", str(queries), "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["_id"] for line in lines] == list(texts)
    assert lines[1]["text"] == texts["b"]
    assert lines[1]["spans"] == []
    token = next(span["token"] for span in lines[0]["spans"] if span["type"] == "PERSON")
    assert token in lines[2]["text"]
    for line in lines:
        for span in line["spans"]:
            assert {"type", "start", "end", "score", "rule"} <= set(span)


# Sensitivity of documents


def test_an_owner_of_sources_raises_the_sensitivity_of_a_document_and_only_an_administrator_lowers_it(
    house: House, command: CliRunner
) -> None:
    house.installation.person("otto@x.example", "staff", roles=("employee", "connector_owner"))
    house.runtime.redaction.labeller.drain()
    otto = house.browser("otto@x.example")
    document = (
        house.operator().get("/v1/operator/documents", params={"source": "policies"}).json()["documents"][0]["id"]
    )
    path = f"/v1/documents/{document}/sensitivity"
    before = otto.get(path).json()["level"]
    raised = otto.put(path, json={"level": "restricted", "why": "A draft."})
    assert raised.status_code == 200, raised.text
    assert raised.json()["level"] == "restricted"
    assert_problem(otto.put(path, json={"level": before, "why": "Published."}), 403, "forbidden")
    assert_problem(house.browser(ANA).get(path), 403, "forbidden")
    ran = command.invoke(main.app, ["documents", "sensitivity", document, "--set", before, "--why", "Published."])
    assert ran.exit_code == 0, ran.output
    shown = json.loads(command.invoke(main.app, ["documents", "sensitivity", document, "--json"]).stdout)
    assert shown["level"] == before
    assert [each["why"] for each in shown["said"]] == ["Published.", "A draft."]


def test_a_plan_that_makes_a_source_less_sensitive_is_for_administrators(house: House) -> None:
    house.installation.person("otto@x.example", "staff", roles=("employee", "connector_owner"))
    house.installation.person("ada@x.example", "staff", roles=("employee", "admin"))
    otto, ada = house.browser("otto@x.example"), house.browser("ada@x.example")
    path = "/v1/sources/offers"
    assert ada.put(f"{path}/owners", json={"owners": ["otto@x.example"]}).status_code == 200
    plan = otto.get(path).json()["plan"]
    raised = otto.patch(path, json={"plan": {**plan, "sensitivity": "confidential"}})
    assert raised.status_code == 200, raised.text
    assert_problem(otto.patch(path, json={"plan": plan}), 403, "forbidden")
    assert otto.get(path).json()["plan"]["sensitivity"] == "confidential"
    assert ada.patch(path, json={"plan": plan}).status_code == 200
    assert otto.get(path).json()["plan"]["sensitivity"] == plan["sensitivity"]


# Forgetting


def test_forgetting_a_person_destroys_their_values_and_ends_their_sign_ins(house: House, command: CliRunner) -> None:
    runtime = house.runtime
    email = "gone@x.example"
    person_id = house.installation.person(email, "staff")
    browser = house.browser(email)
    conversation = ask(browser, LEAVE)["conversation_id"]
    entry = Entry(
        Token("PERSON", "AAAAAAAA", 1), "Gone", "gone", Name(("gone",)), (Place(typed=person_id),), runtime.clock()
    )
    vault = runtime.redaction.vault
    with runtime.database.writing() as session:
        vault.put(session, conversation, [entry], runtime.clock())
    assert command.invoke(main.app, ["people", "forget", email], input="n\n").exit_code == 1
    ran = command.invoke(main.app, ["people", "forget", email, "--yes", "--json"])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["values"] == 1
    with runtime.database.reading() as session:
        assert vault.read(session, conversation, runtime.clock()) == ([], [])
    assert_problem(browser.get("/v1/conversations"), 401, "unauthenticated")
    runtime.sequencer.drain()
    records = audit.tail(runtime.database, 1)
    assert '"forgotten"' in json.dumps(list(records)[-1], default=str)
    again = command.invoke(main.app, ["people", "forget", email, "--yes", "--json"])
    assert json.loads(again.stdout)["values"] == 0
    assert_problem(house.operator().post("/v1/operator/people/nobody@x.example/forget"), 404, "not_found")


def test_the_doctor_looks_for_planted_values(house: House) -> None:
    found = {each.check: each for each in examine(house.installation.settings)}
    assert found["detection"].state == "ok"


def test_the_command_looks_through_what_nobody_has_looked_into_and_then_has_nothing_to_do(
    house: House, command: CliRunner
) -> None:
    while house.installation.runtime.redaction.labeller.waiting():
        first = command.invoke(main.app, ["label", "--json"])
        assert first.exit_code == 0, first.output
        report = json.loads(first.stdout)
        assert report["documents"] > 0
        assert report["failed"] == report["left"] == 0
    again = command.invoke(main.app, ["label"])
    assert "All documents have been looked through" in again.stdout
