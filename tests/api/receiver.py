"""A receiver of webhooks on loopback that verifies what it gets, and the house that tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.testclient import TestClient

from api.client import verified
from connectors import repository as connectors
from connectors.freshness.breaches import FreshnessEvent
from core import audit
from tests.api.visitors import House
from tests.conftest import StandingClock
from tests.fakes.loopback import Asked, LoopbackServer, Reply
from tests.installation import Installation

ADA, OTTO, OLGA, ANA = "ada@x.example", "otto@x.example", "olga@x.example", "ana@x.example"
LEAVE = "How many weeks does parental leave last?"
SECRET_TEXT = "Parental leave lasts 16 weeks."


class Receiver(LoopbackServer):
    """Takes webhooks, or answers as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.status, self.headers = 204, dict[str, str]()

    def answer(self, asked: Asked) -> Reply:
        return Reply(self.status, b"", self.headers)

    def events(self, *secrets: str, at: float) -> list[dict[str, Any]]:
        """What came, once each signature holds."""
        return [verified(secrets, asked.headers, asked.body, now=at) for asked in self.asked]


@dataclass
class Lodge:
    house: House
    receiver: Receiver
    clock: StandingClock
    people: dict[str, TestClient] = field(default_factory=dict)

    def browser(self, email: str) -> TestClient:
        if email not in self.people:
            key = self.house.key(email)
            self.people[email] = self.house.visitor(Authorization=f"Bearer {key}")
        return self.people[email]

    def add(self, name: str = "ops", *events: str, by: str = ADA, **more: Any) -> Any:
        body = {
            "name": name, "url": f"{self.receiver.url}/hook", "events": events or ("answer.finished",),
            "unencrypted": True, **more,
        }  # fmt: skip
        return self.browser(by).post("/v1/webhooks", json=body)

    def made(self, name: str = "ops", *events: str, by: str = ADA, **more: Any) -> str:
        response = self.add(name, *events, by=by, **more)
        assert response.status_code == 201, response.text
        return response.json()["secret"]

    def send(self) -> dict[str, int]:
        return self.house.runtime.webhooks.sender.send_due()

    def now(self) -> float:
        return self.clock().timestamp()

    def log(self, kind: str) -> list[dict[str, Any]]:
        self.house.runtime.sequencer.drain()
        return [each for each in audit.tail(self.house.runtime.database, 200) if each["kind"] == kind]


def person(installation: Installation, email: str) -> str:
    return installation.principal(email).person_id


def breach(lodge: Lodge, source: str = "handbook", turn: Any = "breach") -> None:
    runtime = lodge.house.runtime
    with runtime.database.writing() as session:
        record = connectors.by_name(session, source)
        event = FreshnessEvent(
            record.id,
            source,
            "content",
            turn,
            lodge.clock(),
            lodge.clock() - timedelta(hours=2),
            timedelta(hours=1),
            None,
        )
        runtime.webhooks.telling.fresh(session, event)
