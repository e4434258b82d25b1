"""The operator's way to destinations: HTTP and the command line, with a real receiver of webhooks behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.cli import client as cli_client
from api.cli import destinations as commands
from api.destinations import Destinations
from api.http import errors
from api.http.destinations import destinations_of, router
from connectors.destinations.catalogue import KINDS
from connectors.destinations.outbox import Outbox
from connectors.destinations.recorded import DeliveryLog
from core import audit
from core.errors import Unavailable
from tests.api.visitors import House
from tests.conftest import StandingClock
from tests.connectors.destinations.means import means
from tests.connectors.destinations.receiver import KEY, Receiver

CONTRACT = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": {"type": "string"}},
    "examples": [{"title": "A test"}],
}


class Desk:
    """An installation's destinations behind HTTP, as its operator sees them."""

    def __init__(self, house: House, receiver: Receiver, clock: StandingClock) -> None:
        runtime = house.runtime
        opened = means(clock, {"env:KEY": KEY})
        self.receiver, self.runtime, self.clock = receiver, runtime, clock
        self.destinations = Destinations(runtime.database, runtime.audit, opened, Random(7))
        app = FastAPI()
        errors.install(app)
        app.include_router(router)
        app.state.runtime = runtime
        app.dependency_overrides[destinations_of] = lambda: self.destinations
        self.app = app
        self.http = TestClient(app, headers={"Authorization": f"Bearer {runtime.operator_token}"})

    def body(self, **more: Any) -> dict[str, Any]:
        config = {"url": f"{self.receiver.url}/in", "keys": ["env:KEY"], "unencrypted": True}
        return {"kind": "webhook", "config": config, "contract": CONTRACT, "audience": ["it"], **more}

    def put(self, name: str, **more: Any) -> Any:
        return self.http.put(f"/v1/operator/destinations/{name}", json=self.body(**more))

    def dead_delivery(self, name: str, written_for: tuple[str, ...] = ("it", "staff")) -> str:
        self.receiver.refuses = 422
        with self.runtime.database.writing() as session:
            sent = self.destinations.outbox.enqueue(session, name, "k1", {"title": "Pump"}, written_for=written_for)
        self.destinations.outbox.send_due()
        self.receiver.refuses = None
        return sent


@pytest.fixture
def desk(house: House, clock: StandingClock) -> Iterator[Desk]:
    with Receiver(now=lambda: clock().timestamp()) as receiver:
        assert isinstance(receiver, Receiver)
        made = Desk(house, receiver, clock)
        yield made
        for each in made.http.get("/v1/operator/destinations").json()["destinations"]:
            made.http.delete(f"/v1/operator/destinations/{each['name']}")


def test_only_the_operator_sees_destinations(desk: Desk, ana: TestClient) -> None:
    stranger, signed_in = TestClient(desk.app), TestClient(desk.app, cookies=dict(ana.cookies))
    for path in ("destinations", "destination-kinds", "deliveries"):
        assert stranger.get(f"/v1/operator/{path}").status_code == 401
        assert signed_in.get(f"/v1/operator/{path}").status_code == 403


def test_the_example_of_each_kind_is_a_configuration_of_it(desk: Desk) -> None:
    kinds = desk.http.get("/v1/operator/destination-kinds").json()["kinds"]
    assert {each["name"] for each in kinds} == set(KINDS)
    for each in kinds:
        assert KINDS[each["name"]].config.model_validate(each["example_config"])


def test_a_destination_is_declared_checked_tried_and_removed(desk: Desk) -> None:
    assert desk.put("alerts").json()["change"] == "created"
    assert desk.put("alerts").json()["change"] == "unchanged"
    assert desk.put("alerts", audience=["it", "staff"]).json()["change"] == "changed"
    checked = desk.http.post("/v1/operator/destinations/alerts/check").json()
    assert checked["ok"], checked
    assert not desk.receiver.received
    receipt = desk.http.post("/v1/operator/destinations/alerts/test", json={})
    assert receipt.json()["reference"] == "HTTP 200"
    assert list(desk.receiver.received.values()) == [{"title": "A test"}]
    assert desk.http.delete("/v1/operator/destinations/alerts").status_code == 204
    assert desk.http.get("/v1/operator/destinations/alerts").status_code == 404


def test_each_change_is_in_the_log_and_says_nothing_in_clear(desk: Desk) -> None:
    desk.put("alerts")
    desk.put("alerts")
    desk.http.post("/v1/operator/destinations/alerts/test", json={})
    desk.http.delete("/v1/operator/destinations/alerts")
    desk.runtime.sequencer.drain()
    last = [dict(record) for record in audit.tail(desk.runtime.database, 3)]
    assert {record["action"] for record in last} == {f"destination.{done}" for done in ("created", "tested", "removed")}
    text = json.dumps(last, default=str)
    assert desk.receiver.url not in text
    assert "env:KEY" not in text


def test_a_test_message_must_fit_the_contract(desk: Desk) -> None:
    desk.put("alerts")
    refused = desk.http.post("/v1/operator/destinations/alerts/test", json={"message": {"text": "zanzibar"}})
    assert refused.status_code == 422
    assert refused.json()["code"] == "delivery_refused"
    assert "zanzibar" not in refused.text


def test_a_dead_letter_is_listed_without_its_message_and_replayed(desk: Desk) -> None:
    desk.put("dead-letters")
    sent = desk.dead_delivery("dead-letters")
    listed = desk.http.get("/v1/operator/deliveries", params={"destination": "dead-letters", "state": "dead"})
    assert [each["id"] for each in listed.json()["deliveries"]] == [sent]
    assert "Pump" not in listed.text
    assert desk.http.post(f"/v1/operator/deliveries/{sent}/replay").status_code == 204
    assert desk.destinations.outbox.send_due().sent == 1
    assert desk.http.post(f"/v1/operator/deliveries/{sent}/replay").status_code == 422
    assert desk.http.get("/v1/operator/destinations/dead-letters").json()["deliveries"] == {"sent": 1}


def told(desk: Desk, delivery: str) -> list[dict[str, Any]]:
    """What the log says of a delivery, oldest first."""
    desk.runtime.sequencer.drain()
    events = [record.get("event", record) for record in audit.tail(desk.runtime.database, 200)]
    found = [event for event in events if event["details"].get("delivery") == delivery]
    return sorted(found, key=lambda event: (event["details"]["attempt"], event["kind"]))


def what(events: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    return [(each["kind"], each["details"]["attempt"], each["details"].get("result", "")) for each in events]


def test_a_delivery_is_in_the_log_before_and_after_and_its_message_is_not(desk: Desk) -> None:
    desk.put("logged")
    with desk.runtime.database.writing() as session:
        sent = desk.destinations.outbox.enqueue(session, "logged", "answer-7", {"title": "Pump"}, written_for=("it",))
    desk.destinations.outbox.send_due()
    events = told(desk, sent)
    assert what(events) == [("delivery.intent", 1, ""), ("delivery.outcome", 1, "accepted")]
    intent = events[0]["details"]
    assert (intent["destination"], intent["answer"], intent["connector"]) == ("logged", "answer-7", "webhook")
    body = json.dumps({"title": "Pump"}, separators=(",", ":"))
    commitments = replace(desk.runtime.audit.commitments(), salt=events[0]["salt"])
    assert commitments.of(body) == intent["body"]
    assert "Pump" not in json.dumps(events, default=str)


def test_a_refusal_is_told_as_one(desk: Desk) -> None:
    desk.put("refusing")
    sent = desk.dead_delivery("refusing")
    events = told(desk, sent)
    assert what(events) == [("delivery.intent", 1, ""), ("delivery.outcome", 1, "refused")]
    assert (events[1]["outcome"], events[1]["details"]["reason"]) == ("refused", "delivery_refused")


def test_what_goes_to_the_fallback_is_told_of_both(desk: Desk) -> None:
    desk.put("second", config={"url": f"{desk.receiver.url}/second", "keys": ["env:KEY"], "unencrypted": True})
    desk.put("first", fallback="second")
    sent = desk.dead_delivery("first")
    assert [event["details"]["fallback"] for event in told(desk, sent)[1:]] == ["second"]


def test_a_system_that_is_down_postpones_and_says_so(desk: Desk) -> None:
    desk.put("down")
    desk.receiver.refuses = 503
    with desk.runtime.database.writing() as session:
        sent = desk.destinations.outbox.enqueue(session, "down", "k9", {"title": "Pump"}, written_for=("it",))
    desk.destinations.outbox.send_due()
    desk.receiver.refuses = None
    assert what(told(desk, sent)) == [("delivery.intent", 1, ""), ("delivery.outcome", 1, "postponed")]
    desk.clock.tick(minutes=5)
    desk.destinations.outbox.send_due()
    assert what(told(desk, sent))[2:] == [("delivery.intent", 2, ""), ("delivery.outcome", 2, "accepted")]


class Killed(BaseException):
    """The process ends here."""


def test_a_crash_leaves_an_intent_without_an_outcome(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("crashing")
    with desk.runtime.database.writing() as session:
        sent = desk.destinations.outbox.enqueue(session, "crashing", "k5", {"title": "Pump"}, written_for=("it",))

    def die(*given: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "_arrived", die)
        with pytest.raises(Killed):
            desk.destinations.outbox.send_due()
    assert what(told(desk, sent)) == [("delivery.intent", 1, "")]
    assert len(desk.receiver.received) == 1
    desk.clock.tick(minutes=16)
    desk.destinations.outbox.send_due()
    assert what(told(desk, sent)) == [
        ("delivery.intent", 1, ""), ("delivery.intent", 2, ""), ("delivery.outcome", 2, "accepted"),
    ]  # fmt: skip
    assert len(desk.receiver.received) == 1


def test_nothing_is_sent_that_cannot_be_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("untold")
    with desk.runtime.database.writing() as session:
        desk.destinations.outbox.enqueue(session, "untold", "k6", {"title": "Pump"}, written_for=("it",))

    def full(*given: Any) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(DeliveryLog, "begins", full)
    with pytest.raises(Unavailable):
        desk.destinations.outbox.send_due()
    assert desk.receiver.received == {}


# The command line


@pytest.fixture
def vouch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    @contextmanager
    def connect() -> Iterator[Any]:
        made = cli_client.Client.__new__(cli_client.Client)
        made._http = desk.http  # pyright: ignore
        yield made

    monkeypatch.setattr(commands, "connect", connect)

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(commands.app, list(arguments))
        return result.exit_code, result.output

    return run


def test_a_person_sets_up_a_webhook_from_the_terminal(desk: Desk, vouch: Any, tmp_path: Path) -> None:
    body = desk.body()
    (tmp_path / "w.yaml").write_text(json.dumps(body["config"]))
    (tmp_path / "c.json").write_text(json.dumps(CONTRACT))
    given = ["--config", str(tmp_path / "w.yaml"), "--contract", str(tmp_path / "c.json"), "--audience", "it, staff"]
    assert "created" in vouch("add", "webhook", "alerts", *given)[1]
    assert vouch("check", "alerts")[0] == 0
    assert "HTTP 200" in vouch("test", "alerts")[1]
    assert "it, staff" in vouch("list")[1]
    assert "env:KEY" in vouch("show", "alerts")[1]
    sent = desk.dead_delivery("alerts")
    assert json.loads(vouch("deliveries", "--state", "dead", "--destination", "alerts", "--json")[1])[0]["id"] == sent
    assert "1 delivery" in vouch("replay", "--destination", "alerts")[1]
    assert vouch("replay")[0] == 1
    assert vouch("remove", "alerts")[0] == 0


def test_the_terminal_shows_the_kinds_and_an_example(vouch: Any) -> None:
    assert "servicenow" in vouch("kinds")[1]
    assert vouch("kinds", "jira")[1].startswith("site: https://")
    assert vouch("kinds", "fax")[0] == 1


def test_a_check_that_fails_says_what_to_do_and_exits_with_1(desk: Desk, vouch: Any) -> None:
    desk.put("alerts", config={"url": "https://elsewhere.example/in", "keys": ["env:KEY"]})
    code, text = vouch("check", "alerts")
    assert code == 1
    assert "egress.hosts" in text


def test_a_file_that_holds_no_mapping_is_refused(vouch: Any, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text("- whsec_c2VjcmV0")
    given = ["--config", str(tmp_path / "w.yaml"), "--contract", str(tmp_path / "w.yaml"), "--audience", "it"]
    code, text = vouch("add", "webhook", "alerts", *given)
    assert code == 1
    assert "whsec" not in text
