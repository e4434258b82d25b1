"""Words near a value that announce it."""

from __future__ import annotations

import re
from functools import lru_cache

BEFORE = 90
"""Characters before a value in which a word announces it."""
AFTER = 45
"""Characters behind it."""


@lru_cache(maxsize=512)
def announcing(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """The words, whole and in any case, also as plurals; in scripts that put endings on words (``여권번호는``), as
    beginnings. None for no words."""
    if not words:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(_word(word) for word in sorted(words, key=len, reverse=True))})", re.I)


def _word(word: str) -> str:
    if not word[-1].isascii():
        return re.escape(word)
    return re.escape(word) + r"(?:s|es)?(?![^\W_])"


def announced(words: re.Pattern[str] | None, text: str, start: int, end: int) -> bool:
    """Whether one of the words stands near the value at ``start`` to ``end``."""
    if words is None:
        return False
    before = words.search(text, max(0, start - BEFORE), start)
    return before is not None or words.search(text, end, end + AFTER) is not None
