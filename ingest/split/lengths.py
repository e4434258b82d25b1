"""Token lengths of stretches of text, from the lengths of their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import ceil

CountTokens = Callable[[Sequence[str]], list[int]]

LONGEST_TOKEN = 20
"""Characters a token is taken to have at most, so that endless words cannot make an endless chunk."""
WORDS_KEPT = 100_000
LONGEST_WORD_KEPT = 24


class Lengths:
    """``of`` adds up words: exact where a tokenizer cuts at blanks first (WordPiece), else close; splitting asks for it
    many times for each sentence. ``exact`` asks the tokenizer."""

    def __init__(self, count_tokens: CountTokens) -> None:
        self._count_tokens = count_tokens
        self._words: dict[str, int] = {}

    def of(self, text: str) -> int:
        words = text.split()
        known = self._words
        try:
            tokens = sum(known[word] for word in words)
        except KeyError:
            learned = self._learned(words)
            tokens = sum(learned[word] for word in words)
        return max(tokens, ceil(len(text) / LONGEST_TOKEN))

    def exact(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        counts = self._count_tokens(texts)
        return [max(tokens, ceil(len(text) / LONGEST_TOKEN)) for text, tokens in zip(texts, counts, strict=True)]

    def _learned(self, words: Sequence[str]) -> dict[str, int]:
        if len(self._words) > WORDS_KEPT:
            self._words.clear()
        needed = list(dict.fromkeys(words))
        new = [word for word in needed if word not in self._words]
        lengths = dict(zip(new, self._count_tokens(new), strict=True))
        self._words.update((word, tokens) for word, tokens in lengths.items() if len(word) <= LONGEST_WORD_KEPT)
        return lengths | {word: self._words[word] for word in needed if word in self._words}


@lru_cache(maxsize=2)
def lengths_by(count_tokens: CountTokens) -> Lengths:
    """One for each tokenizer, so that words are counted once for many documents."""
    return Lengths(count_tokens)
