"""Totals that nobody wrote, and documents that disagree, through a whole installation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from answer.answers import Answer
from tests.installation import Installation

ANA = "ana@company.example"
TICKETS = [
    {
        "id": f"T-{n}",
        "title": f"Ticket T-{n}",
        "text": f"Ticket T-{n}: the printer on floor {n} is broken. Status: open.",
    }
    for n in range(1, 5)
]
RATES = [
    {"id": "travel", "title": "Travel policy", "text": "Hotels in London are paid up to 180 euros a night.",
     "modified_at": "2025-02-01T00:00:00Z"},
    {"id": "expenses", "title": "Expenses guide", "text": "Hotels in London are paid up to 220 euros a night.",
     "modified_at": "2026-02-01T00:00:00Z"},
    {"id": "board", "title": "Board note", "text": "Hotels in London are paid up to 400 euros a night.",
     "allow": "board"},
]  # fmt: skip


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("weighing"))
    made.person(ANA, "all")
    made.records("tickets", TICKETS)
    made.records("rates", RATES)
    yield made
    made.close()


def texts(answer: Answer) -> str:
    return " ".join(sentence.text or "" for sentence in answer.sentences)


def test_who_asks_to_count_gets_the_records_and_no_number(installed: Installation) -> None:
    answer = installed.ask("How many tickets about a broken printer are open?", ANA)

    assert answer.status == "answered"
    assert {c.citation.document.uri for s in answer.sentences for c in s.citations} >= {"T-1", "T-2", "T-3", "T-4"}
    assert "Nothing was counted" in (answer.reason or "")


def test_a_total_that_a_document_states_is_an_answer(installed: Installation) -> None:
    installed.records(
        "report", [{"id": "q3", "title": "Support report", "text": "In total 57 tickets were open in September."}]
    )
    answer = installed.ask("How many tickets were open in September?", ANA)

    assert "57" in texts(answer)
    assert answer.reason is None


def test_where_documents_disagree_both_are_shown_with_their_dates(installed: Installation) -> None:
    answer = installed.ask("How much is paid for a hotel in London per night?", ANA)

    (conflict,) = answer.conflicts
    sides = {conflict.first.citation.document.uri, conflict.second.citation.document.uri}
    assert sides == {"travel", "expenses"}
    assert "180" in texts(answer)
    assert "220" in texts(answer)
    assert "400" not in texts(answer)
    assert all(side.citation.document.modified_at is not None for side in (conflict.first, conflict.second))
