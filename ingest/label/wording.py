"""Recognisers by wording: what the words themselves say, where small models waver.

Countries by their names, forms of address, days of the week, companies by their legal form, and occupations that are
announced as somebody's. General English; nothing here knows a person or a company.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.lexicon import (
    CASED_COUNTRIES,
    CASED_HONORIFICS,
    CASED_LOOSE_HONORIFICS,
    COUNTRIES,
    DOTTED_HONORIFICS,
    FIRM_WORDS,
    HONORIFICS,
    LEGAL_FORMS,
    LOOSE_HONORIFICS,
    OCCUPATIONS,
    STATE_WORDS,
)

_SCORE = 0.6
_STATE = (
    rf"(?:(?:(?:{STATE_WORDS}) ){{0,3}}(?:republic|kingdom|states?|commonwealth|principality|grand duchy|sultanate|"
    r"federation|union) of (?:the )?)"
)
_INITIALS = r"(?:[A-ZÀ-Þ]\.[ ]?){0,4}"
_COMPANY = f"(?:{LEGAL_FORMS}|{FIRM_WORDS})"
_CAPITALISED = r"[A-ZÀ-Þ0-9][\w'’-]{0,40}"
_ANNOUNCED = (
    r"(?:\b(?:work|works|worked|working|employed|hired|job|career|serve[sd]?|position|role|title|start(?:s|ed)?|promoted|"
    r"trained|background|experience|appointed)\W{1,3}(?:(?:as|of|is|was|to|in|being|him|her|me|for)\W{1,3}){0,3}"
    r"|(?:\bI\W?a?m|\b(?:he|she)(?:['’]s|\W{1,2}is)|\b(?:profession|occupation)(?:\W{1,3}is|:)|\bby profession)"
    r"\W{1,3}(?:now\W{1,2})?)(?:(?:an?|the|our|their|my|his|her|senior|chief)\W{1,3}){0,2}"
)
_MODIFIER = r"(?!(?:by|who|that|with|for|from|on|not|no|very|a|the)\b)[a-z][\w/&'’-]{0,40},?[ ]"


@dataclass(frozen=True, slots=True)
class _Form:
    """``group`` 1 of each match is the value."""

    kind: str
    name: str
    expression: str
    flags: re.RegexFlag = re.NOFLAG
    pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(self.expression, self.flags))


_FORMS = (
    _Form(
        "LOCATION",
        "country",
        rf"(?<!\w)({_STATE}?(?:{COUNTRIES})|{_STATE}(?:{CASED_COUNTRIES}))(?!\w)",
        re.IGNORECASE,
    ),
    _Form("LOCATION", "country", rf"\b({CASED_COUNTRIES}|U\.S\.A?\.?|U\.K\.)(?!\w)"),
    _Form(
        "PREFIX", "honorific", rf"(?<![\w.])((?:{HONORIFICS}|{LOOSE_HONORIFICS})\b\.?)(?=\s+[^\W\d_])", re.IGNORECASE
    ),
    _Form(
        "PREFIX",
        "honorific",
        rf"(?<![\w.])((?:{CASED_HONORIFICS}|{CASED_LOOSE_HONORIFICS})\b|(?:{DOTTED_HONORIFICS})\.)(?=\s+[A-ZÀ-Þ])",
    ),
    _Form("DATE_TIME", "weekday", r"\b((?:mon|tues|wednes|thurs|fri|satur|sun)day)s?\b", re.IGNORECASE),
    _Form(
        "ORGANIZATION",
        "legal form",
        rf"(?<![\w.])({_INITIALS}{_CAPITALISED}[ ](?:(?:{_CAPITALISED}|[A-Z]\.|&|and|of|et|und|for)[ ]){{0,5}}"
        rf"{_COMPANY}\b\.?|{_CAPITALISED}(?:[ ]{_CAPITALISED}){{0,4}},?[ ]{_COMPANY}\b\.?)",
    ),
    _Form("TITLE", "occupation", rf"{_ANNOUNCED}((?:{_MODIFIER}){{0,6}}(?:{OCCUPATIONS}))\b", re.IGNORECASE),
)


class Wording:
    """A ``Recogniser``."""

    name = "wording"

    def find(self, text: str) -> Iterable[Finding]:
        return list(self._find(text))

    def _find(self, text: str) -> Iterator[Finding]:
        for form in _FORMS:
            for match in form.pattern.finditer(text):
                yield Finding(form.kind, Span(*match.span(1)), _SCORE, f"wording:{form.name}")
