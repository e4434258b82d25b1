from __future__ import annotations

import pytest

from ingest.label.recognisers.checksums import is_short_date, luhn, mod_11_10, verhoeff
from ingest.label.settings import LabelSettings
from tests.ingest.label.finding import counted, findings


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("CREDIT_CARD", "paid with 4539 1488 0343 6467 today", "4539 1488 0343 6467"),
        ("CREDIT_CARD", "amex 3782 822463 10005", "3782 822463 10005"),
        ("CREDIT_CARD", "card:4539148803436467.", "4539148803436467"),
        ("IBAN_CODE", "to GB29 NWBK 6016 1331 9268 19, please", "GB29 NWBK 6016 1331 9268 19"),
        ("IBAN_CODE", "iban nl91abna0417164300", "nl91abna0417164300"),
        ("US_SSN", "SSN 536-90-4399", "536-90-4399"),
        ("US_SSN", "social security number 536904399", "536904399"),
        ("UK_NINO", "NI number: AB 12 34 56 C.", "AB 12 34 56 C"),
        ("UK_NHS", "NHS 943 476 5919", "943 476 5919"),
        ("UK_POSTCODE", "postcode SW1A 2AA", "SW1A 2AA"),
        ("UK_DRIVING_LICENCE", "licence MORGA657054SM9IJ", "MORGA657054SM9IJ"),
        ("DE_TAX_ID", "Steuer-ID 86095742719", "86095742719"),
        ("DE_PASSPORT", "Reisepass C01X00T41", "C01X00T41"),
        ("ES_NIF", "DNI 12345678Z", "12345678Z"),
        ("ES_NIE", "NIE X-1234567-L", "X-1234567-L"),
        ("IT_FISCAL_CODE", "codice fiscale RSSMRA85T10A562S", "RSSMRA85T10A562S"),
        ("FI_PERSONAL_IDENTITY_CODE", "hetu 131052-308T", "131052-308T"),
        ("SE_PERSONNUMMER", "personnummer 811228-9874", "811228-9874"),
        ("PL_PESEL", "PESEL 44051401359", "44051401359"),
        ("IN_AADHAAR", "Aadhaar 2341 2341 2346", "2341 2341 2346"),
        ("SG_NRIC_FIN", "NRIC S1234567D", "S1234567D"),
        ("TH_TNIN", "Thai ID 1-1017-00230-70-8", "1-1017-00230-70-8"),
        ("KR_BRN", "사업자등록번호 124-81-00998", "124-81-00998"),
        ("TR_NATIONAL_ID", "TC kimlik 10000000146", "10000000146"),
        ("AU_TFN", "tax file number 123 456 782", "123 456 782"),
        ("AU_ABN", "ABN 51 824 753 556", "51 824 753 556"),
        ("CA_SIN", "SIN 046-454-286", None),
        ("CA_SIN", "SIN 130-692-544", "130-692-544"),
        ("ZA_ID_NUMBER", "id number 8001015009087", "8001015009087"),
        ("CRYPTO", "send to 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("CRYPTO", "0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886E0F7030069857D2E4169EE7"),
    ],
)
def test_a_number_counts_beside_the_word_that_announces_it(kind: str, text: str, value: str | None) -> None:
    assert counted(text, kind) == ([] if value is None else [value])


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("CREDIT_CARD", "paid with 4539 1488 0343 6468 today"),
        ("CREDIT_CARD", "card 9539148803436467"),
        ("IBAN_CODE", "to GB29 NWBK 6016 1331 9268 18, please"),
        ("IBAN_CODE", "to GB29 NWBK 6016 1331 9268, please"),
        ("IBAN_CODE", "to XX29 NWBK 6016 1331 9268 19, please"),
        ("US_SSN", "SSN 666-90-4399"),
        ("US_SSN", "SSN 536-00-4399"),
        ("US_SSN", "SSN 078-05-1120"),
        ("UK_NINO", "NI number: BG 12 34 56 C."),
        ("UK_NHS", "NHS 943 476 5918"),
        ("DE_TAX_ID", "Steuer-ID 86095742710"),
        ("ES_NIF", "DNI 12345678A"),
        ("FI_PERSONAL_IDENTITY_CODE", "hetu 310252-308T"),
        ("SE_PERSONNUMMER", "personnummer 811328-9874"),
        ("PL_PESEL", "PESEL 44051401358"),
        ("IN_AADHAAR", "Aadhaar 2341 2341 2345"),
        ("TR_NATIONAL_ID", "TC kimlik 10000000147"),
        ("AU_TFN", "tax file number 123 456 789"),
        ("CRYPTO", "send to 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3"),
    ],
)
def test_a_number_whose_check_digits_disagree_is_not_found_at_all(kind: str, text: str) -> None:
    assert [each for each in findings(text) if each.kind == kind] == []


@pytest.mark.parametrize(
    "text",
    [
        "Invoice 20240115 over 1,234,567.00 EUR for order 415555013 was paid in 2023.",
        "The part AB1234567 replaces M1 and A12; see section 12.4.1 and table 3.",
        "Ticket INC0012345, build 20240115, chapter 7.1.2, pages 345-350.",
        "We grew by 12 percent, from 1 234 567 to 1 345 678 units, in 24 months.",
    ],
)
def test_ordinary_numbers_of_business_do_not_count(text: str) -> None:
    assert counted(text) == []


def test_a_weak_form_is_reported_with_its_low_score_and_counts_only_when_announced() -> None:
    alone = [each.score for each in findings("the code AB1234567 is here") if each.kind == "UK_PASSPORT"]
    announced = [each.score for each in findings("my passport AB1234567 is here") if each.kind == "UK_PASSPORT"]
    assert max(alone) < 0.4 <= min(announced)


def test_a_value_that_is_all_there_is_needs_no_word_beside_it() -> None:
    assert "US_SSN 536904399" in counted("536904399")
    assert "US_SSN 536904399" not in counted("the number 536904399 came back")


def test_a_plural_announces_and_a_word_that_only_begins_alike_does_not() -> None:
    assert counted("both passports AB1234567", "UK_PASSPORT")
    assert not counted("passportless AB1234567", "UK_PASSPORT")


def test_full_width_digits_and_no_break_spaces_are_read_and_keep_their_places() -> None:
    text = "card ４５３９\u00a01488\u202f0343\u00a06467 of mine"
    assert counted(text, "CREDIT_CARD") == ["４５３９\u00a01488\u202f0343\u00a06467"]


def test_kinds_that_are_off_are_not_looked_for_among_numbers() -> None:
    settings = LabelSettings(kinds_off=("US_SSN",))
    assert not [each for each in findings("SSN 536-90-4399", settings) if each.kind == "US_SSN"]


@pytest.mark.parametrize(("check", "value"), [(luhn, "79927398713"), (verhoeff, "2363"), (mod_11_10, "07945")])
def test_check_digits_of_published_examples_agree_and_every_other_digit_does_not(check: object, value: str) -> None:
    assert callable(check)
    agreeing = [digit for digit in "0123456789" if check(value[:-1] + digit)]
    assert agreeing == [value[-1]]


def test_the_thirtieth_of_february_is_no_day() -> None:
    assert is_short_date("000229")
    assert not is_short_date("000230")


def test_numbers_of_pages_in_a_link_are_no_numbers_of_people() -> None:
    assert counted("see https://example.org/web/4539148803436467/bank", "CREDIT_CARD") == []
    assert counted("see https://example.org/web?card=4539148803436467", "CREDIT_CARD") == ["4539148803436467"]


@pytest.mark.parametrize("address", ["::ffff:192.0.2.1", "64:ff9b::192.0.2.33", "2001:db8::10.0.0.1", "192.0.2.1"])
def test_an_address_that_embeds_another_one_is_one(address: str) -> None:
    assert counted(f"from {address} at noon", "IP_ADDRESS") == [address]


@pytest.mark.parametrize("text", ["card_4111111111111111", "?card=4111111111111111", "pan_4111-1111-1111-1111.txt"])
def test_a_card_is_found_behind_the_name_of_a_field(text: str) -> None:
    assert any(value.replace("-", "") == "4111111111111111" for value in counted(text, "CREDIT_CARD"))
