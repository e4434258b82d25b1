"""Dates of a text, in whichever form they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.text import Span

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = "|".join(f"{month}|{month[:3]}\\b\\.?" if month != "may" else "may" for month in _MONTHS).replace(
    "september|", "september|sept\\b\\.?|"
)
_YEAR = r"(?:1[5-9]|20|21)\d\d"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_ISO = re.compile(rf"\b({_YEAR})[-/.](\d\d?)[-/.](\d\d?)(?!\d)")
_NUMERIC = re.compile(rf"\b(\d\d?)([-/.])(\d\d?)\2({_YEAR}|\d\d)\b")
_DAY_MONTH = re.compile(
    rf"\b({_DAY})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})(?![a-z])(?:,?\s+({_YEAR})\b)?", re.IGNORECASE
)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})(?![a-z])\s+({_DAY})(?:st|nd|rd|th)?\b(?!\d)(?:,?\s+({_YEAR})\b)?", re.IGNORECASE
)
_MONTH_YEAR = re.compile(rf"\b({_MONTH})(?![a-z]),?\s+(?:of\s+)?({_YEAR})\b", re.IGNORECASE)
_MONTH_ALONE = re.compile(
    r"\b(" + "|".join(month.title() for month in _MONTHS if month not in ("may", "march")) + r")\b"
)
_MAY_ALONE = re.compile(r"\b(?i:in|of|by|since|until|last|next|this|early|late|mid|each|every|during)[ -](May|March)\b")
_WEEKDAY = re.compile(rf"\b({'|'.join(_WEEKDAYS)})s?\b", re.IGNORECASE)
_YEAR_ALONE = re.compile(rf"\b({_YEAR})\b")


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is given. ``day`` and ``month`` may be the other way round where ``swappable``."""

    span: Span
    year: int | None = None
    month: int | None = None
    day: int | None = None
    swappable: bool = False


@dataclass(frozen=True, slots=True)
class Weekday:
    span: Span
    number: int


def days(text: str) -> list[Day]:
    """The dates that name at least a month, in order."""
    found: list[Day] = []
    for reader in (_iso, _numeric, _day_month, _month_day, _month_year, _alone):
        found += [each for each in reader(text) if not any(each.span.overlaps(other.span) for other in found)]
    return sorted(found, key=lambda each: each.span)


def weekdays(text: str) -> list[Weekday]:
    return [Weekday(Span(*m.span()), _WEEKDAYS.index(m[1].lower())) for m in _WEEKDAY.finditer(text)]


def occurs(day: Day, others: Sequence[Day], text: str) -> bool:
    """Whether one of ``others``, the dates of ``text``, is this one. What it leaves open may stand elsewhere."""
    return any(_agree(reading, other) and _rest(reading, other, others, text) for reading in _both(day)
               for each in others for other in _both(each))  # fmt: skip


def _agree(one: Day, other: Day) -> bool:
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(None in pair or pair[0] == pair[1] for pair in pairs)


def _rest(day: Day, other: Day, others: Sequence[Day], text: str) -> bool:
    if day.day is not None and other.day is None:
        return False
    if day.year is not None and other.year is None:
        years = {int(year) for year in _YEAR_ALONE.findall(text)} | {each.year for each in others}
        return day.year in years
    return True


def _both(day: Day) -> Iterator[Day]:
    yield day
    if day.swappable:
        yield Day(day.span, day.year, day.day, day.month)


def _iso(text: str) -> Iterator[Day]:
    for match in _ISO.finditer(text):
        year, month, day = (int(part) for part in match.groups())
        if 1 <= month <= 12 and 1 <= day <= 31:
            yield Day(Span(*match.span()), year, month, day)


def _numeric(text: str) -> Iterator[Day]:
    for match in _NUMERIC.finditer(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        year += 2000 if year < 100 else 0
        if 1 <= first <= 31 and 1 <= second <= 31 and min(first, second) <= 12:
            day, month = (first, second) if second <= 12 else (second, first)
            # Dots are written day first everywhere; slashes are not.
            unsure = match[2] != "." and max(first, second) <= 12
            yield Day(Span(*match.span()), year, month, day, swappable=unsure)


def _day_month(text: str) -> Iterator[Day]:
    for match in _DAY_MONTH.finditer(text):
        yield Day(Span(*match.span()), int(match[3]) if match[3] else None, _month(match[2]), int(match[1]))


def _month_day(text: str) -> Iterator[Day]:
    for match in _MONTH_DAY.finditer(text):
        if match[1] != "may" and match[1] != "march":
            yield Day(Span(*match.span()), int(match[3]) if match[3] else None, _month(match[1]), int(match[2]))


def _month_year(text: str) -> Iterator[Day]:
    for match in _MONTH_YEAR.finditer(text):
        yield Day(Span(*match.span()), int(match[2]), _month(match[1]))


def _alone(text: str) -> Iterator[Day]:
    for pattern in (_MONTH_ALONE, _MAY_ALONE):
        for match in pattern.finditer(text):
            yield Day(Span(*match.span(1)), None, _month(match[1]))


def _month(word: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(word.lower()[:3]))
