"""One answer out of overlapping findings."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.resolve import resolve

TEXTS = st.text(st.sampled_from("abcXY19 .,-'()@\n\u0301é+"), max_size=60)
KINDS = ("PERSON", "ADDRESS", "LOCATION", "ORGANIZATION", "PHONE_NUMBER", "CREDIT_CARD")
RULES = ("number:credit_card", "gazetteer:people", "phone", "model:rampart", "model:spacy")


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[Finding]]:
    text = draw(TEXTS)
    places = st.integers(0, len(text))
    findings = draw(
        st.lists(
            st.builds(
                lambda kind, ends, score, rule: Finding(kind, Span(min(ends), max(ends)), score, rule),
                st.sampled_from(KINDS),
                st.tuples(places, places),
                st.sampled_from((0.4, 0.6, 0.95, 1.0)),
                st.sampled_from(RULES),
            ),
            max_size=8,
        )
    )
    return text, findings


def covered(text: str, findings: Sequence[Finding]) -> set[int]:
    return {at for each in findings for at in range(each.span.start, each.span.end) if text[at].isalnum()}


def find(text: str, value: str, kind: str, rule: str = "model:spacy", score: float = 0.8) -> Finding:
    start = text.index(value)
    return Finding(kind, Span(start, start + len(value)), score, rule)


def values(text: str, findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(each.kind, each.span.of(text)) for each in resolve(text, findings)]


@given(cases())
def test_findings_come_out_in_order_and_none_overlaps_another(case: tuple[str, list[Finding]]) -> None:
    found = resolve(*case)
    assert all(one.span.end <= other.span.start for one, other in itertools.pairwise(found))
    assert all(len(each.span) for each in found)


@given(cases(), st.randoms())
def test_the_order_of_findings_makes_no_difference(case: tuple[str, list[Finding]], random: Random) -> None:
    text, findings = case
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert resolve(text, shuffled) == resolve(text, [*findings, *findings])


@given(cases())
def test_resolving_again_changes_nothing(case: tuple[str, list[Finding]]) -> None:
    text, findings = case
    once = resolve(text, findings)
    assert resolve(text, once) == once


@settings(max_examples=300)
@given(cases())
def test_no_letter_or_digit_that_was_found_is_uncovered(case: tuple[str, list[Finding]]) -> None:
    text, findings = case
    assert covered(text, findings) <= covered(text, resolve(text, findings))


@given(cases())
def test_no_word_is_cut_by_the_edge_of_what_was_found(case: tuple[str, list[Finding]]) -> None:
    text, findings = case
    inside = covered(text, resolve(text, findings))
    for at in range(1, len(text)):
        if text[at - 1].isalnum() and text[at].isalnum():
            assert (at in inside) == (at - 1 in inside)


def test_words_beside_two_overlapping_findings_stay() -> None:
    text = "Ask Anna Smith in Accounts today"
    found = [find(text, "Anna Smith", "PERSON"), find(text, "Smith in Accounts", "ORGANIZATION")]
    outside = "".join(
        character
        for at, character in enumerate(text)
        if not any(each.span.start <= at < each.span.end for each in resolve(text, found))
    )
    assert outside.startswith("Ask ")
    assert outside.endswith(" today")


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (("number:credit_card", 1.0), ("gazetteer:people", 1.0)),
        (("gazetteer:people", 0.9), ("phone", 0.9)),
        (("phone", 0.4), ("model:rampart", 1.0)),
    ],
)
def test_the_more_certain_kind_of_rule_wins(better: tuple[str, float], worse: tuple[str, float]) -> None:
    text = "4111 1111 1111 1111"
    found = [Finding("A", Span(0, 19), better[1], better[0]), Finding("B", Span(0, 19), worse[1], worse[0])]
    assert values(text, found) == [("A", text)]


def test_the_longer_of_two_alike_wins() -> None:
    text = "the Bank of Anna Smith"
    found = [find(text, "Anna", "PERSON"), find(text, "Bank of Anna Smith", "ORGANIZATION")]
    assert values(text, found) == [("ORGANIZATION", "Bank of Anna Smith")]


def test_parts_of_an_address_are_one_with_its_flat_and_its_country() -> None:
    text = "Send it to 12 Baker Street\n Apt. 7\n London\n United Kingdom 00436 please"
    found = [
        find(text, "Baker Street", "ADDRESS"),
        find(text, "7", "ADDRESS"),
        find(text, "London", "LOCATION"),
        find(text, "United Kingdom", "LOCATION"),
    ]
    address = text.removeprefix("Send it to ").removesuffix(" please")
    assert values(text, found) == [("ADDRESS", address)]


def test_two_cities_stay_two() -> None:
    text = "from Paris, Rome"
    found = [find(text, "Paris", "LOCATION"), find(text, "Rome", "LOCATION")]
    assert values(text, found) == [("LOCATION", "Paris"), ("LOCATION", "Rome")]


def test_a_company_with_a_building_number_in_it_is_a_street() -> None:
    text = "at Colonia Ofir 9881 since"
    found = [find(text, "Colonia Ofir 9881", "ORGANIZATION"), find(text, "9881", "ADDRESS", "model:rampart")]
    assert values(text, found) == [("ADDRESS", "Colonia Ofir 9881")]


def test_first_name_and_surname_are_one_person() -> None:
    text = "with Anna Smith-Jones, Ben"
    found = [find(text, each, "PERSON", "model:rampart") for each in ("Anna", "Smith", "Jones", "Ben")]
    assert values(text, found) == [("PERSON", "Anna Smith-Jones"), ("PERSON", "Ben")]


def test_a_piece_of_a_word_takes_the_whole_word() -> None:
    text = "Dear Müllerová,"
    assert values(text, [find(text, "ller", "PERSON")]) == [("PERSON", "Müllerová")]


def test_a_number_keeps_its_bracket_and_its_sign() -> None:
    text = "call (505)498-8487 or +44 20"
    found = [find(text, "505)498-8487", "PHONE_NUMBER"), find(text, "44 20", "PHONE_NUMBER")]
    assert values(text, found) == [("PHONE_NUMBER", "(505)498-8487"), ("PHONE_NUMBER", "+44 20")]


def test_punctuation_alone_is_nothing() -> None:
    assert resolve("a - b", [Finding("PERSON", Span(1, 4), 0.9, "model:rampart")]) == ()


def test_a_value_of_signs_alone_stays_when_a_rule_found_it() -> None:
    text = "password: !@#$%^& from now on"
    assert values(text, [find(text, "!@#$%^&", "CREDENTIAL", "credential:named", 0.5)]) == [("CREDENTIAL", "!@#$%^&")]


def test_signs_that_are_left_of_a_value_are_nothing() -> None:
    text = "a !@# Anna"
    found = [find(text, "!@# Anna", "CREDENTIAL", "credential:named", 0.5), find(text, "Anna", "PERSON", "gazetteer:x")]
    assert values(text, found) == [("PERSON", "Anna")]
