"""What the two models say of a text, each held against the other.

The token model reads names, addresses and numbers, and knows how sure it is; the language model reads companies and
countries as well, and does not. So a single word that the language model takes for somebody, and that the token model
is certain is nothing, is a heading or the start of a sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from core.text import Span
from ingest.label.candidates import excerpt
from ingest.label.common import COMMON
from ingest.label.findings import Finding
from ingest.label.tokens import Word, joined

DOUBT = {"PERSON": 0.01, "ORGANIZATION": 0.01, "LOCATION": 0.003}
"""A word of an entity has to be something to the token model with at least this probability; of companies and places
only single words, since it knows neither companies nor countries."""
SMALL = 0.6
"""Threshold of a word written small in a line that has capitals."""
_NOT_NAMES = frozenset(
    [
        "iban",
        "bic",
        "swift",
        "ssn",
        "itin",
        "ein",
        "tin",
        "vat",
        "pin",
        "pan",
        "cvv",
        "cvc",
        "id",
        "url",
        "uri",
        "ip",
        "mac",
        "dob",
        "po",
        "fax",
        "tel",
        "telephone",
        "phone",
        "mobile",
        "cell",
        "email",
        "e-mail",
        "mail",
        "office",
        "home",
        "address",
        "street",
        "account",
        "card",
        "credit",
        "debit",
        "visa",
        "mastercard",
        "amex",
        "paypal",
        "passport",
        "licence",
        "license",
        "number",
        "date",
        "name",
        "mr",
        "mrs",
        "ms",
        "dr",
        "api",
        "http",
        "https",
        "www",
        "pdf",
        "faq",
        "hr",
        "it",
        "ceo",
        "cfo",
        "cto",
        "vp",
        "usd",
        "eur",
        "gbp",
    ]
)
"""Words that announce a value, or that forms are full of; models take them for companies."""

_WORD = re.compile(r"[^\W_][\w'’&-]*")
_PLACES = frozenset({"ADDRESS", "LOCATION"})
_FRAGMENT = re.compile(r"\d{1,3}|[^\W\d_]{1,2}|\d?[A-Za-z]|[\W_]+")
_ARTICLE = re.compile(r"(?:the|an?)\s+(?=\w)", re.IGNORECASE)
_NEAR = 25
"""Characters between two parts of an address, at most."""


class Tokens(Protocol):
    def words(self, texts: Sequence[str]) -> list[list[Word]]: ...


class Entities(Protocol):
    def find(self, texts: Sequence[str]) -> list[list[Finding]]: ...


class Models:
    """Both models over many texts at once."""

    def __init__(self, tokens: Tokens, entities: Entities, threshold: float) -> None:
        self._tokens = tokens
        self._entities = entities
        self._threshold = threshold

    def read(self, texts: Sequence[str]) -> list[list[Finding]]:
        """For each text its findings, in no order; those of the two models may overlap."""
        excerpts = [excerpt(text) for text in texts]
        read = [each.text for each in excerpts]
        return [
            [replace(finding, span=each.original(finding.span)) for finding in self._weigh(each.text, words, entities)]
            for each, words, entities in zip(excerpts, self._tokens.words(read), self._entities.find(read), strict=True)
        ]

    def _weigh(self, text: str, words: Sequence[Word], entities: Sequence[Finding]) -> list[Finding]:
        return [*_placed(text, joined(text, self._sure(text, words))), *_believed(text, entities, words)]

    def _sure(self, text: str, words: Sequence[Word]) -> Iterator[Word]:
        for word in words:
            if word.probability < self._threshold:
                continue
            value = word.span.of(text)
            if word.probability < SMALL and value.isalpha() and value.islower() and _is_cased(text, word.span):
                continue
            if value.lower() not in _NOT_NAMES or not _alone(text, word.span):
                yield word


def _placed(text: str, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Without the short numbers and letters that are part of no address."""
    ends = [finding.span.end for finding in findings if finding.kind in _PLACES]
    starts = [finding.span.start for finding in findings if finding.kind in _PLACES]
    for finding in findings:
        if finding.kind == "ADDRESS" and _FRAGMENT.fullmatch(finding.span.of(text)):
            before = bisect_right(ends, finding.span.start) - 1
            behind = bisect_left(starts, finding.span.end)
            near_before = before >= 0 and finding.span.start - ends[before] <= _NEAR
            near_behind = behind < len(starts) and starts[behind] - finding.span.end <= _NEAR
            if not (near_before or near_behind):
                continue
        yield finding


def _is_cased(text: str, span: Span) -> bool:
    """Whether its line uses capitals."""
    end = text.find("\n", span.end)
    line = text[text.rfind("\n", 0, span.start) + 1 : end if end >= 0 else len(text)]
    return any(character.isupper() for character in line)


def _alone(text: str, span: Span) -> bool:
    """Whether it is a whole word, and not a piece of one."""
    return not text[max(0, span.start - 1) : span.start].isalnum() and not text[span.end : span.end + 1].isalnum()


def _believed(text: str, entities: Sequence[Finding], words: Sequence[Word]) -> Iterator[Finding]:
    starts = [word.span.start for word in words]
    for entity in entities:
        for line in _lines(text, entity.span):
            names = [word for word in _WORD.findall(line.of(text)) if word.lower() not in _NOT_NAMES]
            # Headings are written like companies: ``Change Management``.
            if all(word.lower() in COMMON for word in names):
                continue
            single = len(names) == 1 or entity.kind == "PERSON"
            if single and _most(words, starts, line) < DOUBT.get(entity.kind, 0.0):
                continue
            article = _ARTICLE.match(text, line.start, line.end)
            start = article.end() if article else line.start
            yield Finding(entity.kind, Span(start, line.end), entity.score, entity.rule)


def _lines(text: str, span: Span) -> Iterator[Span]:
    """No name goes on over a line's end, though the language model reads on."""
    start = span.start
    while True:
        end = text.find("\n", start, span.end)
        if end < 0:
            break
        if end > start:
            yield Span(start, end)
        start = end + 1
    if start < span.end:
        yield Span(start, span.end)


def _most(words: Sequence[Word], starts: Sequence[int], span: Span) -> float:
    """The highest probability of a word in ``span``."""
    first = max(0, bisect_left(starts, span.start) - 1)
    last = bisect_left(starts, span.end)
    return max((word.probability for word in words[first:last] if word.span.overlaps(span)), default=0.0)
