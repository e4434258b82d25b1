"""Days and times as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.base import CLEAR, LIKELY, WEAK
from ingest.label.recognisers.context import announced, announcing
from ingest.label.recognisers.letters import folded

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:\d{4}|\d{2})"
_TIME = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?"
_ZONE = r"(?: ?(?:[ap]\.?m\.?(?!\w)|Z(?!\w)|UTC|GMT|[+-](?:[01]\d|2[0-3]):?[0-5]\d))?"
_NAMED = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_FULL = re.compile(
    rf"(?<![\w./-])(?:\d{{4}}([-/.]){_MONTH}\1{_DAY}|{_MONTH}([-/.]){_DAY}\2{_YEAR}|{_DAY}([-/.]){_MONTH}\3{_YEAR}"
    rf"|{_DAY}-{_NAMED}-{_YEAR})(?:(?:T|,? ){_TIME}{_ZONE})?(?!\w|[./-]\d)",
    re.IGNORECASE | re.ASCII,
)
_WRITTEN = re.compile(
    rf"(?<![\w./-])(?:{_WEEKDAY},? )?(?:{_DAY}(?:st|nd|rd|th)?(?: of)? {_NAMED}\.?(?:,? \d{{4}})?"
    rf"|{_NAMED}\.? {_DAY}(?:st|nd|rd|th)?(?:,? \d{{4}}(?!\d))?)(?:,? (?:at )?{_TIME}{_ZONE})?(?![\w-]|[./]\d)",
    re.IGNORECASE | re.ASCII,
)
_MONTH_AND = re.compile(
    rf"(?<![\w./-])(?:{_NAMED}-\d{{4}}|{_NAMED}-\d{{2}}|{_DAY}-{_NAMED}|{_NAMED},? \d{{4}})(?![\w-]|[./]\d)",
    re.IGNORECASE | re.ASCII,
)
_SHORT = re.compile(rf"(?<![\w./-]){_MONTH}/(?:\d{{4}}|\d{{2}})(?!\w|[./-]\d)", re.ASCII)
_WEEKDAYS = re.compile(rf"(?<![\w-]){_WEEKDAY}(?![\w-])", re.IGNORECASE)
_AGE = re.compile(r"(?<![\w.,-])(?:1[01]\d|\d{1,2})[ -](?:years?|yrs?|months?)[ -](?:old|of age)(?!\w)", re.IGNORECASE)
_WORDS = announcing(
    (
        "date",
        "born",
        "birth",
        "birthday",
        "dob",
        "due",
        "expires",
        "expiry",
        "exp",
        "valid",
        "since",
        "until",
        "till",
        "today",
        "hired",
        "started",
        "deadline",
        "anniversary",
    )
)
_HAS_NAME = re.compile(_NAMED, re.IGNORECASE)


class DateRecogniser:
    """Full days, sure; a month with a year or a day, likely; ``05/21`` and ages only beside words."""

    name = "date"

    def find(self, text: str) -> Iterator[Finding]:
        text = folded(text)
        yield from _all("DATE_TIME", _FULL, text, CLEAR, "date:full")
        if _HAS_NAME.search(text):
            for match in _WRITTEN.finditer(text):
                # "may 5 people come" is not a day; in small letters only a date with its year is.
                sure = match.group()[0].isdigit() or match.group()[0].isupper() or match.group()[-4:].isdigit()
                yield Finding("DATE_TIME", Span(*match.span()), CLEAR if sure else WEAK, "date:written")
            yield from _all("DATE_TIME", _MONTH_AND, text, LIKELY, "date:month")
        if "day" in text.lower():
            yield from _all("DATE_TIME", _WEEKDAYS, text, LIKELY, "date:weekday")
        for match in _SHORT.finditer(text):
            near = announced(_WORDS, text, *match.span())
            yield Finding("DATE_TIME", Span(*match.span()), LIKELY if near else 0.2, "date:short")
        yield from _all("AGE", _AGE, text, WEAK, "date:age")


def _all(kind: str, pattern: re.Pattern[str], text: str, score: float, rule: str) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        yield Finding(kind, Span(*match.span()), score, rule)
