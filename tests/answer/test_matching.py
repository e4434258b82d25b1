"""Which records a question means: rows by their cells, documents by their names."""

from __future__ import annotations

from answer.matching import Matching, matching_records
from retrieval.evidence import Passage
from tests.answer.builders import evidence, passage

TICKETS = """| Ticket | Status | Product |
| --- | --- | --- |
| 48141 | open | AV-520 |
| 48211 | closed | AV-240 |
| 48390 | open | Sentry SM-3 |"""
DATED = """| Ticket | Opened | Status |
| --- | --- | --- |
| 48141 | 2026-07-02 | closed |
| 48211 | 2026-07-06 | closed |"""
HOLIDAYS = """| Date | Offices open |
| --- | --- |
| 2027-01-01 | none |"""


def found(question: str, *passages: Passage, whole: tuple[Passage, ...] = ()) -> Matching:
    return matching_records(
        question,
        evidence("?", *passages),
        lambda document: whole or [each for each in passages if each.document.id == document],
    )


def texts(matching: Matching) -> list[str]:
    return [each.sentence.text for each in matching.records]


def test_the_records_that_match_are_picked_with_their_rows() -> None:
    matching = found(
        "How many tickets are open?",
        passage(TICKETS, title="Tickets 2026 Q3"),
        passage("The ticket is still open: the seal leaks.", title="Ticket 48390"),
        passage("Travel is booked by the travel desk.", title="Travel policy"),
    )

    assert texts(matching)[:2] == ["48141 | open | AV-520", "48390 | open | Sentry SM-3"]
    assert [each.passage.document.title for each in matching.records] == ["Tickets 2026 Q3"] * 2 + ["Ticket 48390"]


def test_a_header_says_nothing_of_a_row() -> None:
    assert texts(found("How many tickets are open?", passage(DATED, title="Tickets"))) == []
    assert texts(found("How many offices are open?", passage(HOLIDAYS, title="Holidays"))) == []


def test_a_table_is_taken_as_a_whole() -> None:
    rest = passage(TICKETS.replace("48", "49"), title="Tickets 2026 Q3")
    part = passage(TICKETS, title="Tickets 2026 Q3")
    matching = found("How many tickets are open?", part, whole=(part, rest))

    assert [text.split(" ")[0] for text in texts(matching)] == ["48141", "48390", "49141", "49390"]
    assert matching.complete


def test_what_may_be_more_or_less_is_not_complete() -> None:
    tickets = passage(TICKETS, title="Tickets 2026 Q3")
    assert not matching_records("How many tickets are open?", evidence("?", tickets)).complete
    assert not found("How many open tickets were escalated?", tickets).complete
    assert not found("How many tickets are open?", passage("It is open.", title="Ticket 48390")).complete


def test_a_document_about_records_is_none() -> None:
    about = passage("Invoices are paid within 30 days. An invoice has a number.", title="How we pay invoices")
    one = passage("Invoice 2026-0412 of Noordveen: EUR 300.", title="Invoice 2026-0412")

    kept = passage("| Category | Kept for |\n| --- | --- |\n| Invoices | 10 years |", title="Retention schedule")
    matching = found("How many invoices are there?", about, one, kept)
    assert [each.passage.document.title for each in matching.records] == ["Invoice 2026-0412"]


def test_sentences_that_each_speak_of_a_record_are_listed() -> None:
    said = passage("Invoice 12 is overdue. Invoice 13 was paid. Overdue invoices cost interest.", title="Notes")
    assert texts(found("How many invoices are overdue?", said)) == ["Invoice 12 is overdue."]


def test_nothing_that_matches_is_nothing() -> None:
    assert texts(found("How many invoices are overdue?", passage("The canteen opens at noon."))) == []
