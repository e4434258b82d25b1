"""Two documents that say otherwise about the same thing are shown as a conflict, and little else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from answer.conflicts import Conflict, conflicts
from retrieval.evidence import Passage
from tests.answer.builders import AS_OF, passage
from tests.answer.numbering import units_of


def document(text: str, title: str, changed: datetime | None = None) -> Passage:
    made = passage(text, title=title)
    return replace(made, document=replace(made.document, modified_at=changed))


def between(one: str, other: str, titles: tuple[str, str] = ("Travel policy", "Onboarding guide")) -> list[Conflict]:
    return list(conflicts(units_of(document(one, titles[0]), document(other, titles[1]))))


@pytest.mark.parametrize(
    ("one", "other", "values"),
    [
        (
            "The hotel cap is EUR 165 per night.",
            "The hotel cap is EUR 150 per night.",
            ("EUR 165", "EUR 150"),
        ),
        (
            "The offices close on 23 December 2026 at noon.",
            "The offices close on 24 December 2026 at noon.",
            ("23 December 2026", "24 December 2026"),
        ),
        (
            "Employees may work from home 3 days per week.",
            "Employees may work from home two days per week.",
            ("3 days", "two days"),
        ),
    ],
)
def test_one_value_that_differs_in_the_same_sentence_is_a_conflict(
    one: str, other: str, values: tuple[str, str]
) -> None:
    found = between(one, other)

    assert [tuple(side.value for side in each.sides) for each in found] == [values]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The notice period is two weeks for all staff.", "The notice period is 14 days for all staff."),
        ("The budget is EUR 12,000 for training.", "The budget is EUR 12.000 for training."),
        ("The price of the AV-220 pump is EUR 3,310.", "The price of the AV-240 pump is EUR 14,900."),
        ("Meals in Denmark are paid up to EUR 68 per day.", "Meals in Poland are paid up to EUR 44 per day."),
        ("In March 2025 the plant made 410 pumps.", "In April 2025 the plant made 380 pumps."),
        ("The hotel cap is EUR 165 per night.", "The mileage allowance is EUR 0.23 per kilometre."),
        # Days and months cannot be compared without a calendar.
        ("Expenses are due within 30 days of the trip.", "Expenses are due within two months of the trip."),
        ("Total: 42", "Total: 57"),
        ("Your order number is 4711 at our shop.", "Your order number is 4712 at our shop."),
        ("1. Check that the internet connection is stable.", "2. Check that the internet connection is stable."),
    ],
)
def test_what_only_looks_like_a_conflict_is_none(one: str, other: str) -> None:
    assert between(one, other) == []


@pytest.mark.parametrize(
    "titles",
    [
        ("Travel policy 2024", "Travel policy 2026"),
        ("Travel policy (old)", "Travel policy"),
        ("Water shutdown Lauwerdam", "Water shutdown Tarnosad"),
        ("Health Plus benefits", "Health Standard benefits"),
    ],
)
def test_editions_and_papers_about_different_things_of_one_kind_are_no_conflict(titles: tuple[str, str]) -> None:
    assert between("The hotel cap is EUR 165 per night.", "The hotel cap is EUR 135 per night.", titles) == []


def test_one_document_is_never_in_conflict_with_itself() -> None:
    text = "The hotel cap is EUR 165 per night.\n\nThe hotel cap is EUR 150 per night."

    assert conflicts(units_of(passage(text))) == ()


def test_a_conflict_names_both_places_their_dates_and_which_is_later() -> None:
    before, after = datetime(2025, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    units = units_of(
        document("The hotel cap is EUR 150 per night.", "Travel policy", before),
        document("The hotel cap is EUR 165 per night.", "Travel policy", after),
    )
    units[1] = replace(
        units[1], passage=replace(units[1].passage, document=replace(units[1].passage.document, id="other"))
    )
    (found,) = conflicts(units)

    assert [side.at for side in found.sides] == [before, after]
    assert [side.citation.quote for side in found.sides] == [unit.own for unit in units]
    assert found.later == 1


def test_without_a_time_of_change_the_source_s_confirmation_is_the_date() -> None:
    (found,) = between("The hotel cap is EUR 165 per night.", "The hotel cap is EUR 150 per night.")

    assert [(side.at, side.changed) for side in found.sides] == [(AS_OF, False), (AS_OF, False)]
    assert found.later is None


def test_rows_of_two_tables_disagree_cell_by_cell() -> None:
    head = "| Country | Hotel cap |\n| --- | --- |\n"
    found = between(f"{head}| Denmark | EUR 165 |", f"{head}| Denmark | EUR 150 |")

    assert [tuple(side.value for side in each.sides) for each in found] == [("EUR 165", "EUR 150")]
    assert between(f"{head}| Denmark | EUR 165 |", f"{head}| Poland | EUR 150 |") == []
