"""Values that only this organisation has, by patterns that its administrators wrote."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from core.errors import Unavailable
from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.base import FAINT
from ingest.label.recognisers.context import announced, announcing
from ingest.label.settings import CustomPattern

PATIENCE_SECONDS = 2.0
"""How long one pattern may look at one text: thousands of times what a sound one needs."""


class CustomRecogniser:
    """One configured pattern. Where it takes too long the text counts as not looked at, so nothing of it leaves."""

    def __init__(self, pattern: CustomPattern) -> None:
        self.name = f"pattern:{pattern.kind.lower()}"
        self._kind = pattern.kind
        self._score = pattern.score
        self._pattern = regex.compile(pattern.regex, regex.IGNORECASE)
        self._words = announcing(pattern.context)

    def find(self, text: str) -> Iterator[Finding]:
        """Raises ``Unavailable`` when the pattern takes longer than ``PATIENCE_SECONDS``."""
        try:
            for match in self._pattern.finditer(text, timeout=PATIENCE_SECONDS):
                start, end = match.span()
                if start < end:
                    yield Finding(self._kind, Span(start, end), self._sure(text, start, end), self.name)
        except TimeoutError:
            raise Unavailable(
                f"the configured pattern for {self._kind} takes too long; simplify it, or bound what it repeats"
            ) from None

    def _sure(self, text: str, start: int, end: int) -> float:
        if self._words is None or announced(self._words, text, start, end):
            return self._score
        return min(self._score, FAINT)
