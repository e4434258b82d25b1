"""A small company in which people ask, and of which documents tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from answer.answers import Answer
from answer.evidence.tables import SnapshotRow
from core.people import put
from ingest.tables import DocumentRow
from tests.installation import Installation

ANNA, BO, ANA = "anna.meyer@x.example", "bo@x.example", "ana@x.example"
LEAVE = "Anna Meyer has 27 days of annual leave and lives in Lauwerdam."
PARKING = "The car park in Oslo opens at 6 in the morning."
ASKS_LEAVE = "How many days of annual leave does Anna Meyer have?"
ASKS_PARKING = "When does the car park in Oslo open?"
RULES = [
    {"id": "r1", "title": "Leave of Anna Meyer", "text": LEAVE},
    {"id": "r2", "title": "Parking", "text": PARKING},
]


def fill(made: Installation) -> None:
    with made.runtime.database.writing() as session:
        put(session, ANNA, groups=["staff"], roles=["employee"], now=made.runtime.clock(), name="Anna Meyer")
    made.person(BO, "staff")
    made.person(ANA, "staff")
    made.records("rules", RULES)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    fill(made)
    yield made
    made.close()


def answered(made: Installation, question: str, email: str) -> Answer:
    answer = made.ask(question, email)
    assert answer.status == "answered", answer
    return answer


def snapshots(made: Installation) -> list[SnapshotRow]:
    with made.runtime.database.reading() as session:
        return list(session.scalars(select(SnapshotRow)))


def document(made: Installation, key: str) -> DocumentRow:
    with made.runtime.database.reading() as session:
        return session.scalars(select(DocumentRow).where(DocumentRow.key == key)).one()


def in_files(directory: Path, phrase: str) -> list[str]:
    """Files of the data directory in which it stands in clear."""
    wanted = phrase.encode()
    there = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return [str(path.relative_to(directory)) for path in there if wanted in path.read_bytes()]
