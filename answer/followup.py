"""A follow-up question, made to stand alone: by the words of the one before it, or by a model where there is one."""

from __future__ import annotations

import re

from answer.terms import stems

_OPENS = re.compile(r"^\s*(and|but|or|so|what about|how about|what if|why|ok|also)\b", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(it|its|that|those|these|this|they|them|their|he|she|his|her|him|there|then|one|ones|same)\b", re.IGNORECASE
)
_FEW_WORDS = 8
_POINTING = stems("ok okay former latter")
"""What only points at something, beside the words that say nothing in any sentence."""


def in_context(question: str, before: str | None) -> str:
    """The question as it is searched: with the previous question in front where it leans on it ("and in 2026?", "how
    long does it last?"), else as it is."""
    if before is None or len(question.split()) > _FEW_WORDS:
        return question
    return f"{before} {question}" if leans(question) or len(question.split()) <= 2 else question


def keeps(question: str, rewritten: str) -> bool:
    """Whether a question that was made to stand alone still asks what was asked: no word of it that says something is
    gone. What was said before may come to it, and may not take its place."""
    return stems(question) - _POINTING <= stems(rewritten)


def leans(question: str) -> bool:
    """Whether a question may mean something that was said before. Of a long one it is not sure, but worth asking."""
    return bool(_OPENS.search(question) or _POINTS.search(question)) or len(question.split()) <= _FEW_WORDS // 2
