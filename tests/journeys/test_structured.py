"""A question becomes a task in another system: its fields cited and verified, and nothing lost on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from answer import repository as answers
from answer.answers import Answer
from answer.models.entry import ModelEntry
from answer.structured.filling import wanted_of
from answer.tables import AnswerRow
from api.cli import client as cli_client
from api.cli.main import app
from connectors.destinations import repository
from connectors.destinations.declare import Declared
from core.audit import Event
from core.egress import EgressSettings
from core.errors import Forbidden
from tests.answer.test_asking_models import AGREED, Author, number
from tests.api.visitors import House
from tests.fakes.model_vendor import KEY, Script, Told
from tests.fakes.servicenow_write import FakeServiceNow
from tests.installation import Installation
from tests.servers import llama

ANA, BEN = "ana@company.example", "ben@company.example"
LAPTOPS = (
    "A broken laptop is replaced by the service desk within 2 days. Anna Meyer of IT approves a replacement. "
    "The replacement costs 900 EUR."
)
SECRET = "A broken laptop of the board is replaced by the service desk within 1 day."
QUESTION = "Within how many days is a broken laptop replaced?"
TASK: dict[str, Any] = {
    "type": "object",
    "required": ["title", "days", "approver"],
    "properties": {
        "type": {"const": "task"},
        "title": {"type": "string", "maxLength": 160, "description": "What has to be done"},
        "days": {"type": "integer", "description": "Days until a broken laptop is replaced"},
        "approver": {"type": "string", "description": "Who approves a replacement"},
        "note": {"type": "string"},
    },
    "additionalProperties": False,
}  # fmt: skip
FIELDS = {
    "short_description": "{{ title }}",
    "description": "Within {{ days }} days; {{ approver }} approves",
    "urgency": "3",
}
Fill = Callable[[str], dict[str, Any]]


def leaf(value: Any, *marks: str) -> dict[str, Any]:
    return {"value": value, "sources": [int(mark.strip("[]")) for mark in marks]}


def right(text: str) -> dict[str, Any]:
    """What a careful model writes."""
    approves = next(line for line in text.splitlines() if "approves a replacement" in line)
    return {
        "title": leaf("A broken laptop is replaced by the service desk", number(text, "2 days")),
        "days": leaf(2, number(text, "2 days")),
        "approver": leaf(approves.partition(" ")[2].split(" of ")[0], approves.partition(" ")[0]),
        "note": leaf(None),
    }


class Office:
    """An installation with a model, and ServiceNow beside it."""

    def __init__(self, directory: Path, author: Author, desk: FakeServiceNow) -> None:
        self.author, self.desk = author, desk
        outside = {"place": "external", "handling": AGREED, "sensitivity": "confidential"}
        self.here = Installation(
            directory,
            models=(author.entry(name="cloud", tier="small", model="small-2026-01-01", **outside),),
            egress=EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",)),
        )
        self.here.person(ANA, "board", "it")
        self.here.records("it", [{"id": "laptops", "title": "Laptops", "text": LAPTOPS}], allow=("it",))
        self.here.records("board", [{"id": "board", "title": "Laptops", "text": SECRET}], allow=("board",))

    def destination(self, name: str, **more: Any) -> None:
        config = {"instance": self.desk.url, "user": self.desk.user, "password": "env:SNOW", "fields": FIELDS}
        wanted: dict[str, Any] = {"config": config, "contract": {"type": "object"}, "audience": ("it",), **more}
        self.here.runtime.connecting.destinations.configure(Declared(name, "servicenow", **wanted))

    def ask(self, *fills: Fill, question: str = QUESTION, schema: dict[str, Any] = TASK, **wanted: Any) -> Answer:
        left = list(fills)

        def writes(model: str, text: str) -> Told:
            return Script((json.dumps((left.pop(0) if len(left) > 1 else left[0])(text)),))

        self.author.writes = writes
        self.author.asked.clear()
        asker = self.here.principal(ANA).person_id
        happenings = self.here.runtime.asker.ask(question, asker, wanted=wanted_of(schema, **wanted))
        return next(each for each in happenings if isinstance(each, Answer))

    def send(self) -> None:
        self.here.runtime.connecting.destinations.outbox.send_due()

    def deliveries(self) -> list[tuple[str, str]]:
        with self.here.runtime.database.reading() as session:
            return sorted((each.destination, each.state) for each in repository.deliveries(session))

    def reread(self, answer: Answer) -> Answer:
        return self.here.runtime.archive.answer(answer.id, self.here.principal(ANA))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with pytest.MonkeyPatch.context() as patch, Author() as author, FakeServiceNow() as desk:
        assert isinstance(author, Author)
        assert isinstance(desk, FakeServiceNow)
        patch.setenv("MODEL_KEY", KEY)
        patch.setenv("SNOW", desk.password)
        made = Office(tmp_path_factory.mktemp("office"), author, desk)
        yield made
        made.here.close()


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


def test_what_the_receiver_refuses_goes_to_the_declared_destination_and_nothing_is_lost(office: Office) -> None:
    plain = {name: text for name, text in FIELDS.items() if name != "urgency"}
    office.destination("second")
    office.destination("strict", fallback="second")
    office.here.runtime.connecting.destinations.configure(
        Declared(
            "strict", "servicenow",
            {"instance": office.desk.url, "user": office.desk.user, "password": "env:SNOW", "fields": plain},
            {"type": "object"}, ("it",), "second",
        )
    )  # fmt: skip
    office.desk.mandatory = {"short_description", "urgency"}
    before = len(office.desk.rows)

    answer = office.ask(right, destination="strict")
    office.send()
    office.send()

    assert answer.structured is not None
    assert ("strict", "dead") in office.deliveries()
    assert ("second", "sent") in office.deliveries()
    assert [row["description"] for row in office.desk.rows[before:]] == ["Within 2 days; Anna Meyer approves"]


def test_only_what_asker_and_audience_may_both_read_is_sent_to_anybody(office: Office) -> None:
    def faster(text: str) -> dict[str, Any]:
        return {**right(text), "days": leaf(1, number(text, "of the board") if "of the board" in text else "[1]")}

    office.destination("tasks")
    alone = office.ask(faster, fallback="nulls")
    together = office.ask(faster, fallback="nulls", destination="tasks")

    assert alone.structured is not None
    assert together.structured is not None
    assert alone.structured.value["days"] == 1
    assert "of the board" not in office.author.sent
    assert together.structured.value["days"] is None
    assert {source.document.source for source in together.sources} == {"it"}


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


def test_the_trail_tells_what_was_not_shown_and_why(office: Office) -> None:
    def invented(text: str) -> dict[str, Any]:
        return {**right(text), "days": leaf(5, number(text, "2 days"))}

    answer = office.ask(invented)
    trail = House(office.here).browser(ANA).get(f"/v1/answers/{answer.id}/trail").json()

    assert [attempt["ended"] for attempt in trail["attempts"]] == ["invalid", "declined"]
    (dropped,) = trail["attempts"][0]["dropped"]
    assert dropped["text"] == "days: 5"
    assert "number" in dropped["against"]


def test_of_a_form_that_is_refused_nothing_is_sent(office: Office) -> None:
    office.destination("tasks")
    before = office.deliveries()
    answer = office.ask(lambda text: {"title": "no leaf"}, destination="tasks")

    assert answer.structured is not None
    assert (answer.structured.delivery, answer.structured.value) == (None, None)
    assert answer.structured.problem is not None
    assert office.deliveries() == before


def test_who_is_not_in_the_audience_sends_nothing_there(office: Office) -> None:
    office.destination("foreign", audience=("sales",))
    office.author.asked.clear()
    with pytest.raises(Forbidden, match="Only those who read foreign"):
        office.ask(right, destination="foreign")
    assert office.author.asked == []


def test_a_value_that_does_not_fit_what_was_agreed_stays_with_its_asker(office: Office) -> None:
    office.destination("narrow", contract={"type": "object", "required": ["reference"]})
    answer = office.ask(right, destination="narrow")

    assert answer.structured is not None
    assert answer.structured.value["days"] == 2
    assert answer.structured.delivery is None
    assert "contract" in (answer.structured.problem or "")


def test_a_reply_that_is_no_json_is_nothing(office: Office) -> None:
    office.author.writes = lambda model, text: Script(("Sure, here you go: [1, 2",))
    office.author.asked.clear()
    asker = office.here.principal(ANA).person_id
    happenings = office.here.runtime.asker.ask(QUESTION, asker, wanted=wanted_of(TASK))
    answer = next(each for each in happenings if isinstance(each, Answer))

    assert len(office.author.asked) == 2
    assert answer.status == "refused"


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


def test_who_joins_the_audience_while_it_is_written_is_not_sent_what_they_may_not_read(office: Office) -> None:
    def widening(text: str) -> dict[str, Any]:
        office.destination("growing", audience=("it", "sales"))
        return right(text)

    office.destination("growing")
    answer = office.ask(widening, destination="growing")
    office.send()

    assert answer.structured is not None
    assert answer.structured.value["days"] == 2
    assert answer.structured.delivery is None
    assert "may be read" in (answer.structured.problem or "")
    assert "growing" not in {name for name, _ in office.deliveries()}


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


def scripted(author: Author, fill: Fill) -> None:
    author.writes = lambda model, text: Script((json.dumps(fill(text)),))


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
