"""Totals that nobody wrote, and documents that disagree, through a whole installation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from answer.answers import Answer
from answer.weighing import RECORDS_SHOWN
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


def test_all_rows_of_a_table_that_match_are_shown_and_no_others(installed: Installation, tmp_path: Path) -> None:
    rows = [
        f"{n},2026-01-{n % 28 + 1:02},{'open' if n % 2 else 'closed'},Pump {n} is loud and leaks" for n in range(1, 61)
    ]
    table = tmp_path / "incidents.csv"
    table.write_text("\n".join(["Incident,Opened,State,Subject", *rows]) + "\n")
    installed.ingest(table, "desk")
    answer = installed.ask("How many incidents are open?", ANA)

    shown = [sentence.text or "" for sentence in answer.sentences]
    assert len(shown) == 30
    assert not any("closed" in text for text in shown)
    assert "some of" not in (answer.reason or "")


def test_a_list_that_is_cut_says_so(installed: Installation, tmp_path: Path) -> None:
    rows = [f"{n},Orchard {n}" for n in range(1, 91)]
    table = tmp_path / "deliveries.csv"
    table.write_text("\n".join(["Delivery,From", *rows]) + "\n")
    installed.ingest(table, "yard")
    answer = installed.ask("How many deliveries from Orchard are there?", ANA)

    assert len(answer.sentences) == RECORDS_SHOWN
    assert "some of" in (answer.reason or "")


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


def test_rows_that_do_not_match_are_not_shown_as_if_they_did(installed: Installation, tmp_path: Path) -> None:
    table = tmp_path / "repairs.csv"
    rows = [f"{n},2026-02-0{n},2026-03-0{n},Boiler {n}" for n in range(1, 9)]
    table.write_text("\n".join(["Repair case,Opened,Closed,Subject", *rows]) + "\n")
    installed.ingest(table, "workshop")
    answer = installed.ask("How many boiler repair cases are open?", ANA)

    assert not any("Boiler" in (sentence.text or "") for sentence in answer.sentences)
