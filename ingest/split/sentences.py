# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
# llama-index and the nltk tokenizer behind it are partly untyped.
"""Long text cut at sentences, each piece as its exact span."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from core.text import Span

if TYPE_CHECKING:
    from llama_index.core.node_parser import SentenceSplitter

Measure = Callable[[str], int]

UNBROKEN = re.compile(r"[^\s,.;。？！]{1000,}")
"""Encoded data rather than prose: cut by length, since a sentence splitter would take it character by character."""
PIECE = 1000

_STATISTICS = ("scipy", "scipy.stats", "sklearn")


def cut(text: str, span: Span, measure: Measure, limit: int) -> list[Span]:
    """The span in pieces of at most ``limit`` tokens and about equal size, without blanks at their ends."""
    pieces: list[Span] = []
    start = span.start
    for run in UNBROKEN.finditer(text, span.start, span.end):
        pieces += _cut_prose(text, Span(start, run.start()), measure, limit)
        pieces += [Span(at, min(at + PIECE, run.end())) for at in range(run.start(), run.end(), PIECE)]
        start = run.end()
    return [*pieces, *_cut_prose(text, Span(start, span.end), measure, limit)]


def _cut_prose(text: str, span: Span, measure: Measure, limit: int) -> list[Span]:
    prose = span.of(text)
    if not prose.strip():
        return []
    total = measure(prose)
    # Equal pieces find better than full ones and a rest. The slack lets sentences fall where they fall.
    size = min(limit, ceil(total / ceil(total / limit) * 1.12))
    pieces: list[Span] = []
    at = 0
    for piece in _splitter(measure, size).split_text(prose):
        start = prose.find(piece, at)
        if start < 0 or prose[at:start].strip():
            raise ValueError("the sentence splitter left text out")
        at = start + len(piece)
        pieces.append(Span(span.start + start, span.start + at))
    return pieces


@lru_cache(maxsize=512)
def _splitter(measure: Measure, size: int) -> SentenceSplitter:
    # Imported here because it takes more than a second, and most records need no cut.
    from llama_index.core.node_parser import SentenceSplitter

    return SentenceSplitter(
        chunk_size=size,
        chunk_overlap=0,
        tokenizer=_ranges(measure),
        chunking_tokenizer_fn=_sentence_tokenizer(),
    )


def _ranges(measure: Measure) -> Callable[[str], range]:
    """A tokenizer as the splitter wants it: something whose length is that of the text."""

    def tokens(piece: str) -> range:
        return range(measure(piece))

    return tokens


@lru_cache(maxsize=1)
def _sentence_tokenizer() -> Callable[[str], list[str]]:
    from llama_index.core.node_parser.text.utils import split_by_sentence_tokenizer

    with _without_statistics():
        import nltk  # noqa: F401  # pyright: ignore[reportUnusedImport]
    return split_by_sentence_tokenizer()


@contextmanager
def _without_statistics() -> Generator[None]:
    """In a parsing process, imports in this block find no scipy and no sklearn."""
    # The tokenizer's package imports both for parts that are not used here, which takes longer than all the rest of
    # a parsing process's start, and it does without them where they are not installed. Elsewhere another thread might
    # import them at this very moment; a parsing process has but one thread.
    start = getattr(sys.modules["__main__"], "__spec__", None)
    inside = start is not None and start.name == "ingest.parse.child"
    absent = [name for name in _STATISTICS if inside and name not in sys.modules]
    modules: dict[str, object] = sys.modules  # type: ignore[assignment]
    modules.update(dict.fromkeys(absent))
    try:
        yield
    finally:
        for name in absent:
            del modules[name]
