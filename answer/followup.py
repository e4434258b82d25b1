"""A follow-up question, read with the one before it."""

from __future__ import annotations

import re

_OPENS = re.compile(r"^\s*(and|but|or|so|what about|how about|what if|why|ok|also)\b", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(it|its|that|those|these|this|they|them|their|he|she|his|her|him|there|then|one|ones|same)\b", re.IGNORECASE
)
_FEW_WORDS = 8


def in_context(question: str, before: str | None) -> str:
    """The question as it is searched: with the previous question in front where it leans on it ("and in 2026?", "how
    long does it last?"), else as it is."""
    if before is None or len(question.split()) > _FEW_WORDS:
        return question
    leans = _OPENS.search(question) or _POINTS.search(question) or len(question.split()) <= 2
    return f"{before} {question}" if leans else question
