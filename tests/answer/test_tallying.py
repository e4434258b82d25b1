"""Questions that would need counting are told from those whose number somebody wrote down."""

from __future__ import annotations

import pytest

from answer.tallying import asks_for_total, counted, qualifiers, states_total


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many tickets are open?", "count"),
        ("How many open tickets do we have?", "count"),
        ("How many employees work in Finance?", "count"),
        ("How many complaints were received in October?", "count"),
        ("What is the number of customers in Denmark?", "count"),
        ("Count the open incidents.", "count"),
        ("What is the total of all invoices in 2025?", "sum"),
        ("Add up all invoices of Noordveen.", "sum"),
        ("How much did we spend on travel in total last year?", "sum"),
        ("What is the total value of all contracts with Vantrel?", "sum"),
        ("What is the average salary of our engineers?", "average"),
        ("What is the average resolution time of tickets?", "average"),
        ("Which vendor has the most contracts?", "extreme"),
        ("What percentage of tickets were closed within a day?", "extreme"),
    ],
)
def test_a_question_over_records_is_recognised(question: str, kind: str) -> None:
    assert asks_for_total(question) == kind


@pytest.mark.parametrize(
    "question",
    [
        "How many days of leave do I get?",
        "How many working days of leave does someone with 15 or more years of service have?",
        "How many months of warranty does the Sentry SM-3 monitor have?",
        "How many days per week may I work from home?",
        "How many positions are affected by the move of assembly line 3?",
        "How many AV-240 pumps are in offer Q-2026-118 for Brackwell?",
        "How many employees must be present for an evacuation drill?",
        "How many approvals does a purchase above EUR 10,000 need?",
        "How many people can use the meeting room?",
        "What is the total amount due of invoice 2026-0412?",
        "What is the total cost of the Health Plus plan?",
        "What is the deductible?",
        "Where do I report an incident?",
        "What is the hotel cap per night?",
    ],
)
def test_a_number_that_a_document_states_is_asked_for_as_ever(question: str) -> None:
    assert asks_for_total(question) is None


@pytest.mark.parametrize(
    ("question", "sentence", "stated"),
    [
        ("What is the total of all invoices in 2025?", "The total of all invoices in 2025 was EUR 1,204,550.", True),
        ("How many tickets are open?", "There are 14 open tickets.", True),
        ("What is the average salary of engineers?", "The average salary of our engineers is EUR 61,300.", True),
        ("What is the total of all invoices in 2025?", "The total of all invoices in 2025 is reported in May.", False),
        ("What is the total of all invoices in 2025?", "The total of all invoices in 2024 was EUR 900,100.", False),
        ("How many tickets are open?", "Ticket 48211 is open since 3 May.", False),
        ("How many tickets are open?", "Open tickets are answered within 4 hours.", False),
    ],
)
def test_a_total_that_a_sentence_states_is_told_from_other_numbers(question: str, sentence: str, stated: bool) -> None:
    assert states_total(question, sentence) is stated


@pytest.mark.parametrize(
    ("question", "kind", "of_them"),
    [
        ("How many tickets are open?", "ticket", {"open"}),
        ("How many overdue invoices of Noordveen do we have?", "invoice", {"overdue", "noordveen"}),
        ("What is the number of customers in Denmark?", "customer", {"denmark"}),
        ("How many invoices are there?", "invoice", set[str]()),
    ],
)
def test_what_is_counted_is_told_from_what_is_said_of_it(question: str, kind: str, of_them: set[str]) -> None:
    assert counted(question) == kind
    assert qualifiers(question) == of_them
