"""How exactly a search finds the spans that answer, beside BM25 over pieces of 800 characters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from core.text import Span
from evals.datasets import SpanQuestion, SpanSet, chunk_spans
from evals.metrics import Difference, Interval, Values, interval, paired, span_overlap

FindSpans = Callable[[str, str, int], Sequence[Span]]
"""Corpus name, question and limit to the spans of that corpus in the passages found."""
PASSAGES = 5
WIDTH = 120
PIECE = 800
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class SpanResult:
    """Means over questions: the share of the gold characters found, and intersection over union, in characters."""

    recall: Interval
    overlap: Interval


@dataclass(frozen=True, slots=True)
class SpanComparison:
    product: SpanResult
    baseline: SpanResult
    recall: Difference
    overlap: Difference


def run(
    find: FindSpans, *, limit: int = PASSAGES, data: Path | None = None, console: Console | None = None
) -> SpanComparison:
    """Every question put to ``find`` and to the baseline, and the table printed. Raises ``NotFound``."""
    questions = chunk_spans(data)
    product = measure(find, questions.questions, limit)
    baseline = measure(plain_bm25(questions), questions.questions, PASSAGES)
    found = SpanComparison(
        product=SpanResult(*(interval(values) for values in product)),
        baseline=SpanResult(*(interval(values) for values in baseline)),
        recall=paired([product[0]], [baseline[0]]),
        overlap=paired([product[1]], [baseline[1]]),
    )
    (console or Console(width=WIDTH)).print(_table(found, limit))
    return found


def measure(find: FindSpans, questions: Sequence[SpanQuestion], limit: int) -> tuple[Values, Values]:
    """Recall and intersection over union of each question."""
    pairs = [span_overlap(find(each.corpus, each.text, limit), each.gold) for each in questions]
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


def plain_bm25(questions: SpanSet) -> FindSpans:
    """The baseline: pieces of 800 characters, ranked by Okapi BM25 (k1 1.2, b .75) over lower-case words."""
    corpora = {name: _Pieces(path.read_text(encoding="utf-8")) for name, path in questions.corpora.items()}
    return lambda corpus, question, limit: corpora[corpus].find(question, limit)


class _Pieces:
    def __init__(self, text: str) -> None:
        self._spans = [Span(at, min(at + PIECE, len(text))) for at in range(0, len(text), PIECE)]
        self._counts = [Counter(_WORD.findall(span.of(text).lower())) for span in self._spans]
        self._lengths = np.array([counts.total() for counts in self._counts], dtype=np.float64)
        self._frequency = Counter(word for counts in self._counts for word in counts)

    def find(self, question: str, limit: int) -> list[Span]:
        scores = np.zeros(len(self._spans))
        norm = 1.2 * (1 - 0.75 + 0.75 * self._lengths / self._lengths.mean())
        for word in set(_WORD.findall(question.lower())):
            found = self._frequency[word]
            counts = np.array([piece[word] for piece in self._counts], dtype=np.float64)
            idf = log(1 + (len(self._spans) - found + 0.5) / (found + 0.5))
            scores += idf * counts * 2.2 / (counts + norm)
        return [self._spans[at] for at in np.argsort(-scores, kind="stable")[:limit]]


def _table(found: SpanComparison, limit: int) -> Table:
    table = Table(title=f"Spans of {limit} passages, 95 % bootstrap intervals")
    for column in ("", "product", "BM25, 800 characters", "difference", "p"):
        table.add_column(column, justify="left" if not column else "right", no_wrap=True)
    rows = (
        ("recall", found.product.recall, found.baseline.recall, found.recall),
        ("intersection over union", found.product.overlap, found.baseline.overlap, found.overlap),
    )
    for name, mine, theirs, difference in rows:
        table.add_row(name, str(mine), str(theirs), f"{difference.interval.mean:+.3f}", f"{difference.p:.4f}")
    return table
