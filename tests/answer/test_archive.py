"""Deleting a conversation: what its pseudonyms stand for goes with it, whenever it came."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from answer import erase
from answer.tables import VaultKeyRow, VaultRow
from core.errors import NotFound
from tests.answer.redacting import Company


def say(company: Company, conversation: str) -> None:
    passage = company.publish("Anna Meyer writes.")
    cleared = company.clear("Who writes?", passage, conversation=conversation)
    company.answer(cleared, cleared.passages[0].body.text, cites=passage)


def held(company: Company, conversation: str) -> tuple[int, int]:
    """How many values of a conversation the vault holds, and how many keys."""
    with company.database.reading() as session:
        counts = [
            session.scalar(select(func.count()).select_from(table).where(table.conversation_id == conversation)) or 0
            for table in (VaultRow, VaultKeyRow)
        ]
    return counts[0], counts[1]


@pytest.fixture
def talking(company: Company) -> Company:
    company.spotter.values = {"Anna Meyer": "PERSON"}
    say(company, "talk")
    say(company, "other")
    return company


def test_a_deleted_conversation_leaves_no_value_behind(talking: Company) -> None:
    assert held(talking, "talk") == (1, 1)
    talking.archive.delete_conversation("talk", talking.principal(talking.ana))
    assert held(talking, "talk") == (0, 0)
    assert held(talking, "other") == (1, 1)


def test_nobody_else_deletes_a_conversation_or_its_values(talking: Company) -> None:
    with pytest.raises(NotFound):
        talking.archive.delete_conversation("talk", talking.principal(talking.ben))
    assert held(talking, "talk") == (1, 1)


def test_what_was_being_answered_when_it_was_deleted_is_swept(talking: Company) -> None:
    talking.archive.delete_conversation("talk", talking.principal(talking.ana))
    talking.clear("What does Anna Meyer do?", conversation="talk")
    assert held(talking, "talk") == (1, 1)
    with talking.database.writing() as session:
        assert erase.sweep(session, talking.vault, talking.clock()) == 1
    assert held(talking, "talk") == (0, 0)
    assert held(talking, "other") == (1, 1)
