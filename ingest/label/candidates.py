"""Which parts of a long text the models have to read at all.

A name, an address or a long number shows: it has a capital or digits. A sentence of small, common words between others
that use capitals as English does has nothing for a model to find, and half of a policy or a handbook is such sentences.
Short numbers alone are found by their form, if at all. Short texts (questions) and paragraphs without capitals are read
whole.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.text import Span
from ingest.label.common import COMMON

SHORT = 300
"""Characters up to which a text is read whole."""
_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-Þ]")
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?:;][\"')\]”’]*(?=\s|$)|(?=\n)|$)")
_SHOWING = re.compile(r"[^\W_a-z\d][\w'’]*|\d(?:[ .,/-]?\d)*|@")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SMALL_NUMBER = 3


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The parts of a text that are read, one to a line. ``places``: where each begins, here and in the text."""

    text: str = field(repr=False)
    places: tuple[tuple[int, int], ...]

    def original(self, span: Span) -> Span:
        """Where in the text ``span`` lies, which must be of one line."""
        here, there = self.places[bisect_right(self.places, (span.start, sys.maxsize)) - 1]
        return Span(span.start - here + there, span.end - here + there)


def excerpt(text: str) -> Excerpt:
    parts = worth_reading(text)
    places: list[tuple[int, int]] = []
    at = 0
    for part in parts:
        places.append((at, part.start))
        at += len(part) + 1
    return Excerpt("\n".join(part.of(text) for part in parts), tuple(places))


def worth_reading(text: str) -> list[Span]:
    """The parts of ``text`` that a model has to read, in order and apart from each other."""
    if len(text) <= SHORT:
        return [Span(0, len(text))]
    parts: list[Span] = []
    for paragraph in _PARAGRAPH.finditer(text):
        for part in _worth_reading(text, Span(*paragraph.span())):
            if parts and not text[parts[-1].end : part.start].strip():
                part = Span(parts.pop().start, part.end)
            parts.append(part)
    return parts


def _worth_reading(text: str, paragraph: Span) -> Iterator[Span]:
    if not _CAPITAL.search(text, paragraph.start, paragraph.end):
        # Whoever writes without capitals writes names without them, too.
        yield paragraph
        return
    for sentence in _SENTENCE.finditer(text, paragraph.start, paragraph.end):
        if any(_shows(match) for match in _SHOWING.finditer(text, *sentence.span())):
            yield Span(*sentence.span())


def _shows(match: re.Match[str]) -> bool:
    """Whether it may be part of a value: no common word, no year and no number of three digits."""
    word = match[0]
    if word[0].isdigit():
        return sum(map(str.isdigit, word)) > _SMALL_NUMBER and not _YEAR.fullmatch(word)
    # Scripts without capitals show in every word.
    return word.replace("’", "'").lower() not in COMMON
