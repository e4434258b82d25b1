"""Webhooks of sources: signatures, the keys they name, and what is read because of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from api.http import errors
from api.http.announcements import intake_of, router
from connectors import failures, repository, tasks
from connectors.announcements import KEYS, Announcements, Intake, announced_keys, put_in_line
from connectors.destinations.webhook import sign, signing_key
from connectors.tables import TaskRow
from core.database import Database
from core.errors import Forbidden, Invalid, NotFound
from core.secrets import Secret
from tests.conftest import StandingClock
from tests.connectors.destinations.receiver import KEY, NEXT_KEY

STANDARD = Announcements(secrets=("env:NEW", "env:OLD"), keys=("data.id", "also.*.id"), key="incident/{}")
SECRETS = {"env:NEW": NEXT_KEY, "env:OLD": KEY, "env:HUB": "hub-secret"}
BODY = orjson.dumps({"data": {"id": 7}, "also": [{"id": "a"}, {"id": True}, {"no": 1}, {"id": "a"}]})


def secret(ref: str) -> Secret:
    return Secret(SECRETS[ref].encode())


def signed(clock: StandingClock, body: bytes = BODY, key: str = KEY, ago: int = 0) -> dict[str, str]:
    timestamp = int(clock().timestamp()) - ago
    signature = sign(signing_key(Secret(key.encode())), "m-1", timestamp, body)
    return {"Webhook-Id": "m-1", "Webhook-Timestamp": str(timestamp), "Webhook-Signature": f"v1,AAAA {signature}"}


class Listener:
    """A source of which only its ears matter."""

    def __init__(self, clock: StandingClock) -> None:
        self._clock = clock

    def announced(self, headers: Mapping[str, str], body: bytes) -> tuple[str, ...]:
        return announced_keys(STANDARD, headers, body, secret=secret, now=self._clock())


@pytest.mark.parametrize("key", [KEY, NEXT_KEY])
def test_a_signed_announcement_names_its_items(clock: StandingClock, key: str) -> None:
    keys = announced_keys(STANDARD, signed(clock, key=key), BODY, secret=secret, now=clock())
    assert keys == ("incident/7", "incident/a")


def test_a_forged_changed_or_recorded_announcement_is_refused(clock: StandingClock) -> None:
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    good = signed(clock)
    for headers, body in (
        (signed(clock, key=other), BODY),
        (good, BODY + b" "),
        ({**good, "Webhook-Id": "m-2"}, BODY),
        ({**good, "Webhook-Timestamp": "soon"}, BODY),
        ({**good, "Webhook-Signature": "v1,é"}, BODY),
        (signed(clock, ago=301), BODY),
        (signed(clock, ago=-301), BODY),
        ({}, BODY),
    ):
        with pytest.raises(Forbidden):
            announced_keys(STANDARD, headers, body, secret=secret, now=clock())


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_the_hmac_of_a_body_in_a_header_of_the_systems_own_is_understood(clock: StandingClock, encoding: Any) -> None:
    how = Announcements(
        scheme="hmac-sha256", secrets=("env:HUB",), header="X-Hub-Signature", encoding=encoding, keys=("data.id",)
    )
    mac = hmac.new(b"hub-secret", BODY, hashlib.sha256)
    text = mac.hexdigest() if encoding == "hex" else base64.b64encode(mac.digest()).decode()
    right = {"x-hub-signature": f"sha256={text}"}
    assert announced_keys(how, right, BODY, secret=secret, now=clock()) == ("7",)
    with pytest.raises(Forbidden):
        announced_keys(how, {"x-hub-signature": text}, BODY, secret=secret, now=clock())


def test_how_a_system_announces_is_checked_when_it_is_declared() -> None:
    for wrong in ({"header": "X"}, {"scheme": "hmac-sha256"}, {"key": "none"}, {"keys": []}, {"secrets": ["plain"]}):
        with pytest.raises(ValueError, match=r"header|key|secrets"):
            Announcements.model_validate({"secrets": ["env:A"], "keys": ["id"], **wrong})


@pytest.fixture
def source_id(database: Database, clock: StandingClock) -> str:
    with database.writing() as session:
        return repository.put(session, "tickets", "servicenow", {}, by="operator", now=clock()).id


def test_named_items_are_due_to_be_read_at_once(database: Database, clock: StandingClock, source_id: str) -> None:
    intake = Intake(database, lambda record: Listener(clock), clock)  # pyright: ignore
    assert intake.take("tickets", signed(clock), BODY) == 2
    assert intake.take("tickets", signed(clock), BODY) == 2
    with database.reading() as session:
        assert set(failures.due(session, source_id, clock(), 10)) == {"incident/7", "incident/a"}
        assert tasks.of_source(session, source_id)["retry"].due_at == clock()


def test_an_announcement_brings_a_failed_items_next_attempt_forward(
    database: Database, clock: StandingClock, source_id: str
) -> None:
    from connectors.sources.base import Fault

    with database.writing() as session:
        failures.record(session, source_id, [Fault("incident/7", "was locked")], clock())
        put_in_line(session, source_id, ["incident/7"], clock())
    with database.reading() as session:
        assert failures.due(session, source_id, clock(), 10) == ("incident/7",)
        assert failures.of_source(session, source_id)[0].reason == "was locked"


def test_a_flood_of_keys_becomes_one_poll(database: Database, clock: StandingClock, source_id: str) -> None:
    with database.writing() as session:
        put_in_line(session, source_id, [f"incident/{n}" for n in range(KEYS + 1)], clock())
    with database.reading() as session:
        assert not failures.of_source(session, source_id)
        assert session.scalars(select(TaskRow.task)).all() == ["poll"]


def test_a_source_that_is_not_there_looks_like_one_that_does_not_listen(
    database: Database, clock: StandingClock, source_id: str
) -> None:
    intake = Intake(database, lambda record: object(), clock)  # pyright: ignore
    told: list[str] = []
    for name in ("tickets", "nothing"):
        with pytest.raises(NotFound) as caught:
            intake.take(name, {}, b"{}")
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_systems_announce_over_http_without_signing_in(
    database: Database, clock: StandingClock, source_id: str
) -> None:
    app = FastAPI()
    errors.install(app)
    app.include_router(router)
    app.dependency_overrides[intake_of] = lambda: Intake(database, lambda record: Listener(clock), clock)  # pyright: ignore
    http = TestClient(app)
    place = "/v1/sources/tickets/announcements"
    assert http.post(place, content=BODY, headers=signed(clock)).json() == {"items": 2}
    assert http.post(place, content=BODY).status_code == 403
    assert http.post(place, content=b"x" * (2**20 + 1)).status_code == 422
    with pytest.raises(Invalid):
        announced_keys(STANDARD, signed(clock, b"no"), b"no", secret=secret, now=clock())
