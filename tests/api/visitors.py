"""Whoever calls the HTTP API: a browser of a signed-in person, a program with a key, the operator of the machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from starlette.testclient import TestClient

from api.http.app import create_app
from tests.installation import Installation

PROBLEM = {"type", "title", "status", "detail", "hint", "code", "trace_id"}
EVENTS = "text/event-stream"


class Response(Protocol):
    """What a test looks at in a reply, whichever HTTP client gave it."""

    status_code: int

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def text(self) -> str: ...

    def json(self) -> Any: ...


class House:
    """An installation behind its HTTP application."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.runtime = installation.runtime
        self.app = create_app(installation.runtime)

    def visitor(self, **headers: str) -> TestClient:
        """Somebody who has not signed in. A fault of the server answers, as it does in production."""
        return TestClient(self.app, raise_server_exceptions=False, headers=headers)

    def browser(self, email: str) -> TestClient:
        """A browser that came in with a sign-in link and speaks as Vouch's own pages do."""
        visitor = self.visitor(**{"X-Vouch": "1"})
        signed_in = visitor.post("/v1/session", json={"link": self.link(email)})
        assert signed_in.status_code == 200, signed_in.text
        return visitor

    def operator(self, acting: str | None = None) -> TestClient:
        acts = {"X-Vouch-As": acting} if acting else {}
        return self.visitor(Authorization=f"Bearer {self.runtime.operator_token}", **acts)

    def link(self, email: str) -> str:
        return self.operator().post(f"/v1/operator/people/{email}/link").json()["token"]

    def key(self, email: str, days: int = 90) -> str:
        return self.operator().post(f"/v1/operator/people/{email}/key", params={"days": days}).json()["token"]


def assert_problem(response: Response, status: int, code: str) -> dict[str, Any]:
    """The reply is a problem of that status and code, complete, and says what to do."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == PROBLEM
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:vouch:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["hint"]
    assert problem["trace_id"]
    return problem


def ask(client: TestClient, question: str, **more: Any) -> dict[str, Any]:
    response = client.post("/v1/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    return response.json()


def streamed(client: TestClient, question: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of an answer as it arrives: (name, data)."""
    response = client.post("/v1/ask", json={"question": question}, headers={"Accept": EVENTS})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith(EVENTS)
    events: list[tuple[str, dict[str, Any]]] = []
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n", 1)
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events
