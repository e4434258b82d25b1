"""One installation behind the HTTP API for all tests here: what they change is put back, or is theirs alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api import company
from api.http.app import create_app
from tests.api.visitors import House
from tests.installation import Installation

ANA, BO, HANA = "ana@x.example", "bo@x.example", "hana@x.example"
"""Staff, sales, and staff with human resources."""
LEAVE = "How many days of annual leave does an employee have?"

PEOPLE = [
    {"id": "e1", "title": "Rasmus Thyholt", "text": "Rasmus Thyholt works in Skovhage.", "salary": "78,600 euros"},
    {"id": "e2", "title": "Mirjam Haldern", "text": "Mirjam Haldern works in Lauwerdam.", "salary": "91,200 euros"},
]


def fill(installation: Installation, folder: Path) -> None:
    installation.person(ANA, "staff")
    installation.person(BO, "sales")
    installation.person(HANA, "staff", "hr")
    policies = folder / "policies"
    policies.mkdir()
    shutil.copy(company.DOCUMENTS / "policies" / "travel-policy-2026.pdf", policies)
    (policies / "leave.md").write_text("# Leave\n\nEvery employee has 27 days of annual leave.\n")
    (policies / "parking.md").write_text("# Parking\n\nThe car park in Oslo opens at 6 in the morning.\n")
    installation.ingest(policies, "policies", ["staff"])
    installation.records("people", PEOPLE, allow=["staff"], restrict={"salary": ["hr"]})
    offers = [
        {"id": "o1", "title": "Offer", "text": "Brackwell gets forty pumps for 596,000 euros.", "allow": ["sales"]},
        {"id": "o2", "title": "Offer", "text": "Noordveen gets nine pumps for 134,100 euros.", "allow": ["legal"]},
    ]
    installation.records("offers", offers, allow=["legal"])


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory = tmp_path_factory.mktemp("house")
    installation = Installation(directory)
    fill(installation, directory)
    yield House(installation)
    installation.close()


@pytest.fixture(scope="session")
def ana(house: House) -> TestClient:
    """A browser in which Ana is signed in."""
    return house.browser(ANA)


@pytest.fixture(scope="session")
def bo(house: House) -> TestClient:
    return house.browser(BO)


@pytest.fixture(scope="session")
def hana(house: House) -> TestClient:
    return house.browser(HANA)


@pytest.fixture
def small_house(installation: Installation) -> House:
    """An installation for one test, with one document and Ana."""
    installation.person(ANA, "staff")
    installation.records("rules", [{"id": "r1", "title": "Leave", "text": "Every employee has 27 days of leave."}])
    return House(installation)


@pytest.fixture
def new_app() -> Callable[[Installation], TestClient]:
    return lambda installation: TestClient(create_app(installation.runtime))
