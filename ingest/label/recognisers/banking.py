"""Bank accounts: IBAN, BIC."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.base import CERTAIN
from ingest.label.recognisers.breaks import SEPARATOR
from ingest.label.recognisers.checksums import mod_97
from ingest.label.recognisers.letters import folded

# ISO 13616 register: the length of an IBAN by country.
_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
LENGTH = {country: length for length, countries in _LENGTHS.items() for country in countries.split()}
_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?[0-9]{2}(?=[\s.-]{0,4}[A-Za-z0-9])")
_SEPARATOR = re.compile(SEPARATOR)
_NO_SIGN = re.compile(r"[^A-Za-z0-9]+")


class IbanRecogniser:
    """International bank account numbers: the length of the country, any grouping, MOD 97-10."""

    name = "iban"

    def find(self, text: str) -> Iterator[Finding]:
        text = folded(text)
        for start in _START.finditer(text):
            length = LENGTH.get(start.group()[:2].upper())
            end = _end(text, start.start(), length) if length else None
            if end is not None and is_iban(text[start.start() : end]):
                yield Finding("IBAN_CODE", Span(start.start(), end), CERTAIN, self.name)


def is_iban(value: str) -> bool:
    """Whether the check digits agree. Letters are all large or all small: nobody writes an IBAN in both."""
    bare = _NO_SIGN.sub("", value)
    return (bare.isupper() or bare.islower()) and mod_97(bare.upper())


def _end(text: str, start: int, length: int) -> int | None:
    """Behind the ``length``-th letter or digit, over single separators; None where the run ends before, or goes on
    behind."""
    at, seen = start, 0
    while seen < length and at < len(text):
        if _is_letter_or_digit(text[at]):
            seen += 1
            at += 1
        elif (separator := _SEPARATOR.match(text, at)) is not None and _is_letter_or_digit(text[at - 1]):
            at = separator.end()
        else:
            return None
    goes_on = at < len(text) and _is_letter_or_digit(text[at])
    return at if seen == length and not goes_on else None


def _is_letter_or_digit(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()
