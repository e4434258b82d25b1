"""Any request that the schema allows, and many that it does not: no fault of the server, the promised shape, and
nothing of how Vouch is made in any reply."""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks as conformance
from starlette.testclient import TestClient

from api.settings import WebSettings
from tests.api.conftest import ANA, LEAVE
from tests.api.visitors import House, ask
from tests.installation import Installation

ADA, OTTO, RUTH = "ada@x.example", "otto@x.example", "ruth@x.example"
SEED = int(os.environ.get("VOUCH_FUZZ_SEED", "6"))
CHECKED = [
    checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
]
INSIDE = re.compile(
    r"Traceback|\.py\b|site-packages|sqlalchemy|sqlite3|psycopg|\bSELECT\b .+ \bFROM\b|\bINSERT INTO\b|"
    r"/(?:home|usr|tmp|var|work|root)/|\b(?:api|core|answer|retrieval|ingest|connectors)\.[a-z_]+\.[a-z_]+"
)
"""What tells how the server is made or where it lies."""
REFUSED = {"refused", "unavailable"}
"""Faults of the world that a request may meet: a 503 that says so is no fault of the server's own."""
ORDER = ("get", "put", "patch", "post", "delete")
ENDING = ("/v1/session", "/v1/operator/people", "/v1/service-accounts")
"""Where somebody may sign out, or be signed out: whoever comes next comes in anew."""
FEW = settings(
    max_examples=2, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


class Fuzzing:
    """A house with something to find in it, and those who ask: nobody known, somebody who asks, an administrator, a
    reviewer."""

    def __init__(self, installation: Installation) -> None:
        for email, roles in (
            (ANA, ["employee"]),
            (ADA, ["employee", "admin"]),
            (OTTO, ["employee"]),
            (RUTH, ["employee", "reviewer"]),
        ):
            installation.person(email, roles=roles)
        installation.records("rules", [{"id": "r1", "title": "Leave", "text": "Every employee has 27 days of leave."}])
        self.house = House(installation)
        self.configured = str(installation.directory / "rules.jsonl")
        answer = ask(self.house.browser(ANA), LEAVE)
        self.known: dict[str, Any] = {
            "answer_id": answer["answer_id"], "conversation_id": answer["conversation_id"], "number": 1,
            "document_id": answer["sources"][0]["document"]["id"], "name": "rules", "email": OTTO,
        }  # fmt: skip
        self.statuses: Counter[int] = Counter()
        self.clients: dict[str | None, TestClient] = {}

    def complaints(self, modes: Sequence[GenerationMode], often: settings) -> list[str]:
        """What is wrong with replies."""
        schema = schemathesis.openapi.from_dict(self.house.app.openapi())
        operations = [each.ok() for each in schema.get_all_operations()]
        found: list[str] = []
        for operation in sorted(operations, key=lambda each: ORDER.index(each.method)):
            if not self.clients or operation.path.startswith(ENDING):
                self.clients = {
                    None: self.house.visitor(**{"X-Vouch": "1"}),
                    ANA: self.house.browser(ANA),
                    ADA: self.house.browser(ADA),
                    RUTH: self.house.browser(RUTH),
                }
            known = {name: value for name, value in self.known.items() if f"{{{name}" in operation.path}
            for mode in modes:
                try:
                    seed(SEED)(
                        often(given(case=operation.as_strategy(generation_mode=mode))(self._check(known, found)))
                    )()
                except Unsatisfiable:
                    # There is nothing that its schema does not allow.
                    continue
        return found

    def _check(self, known: dict[str, Any], found: list[str]) -> Callable[[Case], None]:
        """Sends a case for everybody; every other one for what there is."""
        turns = itertools.cycle((True, False))

        def check(case: Case) -> None:
            if next(turns) and isinstance(case.path_parameters, dict):
                case.path_parameters.update(
                    {name: each for name, each in known.items() if name in case.path_parameters}
                )
            for client in self.clients.values():
                found.extend(f"{case.operation.label}: {each}" for each in self._sent(case, client))

        return check

    def _sent(self, case: Case, client: TestClient) -> Iterator[str]:
        sent = case.as_transport_kwargs(base_url="http://testserver")
        sent.pop("cookies", None)
        if isinstance(sent.get("data"), bytes | str):
            sent["content"] = sent.pop("data")
        response = client.request(**sent)
        self.statuses[response.status_code] += 1
        # Who manages a source may see where it was said to lie.
        inside = INSIDE.search(response.text.replace(self.configured, ""))
        if inside is not None:
            yield f"{response.status_code} tells {inside.group()}"
        if response.status_code == 503 and response.json()["code"] in REFUSED:
            return
        try:
            case.validate_response(response, checks=CHECKED)
        except FailureGroup as group:
            yield from (f"{_shortened(each)} ({_shortened(response.text)})" for each in group.exceptions)
        except Failure as failure:
            yield f"{_shortened(failure)} ({_shortened(response.text)})"


def _shortened(text: object) -> str:
    return " ".join(str(text).split())[:300]


@pytest.fixture(scope="module")
def fuzzing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzing]:
    directory = tmp_path_factory.mktemp("fuzzed")
    web = WebSettings(hosts=("testserver",), failures_per_minute=10_000_000, requests_per_minute=10_000_000)
    installation = Installation(directory, web=web, ask_per_minute=10_000_000)
    yield Fuzzing(installation)
    installation.close()


def test_no_request_makes_the_server_fail_or_tell_how_it_is_made(fuzzing: Fuzzing) -> None:
    assert fuzzing.complaints([GenerationMode.POSITIVE], FEW) == []
    assert {200, 401, 403, 404, 422} <= set(fuzzing.statuses)


@pytest.mark.soak
def test_no_request_does_so_in_many(fuzzing: Fuzzing) -> None:
    assert fuzzing.complaints(list(GenerationMode), settings(FEW, max_examples=100)) == []
