"""One question to each document of a source by itself: what leaves, what comes of it, and what holds when read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from answer.batching import documents, rows
from answer.batching.rows import Batch, EachDocument, Item
from answer.budget import BudgetEntry, BudgetSettings
from api.forgetting import forget
from core.errors import Invalid, NotFound
from ingest.tables import DocumentRow
from tests.answer.batching.office import ANA, LEAVE, PARKING, Office
from tests.fakes.batch_anthropic import FakeAnthropicBatches
from tests.fakes.batch_openai import FakeOpenAIBatches
from tests.fakes.batch_vendor import BatchVendor, Says, Told
from tests.fakes.model_vendor import KEY

SUMMARISE = "Summarise this document"
TRAVEL = "A hotel in Oslo costs at most 180 euros a night. The train is booked by Kari Lund."
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "approver": {"type": "string", "description": "Who approves it"},
        "weeks": {"type": "integer", "description": "How many weeks parental leave lasts"},
    },
    "required": ["approver", "weeks"],
}


class Archive(Office):
    """The documents of one source: two for all, one for drivers, and a board's that neither reads."""

    def documents(self, parking: str = PARKING, allow: str = "drivers") -> None:
        self.write(parking)

    def write(self, parking: str = PARKING, leave: str = LEAVE, drivers: tuple[str, ...] = ("drivers",)) -> None:
        records = [
            {"id": "leave", "title": "Parental leave", "text": leave, "allow": ["all"], "pay": "The bonus is 999."},
            {"id": "parking", "title": "Car park in Oslo", "text": parking, "allow": list(drivers)},
            {"id": "travel", "title": "Travel", "text": TRAVEL, "allow": ["all"]},
            {"id": "board", "title": "Merger with Quux", "text": "Quux is bought in May.", "allow": ["board"]},
        ]
        self.installed.records("papers", records, allow=["all"], restrict={"pay": ["board"]})

    def submit_each(self, **more: Any) -> Batch:
        schema, person = more.pop("schema", None), more.pop("person", self.ana)
        each = EachDocument(more.pop("source", "papers"), more.pop("question", SUMMARISE), schema)
        batch = self.desk.open_each(each, person, model=more.pop("model", "cloud"), tier=None)
        return self.desk.send(batch.id, person, "t")

    def done(self, batch: Batch) -> dict[str, Item]:
        """By the record's id."""
        self.vendor.done()
        return self.named(self.fetch(batch))

    def named(self, items: list[Item]) -> dict[str, Item]:
        return {self.uri(item): item for item in items}

    def uri(self, item: Item) -> str:
        runtime = self.installed.runtime
        with runtime.database.reading() as session:
            return session.get_one(DocumentRow, item.document).key

    def bodies(self) -> list[str]:
        """What each request of the last batch says, but for what it is told to do."""
        taken = list(self.vendor.taken.values())[-1]
        return ["\n".join(self.vendor.texts_in(body)[1:]) for body in taken.requests.values()]


def repeats(text: str) -> Told:
    """Every sentence it got, with its mark, and one that is nowhere."""
    lines = [line.partition("] ") for line in text.splitlines() if line.startswith("[") and line[1].isdigit()]
    return Says(
        " ".join(f"{rest.rstrip('.')} {mark}]." for mark, _, rest in lines) + " All of it costs 4711 euros [1]."
    )


@pytest.fixture(params=[FakeOpenAIBatches, FakeAnthropicBatches], ids=["openai", "anthropic"])
def both(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    yield from _opened(request.param(), tmp_path, monkeypatch)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    yield from _opened(FakeOpenAIBatches(), tmp_path, monkeypatch)


def _opened(vendor: BatchVendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Iterator[Archive]:
    monkeypatch.setenv("MODEL_KEY", KEY)
    with vendor:
        vendor.writes = repeats
        made = Archive(tmp_path, vendor, **more)
        yield made
        made.close()


def test_each_document_is_asked_by_itself_and_answered_from_itself(both: Archive) -> None:
    batch = both.submit_each()
    assert batch.counts == {"sent": 3}
    bodies = both.bodies()
    assert [sum(word in body for word in ("16 weeks", "car park", "180 euros")) for body in bodies] == [1, 1, 1]
    # Neither of whom it is, nor what this person may not see of a document, nor the board's.
    for hidden in ("Anna Meyer", "Kari Lund", "999", "Quux"):
        assert hidden not in both.vendor.sent

    found = both.done(batch)
    assert set(found) == {"leave", "parking", "travel"}
    assert both.texts(found["parking"]) == PARKING.replace(". It", ".|It").split("|")
    assert "The train is booked by Kari Lund." in both.texts(found["travel"])
    assert "Parental leave lasts 16 weeks." in both.texts(found["leave"])
    for item in found.values():
        assert "4711" not in str(both.texts(item))
        (tried,) = both.answer(item).tried
        assert [each["against"] for each in tried["dropped"]] != []
        cited = {citation["version"] for claim in both.answer(item).claims for citation in claim["citations"]}
        assert len(cited) == 1
    assert "Lund" not in str(both.answer(found["travel"]).claims)
    assert (both.logged().count("ask.intent"), both.logged().count("model.intent")) == (3, 3)


def test_a_sentence_that_another_document_says_is_not_carried_by_this_one(office: Archive) -> None:
    office.vendor.writes = lambda text: Says("A hotel in Oslo costs at most 180 euros a night [1].")
    found = office.done(office.submit_each())
    assert office.texts(found["travel"]) == ["A hotel in Oslo costs at most 180 euros a night."]
    assert office.texts(found["parking"]) == []
    assert "Nothing that the model wrote" in str(office.answer(found["parking"]).reason)


def test_who_may_read_less_asks_less(office: Archive) -> None:
    batch = office.submit_each(person=office.bo)
    assert batch.counts == {"sent": 2}
    assert "at 6 in the morning" not in office.vendor.sent
    with pytest.raises(NotFound) as hidden:
        office.submit_each(source="nowhere")
    office.installed.records("secrets", [{"id": "s", "title": "S", "text": "It is so."}], allow=["board"])
    with pytest.raises(NotFound) as unreadable:
        office.submit_each(source="secrets")
    assert unreadable.value.message.replace("secrets", "nowhere") == hidden.value.message


def test_values_are_cited_or_null_leaf_by_leaf(both: Archive) -> None:
    def fills(text: str) -> Told:
        wrong = {"approver": {"value": "Olaf", "sources": [1]}, "weeks": {"value": 16, "sources": [1]}}
        line = next((line for line in text.splitlines() if line.startswith("[") and "HR approves it" in line), "")
        if not line:
            return Says(json.dumps(wrong))
        name = line[line.index("[PERSON") : line.index("]", line.index("[PERSON")) + 1]
        right = {"approver": {"value": name, "sources": [int(line[1 : line.index("]")])]}, "weeks": wrong["weeks"]}
        return Says(json.dumps(right))

    both.vendor.writes = fills
    batch = both.submit_each(schema=SCHEMA, question="What does it say?")
    found = both.done(batch)
    runtime = both.installed.runtime

    def value(name: str) -> Any:
        answer = runtime.archive.answer(found[name].answer_id, runtime.principal(both.ana))
        assert answer.structured is not None
        return answer.structured.value

    assert value("leave") == {"approver": "Anna Meyer", "weeks": 16}
    assert value("travel") == {"approver": None, "weeks": None}
    assert "Meyer" not in str(both.answer(found["leave"]).claims)
    assert {tuple(each["against"]) for each in both.answer(found["travel"]).tried[0]["dropped"]} != set()
    with pytest.raises(Invalid):
        both.submit_each(schema={"type": "string"})


@pytest.mark.parametrize("meanwhile", ["before", "after"])
def test_a_document_that_was_revoked_or_changed_gives_no_content(office: Archive, meanwhile: str) -> None:
    batch = office.submit_each()
    if meanwhile == "after":
        office.done(batch)
    office.write(leave=LEAVE.replace("16 weeks", "18 weeks"), drivers=("board",))
    found = office.done(batch)
    principal = office.installed.runtime.principal(office.ana)
    assert office.desk.document(found["travel"], principal)[1] == ""
    changed, why = office.desk.document(found["leave"], principal)
    assert (changed is not None, "changed since" in why) == (True, True)
    revoked, why = office.desk.document(found["parking"], principal)
    assert (revoked, "may not read" in why) == (None, True)
    assert office.texts(found["parking"]) in ([], [None, None])
    if meanwhile == "before":
        for name in ("leave", "parking"):
            assert office.answer(found[name]).claims == []
            assert office.answer(found[name]).tried[0]["ended"] == "withheld"


def test_a_document_that_is_too_sensitive_is_listed_with_the_reason(office: Archive) -> None:
    office.treat("person", "block")
    batch = office.submit_each()
    states = {office.uri(item): (item.state, item.why) for item in _items(office, batch)}
    assert states["parking"][0] == "sent"
    for name in ("leave", "travel"):
        assert (states[name][0], "too sensitive" in states[name][1]) == ("refused", True), states
    assert "Meyer" not in office.vendor.sent


def test_what_did_not_fit_is_told(office: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "\n\n".join(
        f"# Part {number}\n\n" + f"The rule of part {number} holds in the hall of part {number}. " * 30
        for number in range(12)
    )
    office.write(leave=long)
    monkeypatch.setattr(documents, "MOST_CHARACTERS", 3 * 4_000)
    office.vendor.writes = lambda text: Says("The rule of part 0 holds in the hall of part 0 [2].")
    batch = office.submit_each()
    assert max(len(body) for body in office.bodies()) < len(long) / 2
    found = office.done(batch)
    reason = str(office.answer(found["leave"]).reason)
    assert "only the beginning" in reason
    assert "did not fit" in reason
    assert office.answer(found["parking"]).reason is None or "fit" not in str(office.answer(found["parking"]).reason)


def test_there_are_limits_and_budgets_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = BudgetEntry(scope="model", name="cloud", per="day", calls=2)
    for office in _opened(FakeOpenAIBatches(), tmp_path, monkeypatch, budgets=BudgetSettings(limits=(limit,))):
        batch = office.submit_each()
        assert sorted(row.state for row in office.rows(batch)) == ["refused", "sent", "sent"]
        assert any("budget" in row.why for row in office.rows(batch))
        monkeypatch.setattr(documents, "MOST", 2)
        with pytest.raises(Invalid) as raised:
            office.submit_each(question="Whom is it for?")
        assert "2 documents" in raised.value.message
        assert "3" in raised.value.message


def test_the_same_again_is_the_same_batch_and_is_sent_once(office: Archive) -> None:
    first = office.submit_each()
    assert office.submit_each().id == first.id
    assert len(office.vendor.taken) == 1
    assert office.submit_each(question="Whom is it for?").id != first.id


def test_a_forgotten_person_leaves_no_question(office: Archive) -> None:
    batch = office.submit_each()
    forget(office.installed.runtime, ANA)
    assert {(row.question, row.sent, row.document) for row in office.rows(batch)} == {("", None, None)}
    kept = office.desk.batch(batch.id, office.ana)
    assert kept.each is None


def _items(office: Archive, batch: Batch) -> list[Item]:
    with office.installed.runtime.database.reading() as session:
        return rows.items(session, batch.id)
