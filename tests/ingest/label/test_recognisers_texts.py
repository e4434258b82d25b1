from __future__ import annotations

import pytest

from ingest.label.detector import LayeredDetector
from ingest.label.recognisers import recognisers
from ingest.label.settings import LabelSettings
from ingest.label.wording import Wording
from tests.ingest.label.finding import counted, findings


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Write to jane_doe+x@mail.example.co.uk.", "jane_doe+x@mail.example.co.uk"),
        ("<info@example.com>", "info@example.com"),
        ("mailto:o'neil@example.org?subject=x", "o'neil@example.org"),
        ("'info@example.com'", "info@example.com"),
        ("pelé@exämple.br", "pelé@exämple.br"),
        ("jane [at] example [dot] com", "jane [at] example [dot] com"),
    ],
)
def test_mail_addresses_are_found_without_what_surrounds_them(text: str, value: str) -> None:
    assert counted(text, "EMAIL_ADDRESS") == [value]


@pytest.mark.parametrize("text", ["a @ b", "foo@bar", "@handle", "x@", "we meet at noon.then go", "2@3.4"])
def test_an_at_sign_alone_is_no_mail_address(text: str) -> None:
    assert counted(text, "EMAIL_ADDRESS") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("call +49 (0)89 1234567 now", "+49 (0)89 1234567"),
        ("0171-2345678 ext. 12", "0171-2345678 ext. 12"),
        ("Office: (212) 555-0187x4432", "(212) 555-0187x4432"),
        ("tel 020 7946 0958", "020 7946 0958"),
        ("Fax,001-748-088-2851", "001-748-088-2851"),
        ("my mobile is 88 16 54 09", "88 16 54 09"),
    ],
)
def test_telephone_numbers_are_found_with_their_extension(text: str, value: str) -> None:
    assert counted(text, "PHONE_NUMBER") == [value]


@pytest.mark.parametrize(
    "text",
    [
        "call me on 2024-01-15",
        "ref 536-90-4399",
        "2024-01-15",
        "from 1999-2003",
        "1,234,567.89",
        "about 1 234 567 units",
        "88 16 54 09",
        "4155550132",
        "10.0.0.12",
    ],
)
def test_days_amounts_and_bare_numbers_are_no_telephone_numbers(text: str) -> None:
    assert counted(text, "PHONE_NUMBER") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("host 10.0.0.12:8080", ["IP_ADDRESS 10.0.0.12"]),
        ("fe80::1ff:fe23:4567:890a%eth0", ["IP_ADDRESS fe80::1ff:fe23:4567:890a%eth0"]),
        ("mac 00:1A:2B:3C:4D:5E.", ["MAC_ADDRESS 00:1A:2B:3C:4D:5E"]),
        ("See https://example.com/a?b=c.", ["URL https://example.com/a?b=c"]),
        ("Version 10.2.3.4 of std::vector at 12:30:45", []),
        ("We use ASP.NET here.It works", []),
    ],
)
def test_addresses_in_networks_are_found(text: str, expected: list[str]) -> None:
    assert counted(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("born 3/23/1940", "3/23/1940"),
        ("at 2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("Monday, January 5th, 2025, noon", "Monday, January 5th, 2025"),
        ("on the 21st of May 1999", "21st of May 1999"),
        ("card expires 05/27", "05/27"),
    ],
)
def test_days_are_found_as_people_write_them(text: str, value: str) -> None:
    assert value in counted(text, "DATE_TIME")


@pytest.mark.parametrize("text", ["you may 5 times", "a ratio of 24/7", "chapter 7.1.2", "pages 345-350", "13/13/2020"])
def test_other_numbers_are_no_days(text: str) -> None:
    assert counted(text, "DATE_TIME") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("password: Hunter2!x", "Hunter2!x"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("postgres://bob:s3cr3t@db.example.com/x", "bob:s3cr3t"),
        ("k: -----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----.", None),
        ("k: -----BEGIN RSA PRIVATE KEY-----\nMIIB", None),
    ],
)
def test_credentials_are_found_whole(text: str, value: str | None) -> None:
    assert counted(text, "CREDENTIAL") == [value or text.removeprefix("k: ").removesuffix(".")]


@pytest.mark.parametrize(
    "text", ["The password is required.", "Token: see below", "the secret is patience", "keys: many"]
)
def test_talk_about_passwords_gives_none_away(text: str) -> None:
    assert counted(text, "CREDENTIAL") == []


def test_a_form_of_address_tells_of_a_person() -> None:
    text = "Dr. Maria von der Leyen and Mrs. O'Neil met Mr. J. R. Smith."
    assert counted(text, "PERSON") == ["Maria von der Leyen", "O'Neil", "J. R. Smith"]
    assert counted(text, "PREFIX") == ["Dr.", "Mrs.", "Mr."]


def test_a_signature_is_read_line_by_line() -> None:
    text = "Nicole Querry\nTraining and development coordinator\nBuena Vista Maintenance\n12 Oak Street, Salem"
    assert counted(text) == [
        "PERSON Nicole Querry",
        "TITLE Training and development coordinator",
        "ORGANIZATION Buena Vista Maintenance",
        "ADDRESS 12 Oak Street, Salem",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "conduct. All\nmanagement structure\n  directors and officers\nlines:",
        "Secure Coding  All\nBootcamp  Developers\nCode Review",
        "Our Values\nwe trust every manager\nand more",
        "Annual Review\nTalk to your manager.\nThen sign",
    ],
)
def test_lines_of_columns_and_sentences_are_no_signature(text: str) -> None:
    assert counted(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("We bought Keychain Logistics Corp. last year", "Keychain Logistics Corp."),
        ("At Müller & Sohn GmbH they know", "Müller & Sohn GmbH"),
        ("from the Bank of Ireland today", "Bank of Ireland"),
        ("smith ltd. is the brainchild", "smith ltd."),
    ],
)
def test_companies_are_found_by_their_legal_form(text: str, value: str) -> None:
    assert counted(text, "ORGANIZATION") == [value]


def test_a_state_behind_a_city_is_no_company() -> None:
    assert counted("She moved to Reno, NV in May", "ORGANIZATION") == []


def test_every_finding_names_the_rule_that_found_it() -> None:
    text = "Dr. Ann Lee, 12 Oak Street, Salem, SSN 536-90-4399, ann@example.com, +49 89 1234567, 3/23/1940"
    assert all(each.rule for each in findings(text))
    assert {each.rule for each in findings(text)} >= {
        "people:titled",
        "address:signs",
        "number:us_ssn",
        "email",
        "phone",
    }


def test_a_password_of_signs_alone_is_one_and_a_mask_is_none() -> None:
    assert counted("password: !@#$%^&", "CREDENTIAL") == ["!@#$%^&"]
    assert counted("password: ********", "CREDENTIAL") == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("see /home/jo/report.txt", "jo"),
        ("C:\\Users\\li\\Documents", "li"),
        ("in /Users/anna.meyer/notes/x", "anna.meyer"),
    ],
)
def test_a_folder_says_whose_it_is(text: str, name: str) -> None:
    assert counted(text, "PERSON") == [name]


@pytest.mark.parametrize("text", ["/home/shared/x", "GET https://x.org/home/news/1", "at/home/now/then", "/Users/42/x"])
def test_folders_of_nobody_and_pages_are_no_people(text: str) -> None:
    assert counted(text, "PERSON") == []


@pytest.mark.parametrize("text", ["Rouva Virtanen", "Mme Dubois", "Capt. Haddock", "Messrs. Grant", "Signora Rossi"])
def test_a_form_of_address_is_the_same_to_whoever_looks_for_it(text: str) -> None:
    prefix, name = text.split()
    assert counted(f"with {text} there", "PREFIX") == [prefix]
    assert counted(f"with {text} there", "PERSON") == [name]
    assert [each.span.of(text) for each in Wording().find(text) if each.kind == "PREFIX"] == [prefix]


def test_a_legal_form_is_the_same_to_whoever_looks_for_it() -> None:
    for form in ("OHG", "Lda", "LP", "Pte", "plc", "gGmbH"):
        text = f"Nordwind {form}"
        assert counted(f"from {text} today", "ORGANIZATION") == [text]
        assert [each.span.of(text) for each in Wording().find(text)] == [text]


def test_a_line_end_that_is_written_out_parts_values_as_a_line_end_does() -> None:
    forms = recognisers(LabelSettings())
    detector = LayeredDetector(
        lambda texts: [[each for form in forms for each in form.find(text)] for text in texts], identity="forms"
    )
    text = r'{"to": "Dr. Smith\nMr. Jones\n4111 1111 1111 1111", "password": "Xk\n9Zq!aa"}'
    found = [each.span.of(text) for each in detector.find([text])[0] if each.score >= 0.4]
    assert found == ["Dr.", "Smith", "Mr.", "Jones", "4111 1111 1111 1111", r"Xk\n9Zq!aa"]
