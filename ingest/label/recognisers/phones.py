"""Telephone numbers."""

# pyright: reportUnknownMemberType=false
# phonenumbers ships stubs without the types of its metadata.

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.base import CERTAIN, CLEAR, FAINT, LIKELY, WEAK
from ingest.label.recognisers.breaks import broken, grouped
from ingest.label.recognisers.checksums import luhn
from ingest.label.recognisers.context import announced, announcing
from ingest.label.recognisers.letters import folded
from ingest.label.recognisers.schemes import Scheme

_CANDIDATE = re.compile(
    r"(?<![\w./$€£@#*-])(?<!\d[,:])(?:"
    r"(?:(?:\+|00)?1[ .-]?)?(?:\(\d{3}\)|\d{3})[ .-]?\d{3}[ .-]?\d{4}"
    r"|(?:\+ ?|\(\+)?\(?\d(?:[ .()/-]{0,3}\d){5,15}"
    r")(?:(?:,? ?(?:x|ext\.?|extension|durchwahl) ?| ?# ?)\d{1,6})?(?![\w@*])",
    re.ASCII | re.IGNORECASE,
)
_WORDS = announcing(
    (
        "phone",
        "telephone",
        "tel",
        "call",
        "calling",
        "mobile",
        "cell",
        "cellphone",
        "fax",
        "dial",
        "whatsapp",
        "sms",
        "contact",
        "contact number",
        "my number",
        "reach me",
        "reach us",
        "hotline",
        "extension",
        "telefon",
        "telefonnummer",
        "rufnummer",
        "handy",
        "mobil",
        "téléphone",
        "portable",
        "teléfono",
        "móvil",
        "celular",
        "telefono",
        "cellulare",
        "telefoon",
        "telefone",
        "puhelin",
        "cep",
        "telepono",
        "cn number",
        "us number",
    )
)
_EXTENSION = re.compile(r"(?:x|ext|extension|durchwahl|#)", re.IGNORECASE)
_AMERICAN = re.compile(r"(?:(?:\+|00)?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}([ .-]))\d{3}[ .-]\d{4}", re.ASCII)
_DATE = re.compile(
    r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})|(?:19|20)\d\d ?- ?(?:19|20)\d\d)"
    r"(?: \d{1,2})?",
    re.ASCII,
)
_AMOUNT = re.compile(r"\d{1,3}(?:[ .]\d{3})+", re.ASCII)
_US_SSN = re.compile(r"\d{3}([ .-])\d{2}\1\d{4}", re.ASCII)
_TURKISH = r"(?:\+90[ -]?|0[ -]?)?(?:\((?:2\d\d|3\d\d|4\d\d|5\d\d)\)|[2-5]\d\d)[ .-]?\d{3}[ .-]?\d{2}[ .-]?\d{2}"
_PHILIPPINE = r"(?:\+63|0)[ -]?(?:\(9\d{2}\)|9\d{2})[ -]?\d{3}[ -]?\d{4}"

SCHEMES = (
    Scheme(
        "PH_MOBILE_NUMBER",
        rf"(?<![\w+(-]){_PHILIPPINE}(?![\w-])",
        LIKELY,
        ("telepono", "numero", "philippines", "manila"),
        announced=0.6,
        digits=11,
    ),
    Scheme(
        "TR_PHONE_NUMBER",
        rf"(?<![\w+(-]){_TURKISH}(?![\w-])",
        0.2,
        ("telefon", "telefonum", "cep", "cep no", "gsm", "numaram", "turkey", "türkiye"),
        announced=0.6,
        digits=10,
    ),
)


class PhoneRecogniser:
    """Numbers with a country code by the numbering plans of phonenumbers, others by how they are written."""

    name = "phone"

    def find(self, text: str) -> Iterator[Finding]:
        text = folded(text)
        for match in _CANDIDATE.finditer(text):
            span = _trimmed(text, *match.span())
            number = span.of(text)
            score = _score(number)
            if 0 < score < CLEAR and announced(_WORDS, text, span.start, span.end):
                score = 0.45 if score < WEAK and _is_something_else(number) else 0.85
            if score > 0:
                yield Finding("PHONE_NUMBER", span, score, self.name)
        runs = [run for run in broken(text) if "\n" in run.of(text)]
        for places in grouped(text, runs):
            for match in _CANDIDATE.finditer(places.joined):
                read = _trimmed(places.joined, *match.span())
                span = places.span(read.start, read.end)
                if "\n" in span.of(text) and _is_broken_number(text, span):
                    yield Finding("PHONE_NUMBER", span, CLEAR, self.name)


def _is_broken_number(text: str, span: Span) -> bool:
    """Whether a number goes on in the next line: it is valid, or announced and American, and its lines are none."""
    lines = span.of(text).split("\n")
    number = " ".join(line.strip(" \t-") for line in lines)
    if any(_is_international(line) for line in lines):
        return False
    american = _AMERICAN.fullmatch(number) is not None and announced(_WORDS, text, span.start, span.end)
    return american or _is_international(number)


def _is_international(number: str) -> bool:
    return "+" in number and _is_valid("+" + "".join(filter(str.isdigit, number)))


def _trimmed(text: str, start: int, end: int) -> Span:
    """Less an opening bracket without its closing one."""
    while text[start] == "(" and ")" not in text[start:end]:
        start += 1
    return Span(start, end)


def _score(number: str) -> float:
    """How sure a number is by how it is written."""
    plain = _EXTENSION.split(number, maxsplit=1)[0].strip(" ,")
    digits = "".join(filter(str.isdigit, plain))
    if not 6 <= len(digits) <= 15 or len(set(digits)) == 1 or _DATE.fullmatch(plain):
        return 0.0
    if len(digits) == 6:
        # Greenland and other small countries have six; no more is known of them than that.
        return 0.0 if plain.isdigit() else FAINT
    if "+" in plain:
        return CERTAIN if _is_valid("+" + digits) else LIKELY if len(digits) >= 8 else WEAK
    if _is_something_else(plain):
        return FAINT
    if _AMERICAN.fullmatch(plain) or plain != number.strip():
        return CLEAR
    groups = re.split(r"[ .()/-]+", plain.strip("()"))
    if len(groups) == 1:
        return WEAK if digits[0] == "0" and 9 <= len(digits) <= 13 else 0.2 if len(digits) in (10, 11) else FAINT
    if digits.startswith("00") and len(digits) >= 10:
        return CLEAR if _is_valid("+" + digits[2:]) or digits.startswith("001") else LIKELY
    if digits[0] == "0" and 9 <= len(digits) <= 12 and len(groups) <= 5:
        return LIKELY
    if plain.startswith("(") and len(groups) <= 4 and len(groups[0]) in (2, 3, 4):
        return LIKELY
    return WEAK if len(groups) <= 5 and 8 <= len(digits) <= 12 else FAINT


def _is_valid(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def _is_something_else(number: str) -> bool:
    """Whether it is written as an amount, a social security number or a card."""
    if any(form.fullmatch(number) for form in (_AMOUNT, _US_SSN)):
        return True
    digits = "".join(filter(str.isdigit, number))
    return len(digits) >= 13 and luhn(digits)
