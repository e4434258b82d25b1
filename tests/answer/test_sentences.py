from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.sentences import Sentence, sentences
from answer.units import LONGEST_SENTENCE, fold
from core.text import Span, quote


def whole(text: str) -> tuple[Sentence, ...]:
    return sentences(text, (Span(0, len(text)),))


def shown(text: str) -> list[str]:
    return [sentence.text for sentence in whole(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It pays 80%. You pay the rest.", ["It pays 80%.", "You pay the rest."]),
        ("Ask Dr. Smith or Mr. J. Doe. He knows.", ["Ask Dr. Smith or Mr. J. Doe.", "He knows."]),
        ("The limit is $1,000.50 a year. It renews.", ["The limit is $1,000.50 a year.", "It renews."]),
        ("Tools, e.g. Slack, i.e. approved ones. Ask IT.", ["Tools, e.g. Slack, i.e. approved ones.", "Ask IT."]),
        ("Made in the U.S. Navy yard. It sank.", ["Made in the U.S. Navy yard.", "It sank."]),
        ("See vouch.example.com first. Version 2.1 is out.", ["See vouch.example.com first.", "Version 2.1 is out."]),
        ('He said "Stop!" Then he left.', ['He said "Stop!"', "Then he left."]),
        ("Is it covered? Yes, it is.", ["Is it covered?", "Yes, it is."]),
        ("The river rises here . It flows south .", ["The river rises here .", "It flows south ."]),
    ],
)  # fmt: skip
def test_prose_is_cut_at_sentence_ends_only(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


def test_a_line_break_inside_a_sentence_is_folded_for_showing_and_kept_in_the_citation() -> None:
    text = "The plan covers services that are \nmedically necessary for the patient. Others are not."
    first = whole(text)[0]
    assert first.text == "The plan covers services that are medically necessary for the patient."
    assert quote(text, first.spans) == "The plan covers services that are \nmedically necessary for the patient."


def test_a_heading_is_told_from_the_paragraph_below_it() -> None:
    text = "Emergency Services\nNorthwind covers emergency services around the clock, in every state of the country."
    assert [(s.kind, s.text[:18]) for s in whole(text)] == [
        ("heading", "Emergency Services"),
        ("prose", "Northwind covers e"),
    ]


def test_a_list_item_brings_the_sentence_that_introduces_it() -> None:
    text = "You may claim:\n• Gym membership\n• Running shoes and\nsocks\nEverything else is yours to pay in full."
    units = whole(text)
    items = [unit for unit in units if unit.kind == "item"]
    assert [item.text for item in items] == ["Gym membership", "Running shoes and socks"]
    assert quote(text, items[1].spans) == "You may claim:\n• Running shoes and\nsocks"


def test_a_numbered_item_keeps_its_number() -> None:
    assert shown("Steps:\n1. Open the form\n2. Sign it")[1:] == ["1. Open the form", "2. Sign it"]


def test_a_table_row_brings_its_header_row() -> None:
    text = "Plan | Limit\nBasic | $200\nPlus | $500"
    row = whole(text)[2]
    assert (row.kind, row.text, row.lead) == ("row", "Plus | $500", "Plan | Limit")
    assert quote(text, row.spans) == "Plan | Limit\nPlus | $500"
    assert row.own_spans == (Span(26, 37),)


def test_a_markdown_table_loses_its_rule_but_not_its_header() -> None:
    text = "| Plan | Limit |\n| --- | ---: |\n| Plus | $500 |"
    assert [quote(text, unit.spans) for unit in whole(text)] == [
        "| Plan | Limit |",
        "| Plan | Limit |\n| Plus | $500 |",
    ]


def test_header_and_rows_from_distant_spans_map_back_to_the_version() -> None:
    version = "Plan | Limit\nBasic | $200\nPlus | $500\nFamily | $900"
    spans = (Span(0, 12), Span(38, 51))
    row = sentences(quote(version, spans), spans)[-1]
    assert row.spans == spans
    assert quote(version, row.spans) == "Plan | Limit\nFamily | $900"


def test_a_sentence_does_not_run_over_a_gap_between_spans() -> None:
    version = "The fee is\nnot what you think. Left out entirely.\nTwenty euros are due."
    spans = (Span(0, 10), Span(50, 71))
    assert [s.text for s in sentences(quote(version, spans), spans)] == ["The fee is", "Twenty euros are due."]


def test_a_sentence_may_run_over_touching_spans() -> None:
    version = "The fee for a parking space at head office is\ntwenty euros."
    spans = (Span(0, 45), Span(46, 59))
    (only,) = sentences(quote(version, spans), spans)
    assert quote(version, only.spans) == version


def test_header_lines_of_a_message_stand_alone() -> None:
    text = "From: Ada Lopez <ada@contoso.example>\nSubject: Parking\nDate: 3 March 2026\n\nParking is free. Enjoy."
    assert [unit.kind for unit in whole(text)] == ["field", "field", "field", "prose", "prose"]


def test_text_that_is_not_its_spans_is_refused() -> None:
    with pytest.raises(ValueError, match="spans"):
        sentences("abc", (Span(0, 5),))


ALPHABET = st.sampled_from(
    ["a", "Word", "the", "Dr.", "e.g.", "3.14", "$5", ".", "!", "?", ":", "|", " | ", "• ", "- ", "1. ", "\n", "\n\n",
     " ",     "  ", "# ", "From: ", "---", "é", "\ufffe", "😀", "…", "\"", ")", "\t", "| --- |", "x" * 90]
)  # fmt: skip


@given(pieces=st.lists(ALPHABET, max_size=80), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_offsets_always_give_the_cited_text_back(pieces: list[str], cuts: list[int]) -> None:
    version = "".join(pieces)
    edges = sorted({min(cut, len(version)) for cut in cuts} | {0, len(version)})
    # Every other stretch is the passage; the rest of the version lies between.
    spans = tuple(Span(low, high) for low, high in zip(edges[::2], edges[1::2], strict=False))
    readable = {place for span in spans for place in range(span.start, span.end)}
    for unit in sentences(quote(version, spans), spans):
        cited = {place for span in unit.spans for place in range(span.start, span.end)}
        assert cited <= readable
        assert all(len(span) for span in unit.spans)
        own = fold(" ".join(span.of(version) for span in unit.own_spans))
        assert fold(unit.text) in own
        assert any(c.isalnum() for c in own)


@given(pieces=st.lists(ALPHABET, max_size=120))
def test_no_letter_of_a_passage_is_lost_and_none_is_doubled(pieces: list[str]) -> None:
    text = "".join(pieces)
    taken = [span for unit in whole(text) for span in unit.own_spans]
    assert taken == sorted(taken)
    assert all(left.end <= right.start for left, right in pairwise(taken))
    kept = "".join(span.of(text) for span in taken)
    assert sum(c.isalpha() for c in kept) == sum(c.isalpha() for c in text)
    assert all(len(span) <= LONGEST_SENTENCE for span in taken)
