"""The demo company with answers that somebody asked for, said something of, and that two reviewers may look at."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

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
