"""Connector owners and their sources: who they are, and what they do over HTTP."""

from __future__ import annotations

import json
from queue import SimpleQueue
from typing import Any

from starlette.testclient import TestClient

from connectors import repository
from core.jobs import Job
from ingest.work import Work
from tests.api.visitors import EVENTS, House
from tests.connectors.s3_server import SECRETS, Store

ANA, OLA, ADA = "ana@x.example", "ola@x.example", "ada@x.example"
"""Staff, a connector owner who is in no group, and an administrator."""
SECRET_TEXT = SECRETS["env:S3_SECRET"]


def events(client: TestClient, method: str, path: str, body: Any = None) -> list[tuple[str, dict[str, Any]]]:
    response = client.request(method, path, json=body, headers={"Accept": EVENTS})
    assert response.headers["content-type"].startswith(EVENTS), response.text
    blocks = (block.split("\n", 1) for block in response.text.strip().split("\n\n"))
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def wiki(bucket: Store, /, **more: Any) -> dict[str, Any]:
    return {"name": "wiki", "kind": "s3", "config": bucket.config(**more)}


def add(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post("/v1/sources", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def sync(client: TestClient, name: str, **body: Any) -> dict[str, Any]:
    """The counts of a sync that was followed to its end."""
    name, report = events(client, "POST", f"/v1/sources/{name}/sync", body)[-1]
    assert name == "report", report
    return report["counts"]


def found(house: House, query: str, email: str = ANA) -> set[str]:
    return house.installation.found(query, email)


def record_of(house: House, name: str) -> repository.SourceRecord:
    with house.runtime.database.reading() as session:
        return repository.by_name(session, name)


def id_of(house: House, name: str) -> str:
    return record_of(house, name).id


class Workers:
    """A queue with a worker behind it, once that runs."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.done: list[Job] = []

    def send(self, job: Job) -> None:
        self._jobs.put(job)

    def end(self) -> None:
        self._jobs.put(None)

    def run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._work.perform(job)
            self.done.append(job)
