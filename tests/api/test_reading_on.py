"""What leads a reader on from an answer: sections beside those it cites, documents that changed, what is indexed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.api.conftest import ANA, BO, LEAVE
from tests.api.visitors import House, ask, assert_problem
from tests.installation import Installation

HANDBOOK = """# Handbook

## Annual leave

Every employee has 27 days of annual leave.

## Sick leave

Report sickness before nine in the morning on the first day.

## Parental leave

Parents have 16 weeks of parental leave.
"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("hall")
    installation = Installation(folder / "data")
    installation.person(ANA, "staff")
    installation.person(BO, "kitchen")
    policies = folder / "policies"
    policies.mkdir()
    (policies / "handbook.md").write_text(HANDBOOK)
    (policies / "zebra.md").write_text("# Zebra crossings\n\nLook left, then right.\n")
    (policies / "aerial.md").write_text("# Ärial masts\n\nMasts are climbed in pairs.\n")
    installation.ingest(policies, "policies", ["staff"])
    installation.records("recipes", [{"id": "1", "title": "Soup", "text": "Soup is boiled."}], allow=["kitchen"])
    yield House(installation)
    installation.close()


@pytest.fixture(scope="module")
def staff(hall: House) -> TestClient:
    return hall.browser(ANA)


@pytest.fixture(scope="module")
def kitchen(hall: House) -> TestClient:
    return hall.browser(BO)


def test_an_answer_leads_to_the_sections_that_it_does_not_cite(staff: TestClient, kitchen: TestClient) -> None:
    answer = ask(staff, LEAVE)
    assert "27 days" in answer["sentences"][0]["text"]
    found = staff.get(f"/v1/answers/{answer['answer_id']}/follow-ups").json()["sections"]
    headings = [each["heading"] for each in found]
    assert "Sick leave" in headings
    assert "Annual leave" not in headings
    assert {each["document"]["title"] for each in found} <= {each["document"]["title"] for each in answer["sources"]}
    assert_problem(kitchen.get(f"/v1/answers/{answer['answer_id']}/follow-ups"), 404, "not_found")


def test_an_answer_without_sources_leads_nowhere(kitchen: TestClient) -> None:
    answer = ask(kitchen, LEAVE)
    assert answer["status"] == "abstained"
    assert kitchen.get(f"/v1/answers/{answer['answer_id']}/follow-ups").json() == {"sections": []}


def test_documents_are_listed_by_title_page_by_page_for_those_who_may_read_them(
    staff: TestClient, kitchen: TestClient
) -> None:
    first = staff.get("/v1/sources/policies/documents", params={"limit": 2}).json()
    rest = staff.get("/v1/sources/policies/documents", params={"limit": 2, "cursor": first["next"]}).json()
    titles = [each["document"]["title"] for each in (*first["documents"], *rest["documents"])]
    assert sorted(titles) == titles
    assert set(titles) == {"Handbook", "Zebra crossings", "Ärial masts"}
    assert rest["next"] is None
    assert all(each["as_of"] for each in first["documents"])
    listed = staff.get("/v1/sources").json()["sources"]
    assert {each["name"]: each["documents"] for each in listed} == {"policies": len(titles)}
    (found,) = staff.get("/v1/sources/policies/documents", params={"text": "äRIAL"}).json()["documents"]
    assert found["document"]["title"] == "Ärial masts"
    for client, source in ((staff, "recipes"), (kitchen, "policies"), (staff, "nothing")):
        assert_problem(client.get(f"/v1/sources/{source}/documents"), 404, "not_found")
    assert_problem(staff.get("/v1/sources/policies/documents", params={"cursor": "nonsense"}), 422, "invalid")


def test_a_citation_says_that_its_document_has_changed(hall: House, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "gym.md").write_text("# Gym\n\nThe gym on the third floor opens at seven in the morning.\n")
    hall.installation.ingest(folder, "rules", ["staff"])
    staff = hall.browser(ANA)
    answer = ask(staff, "When does the gym on the third floor open?")

    def current() -> set[bool]:
        shown = staff.get(f"/v1/answers/{answer['answer_id']}").json()
        return {each["current"] for sentence in shown["sentences"] for each in sentence["citations"]}

    assert current() == {True}
    (folder / "gym.md").write_text("# Gym\n\nThe gym on the third floor opens at eight in the morning.\n")
    hall.installation.ingest(folder, "rules", ["staff"])
    assert current() == {False}


def test_an_answer_that_should_have_been_refused_can_be_told_of(staff: TestClient) -> None:
    path = f"/v1/answers/{ask(staff, LEAVE)['answer_id']}/feedback"
    given = staff.put(path, json={"rating": "down", "reasons": ["should_have_refused"]})
    assert given.json()["reasons"] == ["should_have_refused"]
    assert_problem(staff.put(path, json={"rating": "up", "reasons": ["should_have_refused"]}), 422, "invalid")
