"""An installation whose models take batches, at a provider on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from answer.batching.desk import Ask, Batches
from answer.batching.rows import Batch, Item
from answer.batching.tables import BatchItemRow
from answer.models.tables import UsageRow
from answer.tables import AnswerRow
from core.audit.tables import PendingRow, RecordRow
from core.egress import EgressSettings
from tests.fakes.batch_vendor import BatchVendor, Says, Told
from tests.fakes.loopback import Reply
from tests.fakes.model_vendor import KEY
from tests.installation import Installation

LEAVE = (
    "Parental leave lasts 16 weeks. It is paid in full for the first 12 weeks. Anna Meyer of HR approves it. "
    "Requests are made at least 8 weeks before the leave begins."
)
PARKING = "The car park in Oslo opens at 6 in the morning. It closes at 22."
AGREED = {"agreement": "C-1", "training_prohibited": True, "retention_days": 30, "legal_basis": "contract"}
PRICES = {"input": 1000.0, "output": 4000.0, "batch": 0.5}
HOW_LONG = "How many weeks does parental leave last?"
WHO = "Who approves parental leave?"
OPENS = "When does the car park in Oslo open?"
NOTHING = "What is the boiling point of mercury on Neptune?"
ANA, BO = "ana@company.example", "bo@company.example"


class Office:
    """``now`` lets nothing be waited for after a submit that was cut off."""

    def __init__(self, directory: Path, vendor: BatchVendor, **settings: Any) -> None:
        self.vendor = vendor
        outside = {"place": "external", "handling": AGREED, "sensitivity": "confidential", "prices": PRICES}
        self.installed = Installation(
            directory,
            models=(
                vendor.entry(name="cloud", tier="small", **outside),
                vendor.entry(name="forgetful", tier="large", zero_retention=True, **outside),
                vendor.entry(name="unbound", tier="large", **{**outside, "handling": None}),
                vendor.entry(name="elsewhere", tier="large", **{**outside, "provider": "compatible"}),
            ),
            egress=EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",)),
            **settings,
        )
        self.people()
        self.documents()
        self.desk = self.opened()

    def people(self) -> None:
        self.ana = self.installed.person(ANA, "all", "drivers")
        self.bo = self.installed.person(BO, "all")

    def documents(self, parking: str = PARKING, allow: str = "drivers") -> None:
        self.installed.records("handbook", [{"id": "leave", "title": "Parental leave", "text": LEAVE}], allow=["all"])
        self.installed.records("parking", [{"id": "p", "title": "Car park in Oslo", "text": parking}], allow=[allow])

    def treat(self, name: str, treatment: str) -> None:
        """What the data policy does from now on with a class of values that go outside."""
        policies = self.installed.runtime.policies
        document = policies.current().document
        classes = {**document["classes"], name: {"external": treatment, "on_premise": "allow"}}
        policies.change({**document, "classes": classes}, "for a test")

    def opened(self) -> Batches:
        return Batches(self.installed.runtime.batches._by, timedelta())

    def open(self, *questions: str, **more: Any) -> Batch:
        asks = [Ask(f"k{n}", question) for n, question in enumerate(questions)]
        return self.desk.open(asks, more.pop("person", self.ana), **{"model": "cloud", "tier": None, **more})

    def submit(self, *questions: str, **more: Any) -> Batch:
        return self.desk.send(self.open(*questions, **more).id, more.get("person", self.ana), "t")

    def fetch(self, batch: Batch) -> list[Item]:
        return self.desk.fetch(batch.id, self.ana, "t")[1]

    def texts(self, item: Item) -> list[str | None]:
        runtime = self.installed.runtime
        answer = runtime.archive.answer(item.answer_id, runtime.principal(self.ana))
        return [sentence.text for sentence in answer.sentences]

    def answer(self, item: Item) -> AnswerRow:
        with self.installed.runtime.database.reading() as session:
            return session.get_one(AnswerRow, item.answer_id)

    def answers(self) -> int:
        with self.installed.runtime.database.reading() as session:
            return len(list(session.scalars(select(AnswerRow.id))))

    def rows(self, batch: Batch) -> list[BatchItemRow]:
        with self.installed.runtime.database.reading() as session:
            query = select(BatchItemRow).where(BatchItemRow.batch_id == batch.id).order_by(BatchItemRow.position)
            return list(session.scalars(query))

    def used(self) -> list[UsageRow]:
        with self.installed.runtime.database.reading() as session:
            return list(session.scalars(select(UsageRow)))

    def logged(self) -> list[str]:
        """Kinds of events, oldest first."""
        with self.installed.runtime.database.reading() as session:
            done = [orjson.loads(raw) for raw in session.scalars(select(RecordRow.record).order_by(RecordRow.seq))]
            waiting = [orjson.loads(raw) for raw in session.scalars(select(PendingRow.event).order_by(PendingRow.id))]
        return [record["event"]["kind"] if "event" in record else record["kind"] for record in (*done, *waiting)]

    def close(self) -> None:
        self.installed.close()


def quoting(*words: str) -> Any:
    """A model that repeats the sentences with these words, each with its mark."""

    def writes(text: str) -> Told:
        lines = [line for line in text.splitlines() if line.startswith("[") and any(word in line for word in words)]
        said = [line.partition("] ") for line in lines]
        return Says(" ".join(f"{rest.rstrip('.')} {mark}]." for mark, _, rest in said) or "NO_ANSWER")

    return writes


def opened(vendor: BatchVendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Iterator[Office]:
    """The office, in which models write what the documents say."""
    monkeypatch.setenv("MODEL_KEY", KEY)
    with vendor:
        vendor.writes = quoting("16 weeks", "HR approves it")
        made = Office(tmp_path, vendor, **settings)
        yield made
        made.close()


def cut_once(office: Office) -> Any:
    """The connection breaks when the batch has arrived."""
    died: list[bool] = []

    def came() -> None:
        if not died:
            died.append(True)
            office.vendor._spoils.append(("batches", lambda asked, reply: Reply(reply.status, reply.body, cut=True)))

    return came
