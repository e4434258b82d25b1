"""Addresses as tokens: numbers, words, codes, and what stands between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.label.recognisers.streets import BEFORE_NAME, STREET_WORDS, UNITS

REACH = 170
"""Characters within which an address ends."""
_TOKEN = re.compile(
    r"(?P<line>[ \t>]*\n[ \t>]*)|(?P<space>[ \t]+)|(?P<comma>,)|(?P<box>p\.? ?o\.? ?box\b)"
    r"|(?P<code>[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}\b|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d\b"
    r"|(?-i:\d{4} [A-Z]{2}\b(?! \d))"
    r"|\d{5}-\d{3,4}\b|\d{2}-\d{3}\b|(?<=[,\n] )\d{3} \d{2}\b(?=\s[^\W\d_]))"
    r"|(?P<calle>c/)|(?P<storey>\d{1,2}[ºª°](?: ?[A-Za-z]{1,4}\b)?)"
    r"|(?P<ordinal>\d{1,3}(?:st|nd|rd|th)\b)|(?P<number>\d+[A-Za-z]?(?:[/-]\d{1,4}[A-Za-z]?)?\b)"
    r"|(?P<word>[^\W\d_](?:[\w'’´`]|-(?=\w)|/(?=\w))*)(?P<dot>\.(?=[ ,\n\w]))?|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    end: int

    @property
    def plain(self) -> str:
        return self.text.lower().rstrip(".")


def tokens(text: str, start: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, start, start + REACH):
        kind = match.lastgroup or "other"
        if kind != "dot":
            yield Token(kind, match.group(), match.end())
            continue
        word = match.group("word")
        if len(word) <= 5 or word.lower() in STREET_WORDS:
            yield Token("word", match.group(), match.end())
        else:
            yield Token("word", word, match.end() - 1)
            yield Token("other", ".", match.end())


def is_last_word(token: Token) -> bool:
    abbreviation = token.plain in STREET_WORDS or token.plain in UNITS or token.plain in BEFORE_NAME
    return token.kind == "word" and token.text.endswith(".") and not abbreviation
