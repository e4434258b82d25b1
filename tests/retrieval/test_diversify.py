from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.text import Span
from retrieval.diversify import Ranked, diversify, is_later
from retrieval.evidence import DocumentRef, Passage
from retrieval.settings import RetrievalSettings

SETTINGS = RetrievalSettings()
NOW = datetime(2026, 5, 1, tzinfo=UTC)
LEAVE = "Employees receive {days} days of paid leave in each calendar year, plus the public holidays of their region."


def passage(
    title: str, text: str, score: float, *, age_days: float | None = 0, uri: str | None = None, chunk: str = "1"
) -> Ranked:
    uri = uri or f"{title}.pdf"
    modified = None if age_days is None else NOW - timedelta(days=age_days)
    document = DocumentRef(id=uri, title=title, uri=uri, source="files", modified_at=modified)
    return Ranked(
        Passage(
            chunk_id=f"{uri}#{chunk}", document=document, version="1", page=None, headings=(),
            spans=(Span(0, len(text)),), text=text, score=score, dense=score, sparse=score, as_of=NOW,
        )
    )  # fmt: skip


def titles(passages: list[Passage]) -> list[str]:
    return [each.document.title for each in passages]


@pytest.mark.parametrize(
    ("current", "outdated"),
    [
        (("Leave policy 2026", 0), ("Leave policy 2024", 0)),
        (("Leave policy v2.10", 900), ("Leave policy v2.9", 0)),
        (("Leave policy", 900), ("Leave policy (superseded)", 0)),
        (("Leave policy", 0), ("Leave policy", 400)),
    ],
)
def test_the_current_edition_comes_before_an_outdated_one_that_scores_a_little_more(
    current: tuple[str, float], outdated: tuple[str, float]
) -> None:
    old = passage(outdated[0], LEAVE.format(days=24), 0.9, age_days=outdated[1], uri="a.pdf")
    new = passage(current[0], LEAVE.format(days=28), 0.85, age_days=current[1], uri="b.pdf")
    other = passage("Travel policy", "Book trains before planes.", 0.8)

    shown = diversify([old, new, other], SETTINGS)

    assert [each.document.uri for each in shown] == ["b.pdf", "Travel policy.pdf", "a.pdf"]


def test_an_outdated_edition_that_fits_much_better_stays_first() -> None:
    old = passage("Leave policy 2024", LEAVE.format(days=24), 0.9)
    new = passage("Leave policy 2026", LEAVE.format(days=28), 0.5)

    assert titles(diversify([old, new], SETTINGS)) == ["Leave policy 2024", "Leave policy 2026"]


def test_an_edition_that_the_question_names_stays_first() -> None:
    old = passage("Leave policy 2024", LEAVE.format(days=24), 0.9)
    new = passage("Leave policy 2026", LEAVE.format(days=28), 0.85)

    shown = diversify([old, new], SETTINGS, question="How much leave was there in 2024?")

    assert titles(shown) == ["Leave policy 2024", "Leave policy 2026"]


def test_passages_of_two_editions_on_different_matters_keep_their_order() -> None:
    old = passage("Leave policy 2024", "Carried-over days expire at the end of March.", 0.9)
    new = passage("Leave policy 2026", LEAVE.format(days=28), 0.85)

    assert titles(diversify([old, new], SETTINGS)) == ["Leave policy 2024", "Leave policy 2026"]


def test_close_vectors_say_the_same_whatever_the_wording() -> None:
    old = passage("Leave policy 2024", "Staff may take 24 days off.", 0.9)
    new = passage("Leave policy 2026", LEAVE.format(days=28), 0.85)
    vector = np.array([1.0, 0.0], dtype=np.float32)

    shown = diversify([Ranked(old.passage, vector), Ranked(new.passage, vector)], SETTINGS)

    assert titles(shown) == ["Leave policy 2026", "Leave policy 2024"]


def test_two_plans_with_nearly_the_same_text_are_not_editions_of_each_other() -> None:
    standard = passage("Northwind Standard", LEAVE.format(days=24), 0.9, age_days=100)
    plus = passage("Northwind Health Plus", LEAVE.format(days=28), 0.89, age_days=0)

    assert titles(diversify([standard, plus], SETTINGS)) == ["Northwind Standard", "Northwind Health Plus"]


def test_numbered_records_are_not_editions_of_each_other() -> None:
    first = passage("Invoice 10023", "Total due within 30 days: 1,200 EUR for services.", 0.9, age_days=100)
    second = passage("Invoice 10024", "Total due within 30 days: 1,300 EUR for services.", 0.89, age_days=0)

    assert titles(diversify([first, second], SETTINGS)) == ["Invoice 10023", "Invoice 10024"]


def test_the_same_text_is_shown_once_from_its_later_copy_at_the_better_place() -> None:
    copy = passage("Handbook copy", "Lunch is at  noon.", 0.9, age_days=300)
    own = passage("Handbook", "Lunch is at noon.", 0.8, age_days=0)
    other = passage("Canteen", "The canteen closes at two.", 0.85)

    shown = diversify([copy, other, own], SETTINGS)

    assert titles(shown) == ["Handbook", "Canteen"]
    assert shown[0].score == 0.9


def test_grouped_by_document_no_document_is_left_out() -> None:
    copy = passage("Handbook copy", "Lunch is at noon.", 0.9)
    own = passage("Handbook", "Lunch is at noon.", 0.8)

    assert titles(diversify([copy, own], SETTINGS, by_document=True)) == ["Handbook copy", "Handbook"]


def test_a_crowding_document_gives_way_to_about_equal_others_only() -> None:
    crowd = [passage("Handbook", f"Rule {n} of many.", 0.9 - n / 1000, chunk=str(n)) for n in range(5)]
    near = passage("Canteen", "The canteen closes at two.", 0.89)
    far = passage("Travel", "Book trains before planes.", 0.5)

    shown = diversify([*crowd, near, far], SETTINGS)

    assert titles(shown) == ["Handbook"] * 3 + ["Canteen"] + ["Handbook"] * 2 + ["Travel"]


def test_files_copied_in_the_same_hour_have_no_later_one() -> None:
    one, other = passage("A", "x", 1, age_days=0), passage("B", "x", 1, age_days=0.01)

    assert not is_later(one.passage.document, other.passage.document)
    assert not is_later(other.passage.document, one.passage.document)


def test_documents_without_dates_keep_their_order() -> None:
    old = passage("Leave policy", LEAVE.format(days=24), 0.9, age_days=None, uri="a.pdf")
    new = passage("Leave policy", LEAVE.format(days=28), 0.85, age_days=None, uri="b.pdf")

    assert [each.document.uri for each in diversify([old, new], SETTINGS)] == ["a.pdf", "b.pdf"]
