"""An office that has questions turned into tasks: its papers, its model and its service desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from answer.answers import Answer
from answer.structured.filling import wanted_of
from connectors.destinations import repository
from connectors.destinations.declare import Declared
from core.egress import EgressSettings
from tests.answer.test_asking_models import AGREED, Author, number
from tests.fakes.model_vendor import Script, Told
from tests.fakes.servicenow_write import FakeServiceNow
from tests.installation import Installation

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


def scripted(author: Author, fill: Fill) -> None:
    author.writes = lambda model, text: Script((json.dumps(fill(text)),))


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
