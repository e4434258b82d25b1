"""What was begun and has not ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest
from sqlalchemy import select

from core.audit import Event, Kind
from core.audit.events import DETAILS
from core.audit.intents import FAMILIES
from core.audit.tables import IntentRow
from core.clock import utc_now
from tests.core.audit.installation import Installation

ZERO = "0" * 64
BEGUN: dict[str, dict[str, Any]] = {
    "ask.intent": {"access": "ab" * 16, "grants": 1, "answer": "a-1", "question": ZERO, "conversation": "c-1"},
    "model.intent": {
        "answer": "a-1", "model": "small", "version": "v1", "provider": "compatible", "tier": "small", "prompt": ZERO,
        "policy": 1, "redaction": "r-1",
    },
    "delivery.intent": {
        "delivery": "d-1", "destination": "jira", "answer": "a-1", "attempt": 1, "connector": "jira", "body": ZERO,
    },
}  # fmt: skip
ENDED: dict[str, dict[str, Any]] = {
    "ask.intent": {"answer": "a-1", "status": "answered", "shown": 1, "dropped": 0},
    "model.intent": {
        "answer": "a-1", "model": "small", "version": "v1", "attempts": 1, "reply": ZERO, "tokens_in": 1,
        "tokens_out": 1,
    },
    "delivery.intent": {"delivery": "d-1", "destination": "jira", "answer": "a-1", "attempt": 1, "result": "accepted"},
}  # fmt: skip
KINDS = sorted(FAMILIES)


def begin(installation: Installation, kind: str, **changed: Any) -> str:
    subject = installation.log.subject("person-1")
    details = BEGUN[kind] | changed
    return installation.log.append(
        Event(kind, subject, "ask", "started", utc_now(), trace_id="t-1", salt="1f" * 16, details=details)  # pyright: ignore
    )


def end(installation: Installation, kind: str, **changed: Any) -> Event:
    family = FAMILIES[kind]
    details = ENDED[kind] | changed
    return Event(family.outcome, "", "ask", "done", utc_now(), salt="1f" * 16, details=details)


def opened(installation: Installation) -> list[str]:
    with installation.database.reading() as session:
        return [row.id for row in session.scalars(select(IntentRow).order_by(IntentRow.at))]


def test_every_kind_of_intent_has_an_outcome() -> None:
    intents = {kind for kind in get_args(Kind) if kind.endswith(".intent")}
    assert intents == set(FAMILIES) == set(BEGUN)
    for kind, family in FAMILIES.items():
        for name in (*family.ref, *family.carried):
            assert name in DETAILS[kind].model_fields  # pyright: ignore[reportArgumentType]
            assert name in DETAILS[family.outcome].model_fields


@pytest.mark.parametrize("kind", KINDS)
def test_an_outcome_ends_its_intent_in_either_way_of_writing(installation: Installation, kind: str) -> None:
    begin(installation, kind)
    assert len(opened(installation)) == 1
    installation.log.append(end(installation, kind))
    assert opened(installation) == []
    begin(installation, kind)
    with installation.database.writing() as session:
        installation.log.enlist(session, end(installation, kind))
    assert opened(installation) == []


def test_an_outcome_that_is_not_kept_ends_nothing(installation: Installation) -> None:
    begun = begin(installation, "ask.intent")

    def fail() -> None:
        with installation.database.writing() as session:
            installation.log.enlist(session, end(installation, "ask.intent"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert opened(installation) == [begun]


def test_an_outcome_ends_one_of_its_own(installation: Installation) -> None:
    first, second = begin(installation, "model.intent"), begin(installation, "model.intent")
    other = begin(installation, "model.intent", model="large")
    installation.log.append(end(installation, "model.intent"))
    assert opened(installation) == [second, other]
    assert first not in opened(installation)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_open_is_closed_as_unknown_once(installation: Installation, kind: str) -> None:
    begin(installation, kind)
    assert installation.log.close_open_intents(utc_now() - timedelta(hours=1)) == 0
    assert installation.log.close_open_intents() == 1
    assert installation.log.close_open_intents() == 0
    installation.sequencer.drain()
    record = installation.rows()[-1].record.decode()
    assert f'"kind":"{FAMILIES[kind].outcome}"' in record
    assert '"outcome":"unknown"' in record
    assert '"reason":"unknown"' in record
    assert '"trace_id":"t-1"' in record
    assert installation.log.subject("person-1") in record
    assert installation.verify().ok


def test_many_are_closed_and_only_those_that_are_old_enough(installation: Installation) -> None:
    for number in range(230):
        begin(installation, "ask.intent", answer=f"a-{number}")
    now = utc_now()
    young = begin(installation, "ask.intent", answer="young")
    assert installation.log.close_open_intents(now) == 230
    assert opened(installation) == [young]
