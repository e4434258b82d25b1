"""One installation for all tests of sources, without a source before and after each.

A source is a bucket (moto's S3 server), a table (SQLite) or a folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from connectors.settings import SourcesSettings
from core.egress import EgressSettings
from tests.api.sources.owned import ANA, OLA
from tests.api.visitors import House
from tests.connectors.s3_server import SECRETS, Store, server, store
from tests.connectors.tickets import SECRET, Tickets, sqlite
from tests.installation import Installation

NUMBER = count(1)


@pytest.fixture(scope="package")
def endpoint() -> Iterator[str]:
    with server() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    for ref, value in SECRETS.items():
        monkeypatch.setenv(ref.removeprefix("env:"), value)
    made = store(endpoint, f"sources-{next(NUMBER)}")
    made.put("leave.md", "# Leave\n\nEvery employee has 27 days of annual leave.\n")
    made.put("travel.md", "# Travel\n\nThe hotel cap in Oslo is 190 euros a night.\n")
    return made


@pytest.fixture
def tickets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tickets]:
    with sqlite(tmp_path) as made:
        monkeypatch.setenv(SECRET.removeprefix("env:"), made.url)
        yield made


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    egress = EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",))  # type: ignore[arg-type]
    opened = SourcesSettings(secrets=(*SECRETS, SECRET))
    installation = Installation(tmp_path_factory.mktemp("owners"), egress=egress, sources=opened)
    installation.person(ANA, "staff")
    installation.person(OLA, roles=("employee", "connector_owner"))
    yield House(installation)
    installation.close()


@pytest.fixture
def house(shared: House) -> Iterator[House]:
    """Without a source, before and after."""
    yield shared
    operator = shared.operator()
    for each in operator.get("/v1/sources").json()["configured"]:
        assert operator.delete(f"/v1/sources/{each['name']}").status_code == 200


@pytest.fixture
def ola(house: House) -> TestClient:
    return house.browser(OLA)


@pytest.fixture
def ana(house: House) -> TestClient:
    return house.browser(ANA)
