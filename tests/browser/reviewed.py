"""The demo company with answers that somebody asked for, said something of, and that two reviewers may look at."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from api.auditing import open_log, records_read
from api.settings import Settings
from core.audit import Event
from core.clock import utc_now
from tests.browser.administered import ADMIN, administered
from tests.browser.conftest import Server

JOANNA, WILLEM, FEMKE = (
    f"{name}@averholt.example" for name in ("joanna.krasik", "willem.terborgh", "femke.oudhof")
)  # fmt: skip
QUESTIONS = (
    "To whom does Rasmus Thyholt report?",
    "What is the standard delivery time for the AV-520?",
    "How quickly must I report a security incident?",
)


@contextmanager
def reviewed(folder: Path) -> Generator[Server]:
    """A server whose second reviewer is Femke Oudhof, with three questions that Joanna Krasik asked."""
    with administered(folder) as running:
        appoint(running.url)
        ask(running.url)
        yield running


@contextmanager
def signed_in(url: str, email: str) -> Generator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"X-Vouch": "1"}, timeout=120) as client:
        call(client, "POST", "/v1/session", {"email": email})
        yield client


def call(client: httpx.Client, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = client.request(method, path, json=body)
    assert reply.is_success, (path, reply.text)
    return reply.json() if reply.content else {}


def appoint(url: str) -> None:
    with signed_in(url, ADMIN) as daan:
        roles = ["employee", "admin"]
        call(
            daan, "POST", "/v1/operator/people", {"email": WILLEM, "roles": roles, "groups": ["finance", "management"]}
        )
        asked = call(daan, "POST", "/v1/role-requests", {"email": FEMKE, "why": "She helps with the audit"})
    with signed_in(url, WILLEM) as willem:
        call(willem, "POST", f"/v1/role-requests/{asked['id']}/approve", {})


def ask(url: str) -> None:
    with signed_in(url, JOANNA) as joanna:
        given = [call(joanna, "POST", "/v1/ask", {"question": question}) for question in QUESTIONS]
        opinion = {"rating": "down", "reasons": ["incomplete"], "comment": "It leaves out whom to call."}
        call(joanna, "PUT", f"/v1/answers/{given[-1]['answer_id']}/feedback", opinion)


def lengthen(server: Server, records: int) -> None:
    """So many more records in the log of a running server, handed in beside it as ``vouch audit`` does."""
    with open_log(Settings(data_dir=Path(server.environment["VOUCH_DATA_DIR"]))) as log:
        joanna, astrid = log.audit.subject(JOANNA), log.audit.subject("astrid")
        opened = {"document": log.audit.subject("a document"), "access": "0" * 64, "grants": 0}

        def record(place: int) -> Event:
            if place % 2:
                return records_read([place], utc_now(), astrid, "")
            return Event("document.read", joanna, "document.read", "done", utc_now(), details=opened)

        # Writers at one time share a transaction, as those of a server do.
        with ThreadPoolExecutor(16) as writers:
            list(writers.map(log.audit.append, map(record, range(1, records + 1))))
        log.sequencer.drain()
