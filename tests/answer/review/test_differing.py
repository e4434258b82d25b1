"""How a passage is found and told in another text of its document."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from answer.review.differing import MOST_WORDS, beside, changes, stands
from core.text import Span

WORDS = st.lists(st.sampled_from(["the", "car", "park", "opens", "at", "6", "7", ".", "\n", " "]), max_size=30)


def at(text: str, quote: str) -> tuple[Span, ...]:
    start = text.index(quote)
    return (Span(start, start + len(quote)),)


@given(WORDS, WORDS)
def test_both_texts_can_be_read_off_the_changes(before: list[str], after: list[str]) -> None:
    one, other = " ".join(before), " ".join(after)
    told = changes(one, other)
    assert "".join(each.before for each in told) == one
    assert "".join(each.after for each in told) == other
    assert all((each.kind == "same") == (each.before == each.after) for each in told)


def test_words_are_replaced_by_words() -> None:
    told = changes("It opens at 6 in the morning.", "It opens at 7 in the evening.")
    assert [(each.before, each.after) for each in told if each.kind != "same"] == [("6", "7"), ("morning", "evening")]
    assert [each.kind for each in changes("Staff only.", "Staff and guests only.")] == ["same", "added", "same"]
    assert [each.kind for each in changes("Staff and guests only.", "Staff only.")] == ["same", "removed", "same"]


def test_the_passage_is_found_where_other_lines_came_before_it() -> None:
    before = "Rules\n\nThe car park opens at 6.\n\nThe canteen opens at 11.\n"
    after = "Rules\n\nA new line.\n\nAnother one.\n\nThe car park opens at 7.\n\nThe canteen opens at 11.\n"
    told = beside(before, at(before, "opens at 6"), after)
    assert "The car park opens at 7." in told.after
    assert "canteen" not in told.after
    assert not told.stands


def test_what_moved_elsewhere_still_stands() -> None:
    before = "One.\nThe car park opens at 6.\nTwo.\n"
    after = "The car park\nopens  at 6.\nTwo.\nThree.\n"
    assert stands(before, at(before, "The car park opens at 6."), after)
    assert not stands(before, at(before, "The car park opens at 6."), "The car park opens at 16.")


def test_what_was_taken_out_has_nothing_beside_it() -> None:
    before = "One.\nThe car park opens at 6.\nTwo.\n"
    told = beside(before, at(before, "opens at 6"), "One.\nTwo.\n")
    assert (told.after, told.stands) == ("", False)
    assert [each.kind for each in told.changes] == ["removed"]


def test_a_very_long_line_is_one_change() -> None:
    long = "word " * (MOST_WORDS + 1)
    told = changes(long, f"{long}more")
    assert [each.kind for each in told] == ["changed"]


def test_in_a_text_that_was_written_anew_the_likest_lines_are_shown() -> None:
    before = "Title\nThe car park in Oslo opens at 6 in the morning.\nEnd\n"
    after = "".join(f"Line {number} about something else.\n" for number in range(200))
    after += "The car park in Oslo opens at 9 in the morning.\n"
    told = beside(before, at(before, "opens at 6"), after)
    assert "opens at 9" in told.after
    assert "Line 150" not in told.after
