"""Spans: the one way to point into the text of a document version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` (exclusive), in Unicode code points of one version's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def within(self, other: Span) -> bool:
        return other.start <= self.start and self.end <= other.end

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


def quote(text: str, spans: Iterable[Span]) -> str:
    """The verbatim text of ordered spans, joined by line breaks."""
    return "\n".join(span.of(text) for span in spans)
