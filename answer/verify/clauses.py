"""Clauses of which the evidence has no word: put behind a true sentence, they would be carried by it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from answer.terms import STOPWORDS, stem, words
from core.text import Span

_BETWEEN = re.compile(r"[,;:]\s+|\s+[–—-]\s+|\s+(?:and|but|or|while|whereas|which|who|because|so)\s+", re.IGNORECASE)
_LEAST_WORDS = 3
"""Content words. With fewer a clause may well be a paraphrase."""


def content(text: str) -> tuple[str, ...]:
    """The stems of a text in order, without stop words."""
    return tuple(stem(word) for word in words(text) if word.lower() not in STOPWORDS)


def foreign(sentence: str, stems: Collection[str]) -> tuple[Span, ...]:
    """Where the clauses stand that share no content word with ``stems``."""
    return tuple(
        part
        for part in _clauses(sentence)
        if len(words := content(part.of(sentence))) >= _LEAST_WORDS and not any(word in stems for word in words)
    )


def _clauses(sentence: str) -> Iterator[Span]:
    start = 0
    for between in _BETWEEN.finditer(sentence):
        yield Span(start, between.start())
        start = between.end()
    yield Span(start, len(sentence))
