"""Numbers that a line's end, a tab, a wide gap or dots break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.label.finding import counted

CARD = "4111 1111 1111 1111"
IBAN = "CH93 0076 2011 6238 5295 7"
BREAKS = ("\n", "\r\n", " \n  ", "\t", "  ", ".", "-\n")


@pytest.mark.parametrize("gap", BREAKS)
@pytest.mark.parametrize(("kind", "number"), [("CREDIT_CARD", CARD), ("IBAN_CODE", IBAN)])
def test_a_number_with_check_digits_is_one_however_its_groups_are_parted(kind: str, number: str, gap: str) -> None:
    every, last = number.replace(" ", gap), gap.join(number.rsplit(" ", 1))
    for value in (every, last):
        assert counted(f"it was {value} all along", kind) == [value]


@given(st.lists(st.sampled_from((" ", *BREAKS)), min_size=5, max_size=5))
def test_no_piece_of_an_account_number_is_left_whatever_parts_it(gaps: list[str]) -> None:
    value = "".join(part + gap for part, gap in zip(IBAN.split(), [*gaps, ""], strict=True))
    assert counted(f"to {value} please", "IBAN_CODE") == [value]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("CREDIT_CARD", "paid with 4111-1111\n1111-1111 today", "4111-1111\n1111-1111"),
        ("CREDIT_CARD", "card 41111111\n11111111", "41111111\n11111111"),
        ("CREDIT_CARD", "card 4111 11\n11 1111 1111", "4111 11\n11 1111 1111"),
        ("US_SSN", "hers is 536-90-\n4399", "536-90-\n4399"),
        ("US_SSN", "hers is 536-90\n4399", "536-90\n4399"),
        ("US_SSN", "SSN: 536\t90\t4399", "536\t90\t4399"),
        ("UK_NHS", "NHS 943 476\n5919", "943 476\n5919"),
        ("UK_NINO", "national insurance AB 12\n34 56 C", "AB 12\n34 56 C"),
        ("AU_ABN", "ABN 51.824.753.556", "51.824.753.556"),
        ("IN_AADHAAR", "aadhaar 2341 2341\n2346", "2341 2341\n2346"),
        ("PHONE_NUMBER", "reach +49 89\n12345678 after ten", "+49 89\n12345678"),
        ("PHONE_NUMBER", "call 212-555-\n0147 now", "212-555-\n0147"),
        ("PHONE_NUMBER", "call me at (212)\n555-0147", "(212)\n555-0147"),
    ],
)
def test_a_number_goes_on_in_the_next_line(kind: str, text: str, value: str) -> None:
    assert value in counted(text, kind)


@pytest.mark.parametrize(
    "text",
    [
        "4500\n4111\n1111\n1111\n1111\n2400",
        "4500\t4111\t1111\n1111\t1111\t2500",
        "12  4111  1111  1111  1111",
        "41111111\n11111111",
        "943\t476\t5919",
        "536\n90\n4399",
        "versions 4111.1111.1111.1111.1111 and later",
    ],
)
def test_a_column_of_numbers_is_none(text: str) -> None:
    kinds = ("CREDIT_CARD", "IBAN_CODE", "UK_NHS", "US_SSN")
    assert [value for kind in kinds for value in counted(f"Totals {text} in all", kind)] == []


def test_a_column_of_numbers_is_one_where_a_word_says_so() -> None:
    assert counted("credit card 12\n4111 1111\n1111 1111\n24", "CREDIT_CARD") == ["4111 1111\n1111 1111"]


def test_a_telephone_number_ends_before_the_house_number_of_the_next_line() -> None:
    assert counted("call +1 212 555 0147\n12 Oak Street, Boston", "PHONE_NUMBER") == ["+1 212 555 0147"]
    assert counted("call +49 89 12345678\n12 Oak Street, Boston", "PHONE_NUMBER") == ["+49 89 12345678"]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("US_SSN", "ssn_536-90-4399.txt", "536-90-4399"),
        ("US_SSN", "scan 536-90-4399_old.pdf", "536-90-4399"),
        ("US_SSN", "ssn-536-90-4399", "536-90-4399"),
        ("UK_NHS", "nhs_943 476 5919", "943 476 5919"),
        ("CA_SIN", "sin-130-692-544", "130-692-544"),
        ("UK_PASSPORT", "passport_AB1234567", "AB1234567"),
        ("CREDIT_CARD", "card-4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("CREDIT_CARD", "card-4222222222222", "4222222222222"),
    ],
)
def test_a_value_is_found_beside_the_name_of_its_field(kind: str, text: str, value: str) -> None:
    assert counted(text, kind) == [value]


@pytest.mark.parametrize("text", ["build_2024_1234", "CVE-2024-12345", "SKU-123456789", "PT-4111-1111"])
def test_names_of_builds_and_parts_are_no_numbers_of_people(text: str) -> None:
    assert counted(f"see {text} for it") == []
