"""The sending process is killed by the system that it writes to, right after that has done its work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.destinations import repository
from connectors.destinations.catalogue import open_destination
from connectors.destinations.declare import Declared, declare
from connectors.destinations.outbox import Outbox
from core.database import Database
from tests.conftest import StandingClock
from tests.connectors.destinations.means import means
from tests.connectors.destinations.receiver import KEY, Receiver
from tests.fakes.jira import FakeJira
from tests.fakes.loopback import Asked, LoopbackServer, Reply
from tests.fakes.servicenow_write import FakeServiceNow

Case = tuple[str, LoopbackServer, dict[str, Any], dict[str, str], Callable[[], int]]


def webhook(clock: StandingClock) -> Case:
    server = Receiver(now=lambda: clock().timestamp())
    config = {"url": f"{server.url}/in", "keys": ["env:KEY"], "unencrypted": True}
    return "webhook", server, config, {"env:KEY": KEY}, lambda: len(server.received)


def servicenow(clock: StandingClock) -> Case:
    server = FakeServiceNow()
    config = {"instance": server.url, "user": server.user, "password": "env:P"}
    return "servicenow", server, config, {"env:P": server.password}, lambda: len(server.rows)


def jira(clock: StandingClock) -> Case:
    server = FakeJira()
    config = {"site": server.url, "email": server.email, "token": "env:T", "project": server.project}
    return "jira", server, config, {"env:T": server.token}, lambda: len(server.issues)


@pytest.mark.parametrize("made", [webhook, servicenow, jira], ids=lambda made: made.__name__)
def test_a_kill_between_sending_and_committing_leaves_one_message(
    made: Callable[[StandingClock], Case], store: Database, database_url: str, clock: StandingClock
) -> None:
    kind, server, config, secrets, arrived = made(clock)
    opened = means(clock, secrets)
    outbox = Outbox(store, lambda record: open_destination(record.kind, record.config, opened), clock, Random(7))
    with store.writing() as session:
        declare(session, Declared("there", kind, config, {}, ("it",)), by="operator", now=clock())
        sent = outbox.enqueue(session, "there", "k1", {"title": "Pump 7", "text": "leaks"}, written_for=("it",))

    with server:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.connectors.destinations.sender", database_url, json.dumps(secrets)],
            cwd=Path(__file__).parents[3],
        )

        def kill(asked: Asked, reply: Reply) -> Reply:
            if arrived():
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
            return reply

        # The request that looks for an earlier attempt comes first, where there is one.
        server.spoil_next("", kill, times=1 if kind == "webhook" else 2)
        assert process.wait() == -signal.SIGKILL
        assert arrived() == 1
        with store.reading() as session:
            assert repository.delivery(session, sent).state == "waiting"

        clock.tick(minutes=16)
        assert outbox.send_due().sent == 1
        assert arrived() == 1
    posts = [asked for asked in server.asked if asked.method == "POST"]
    assert len(posts) == (2 if kind == "webhook" else 1)
    with store.reading() as session:
        assert repository.delivery(session, sent).state == "sent"
