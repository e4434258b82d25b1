"""Passages and evidence as retrieval would return them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from core.text import Span, quote
from retrieval.evidence import DocumentRef, Evidence, Passage

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def passage(
    text: str,
    *,
    spans: Sequence[Span] | None = None,
    title: str = "Handbook",
    headings: tuple[str, ...] = (),
    score: float = 0.9,
    dense: float = 0.7,
    sparse: float = 8.0,
) -> Passage:
    """A passage of a version whose whole text is ``text``; ``spans`` default to all of it."""
    spans = tuple(spans or (Span(0, len(text)),))
    name = hashlib.sha256(f"{title}{text}{spans}".encode()).hexdigest()[:12]
    return Passage(
        chunk_id=name,
        document=DocumentRef(title, title, f"{title}.md", "files"),
        version=f"{title}@1",
        page=None,
        headings=headings,
        spans=spans,
        text=quote(text, spans),
        score=score,
        dense=dense,
        sparse=sparse,
        as_of=AS_OF,
    )


def evidence(question: str, *passages: Passage) -> Evidence:
    return Evidence(question, passages, {})


def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Unit vectors of hashed words: texts that share words are near."""
    vectors = np.zeros((len(texts), 256), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+", text.lower()):
            vectors[row, int(hashlib.sha256(word[:5].encode()).hexdigest(), 16) % 256] += 1
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
