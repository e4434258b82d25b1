"""What retrieval returns: permitted, ranked passages, each an ordered list of exact spans of one document version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.plan import Bound
from core.text import Span
from ingest.parsed import Block


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document as a reader sees it named. ``uri`` is its path or record id within ``source`` (a source's name)."""

    id: str
    title: str
    uri: str
    source: str
    url: str | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stale:
    """A source is outside the bound that its owner declared for ``bound``, or nobody can tell, ``since`` then."""

    bound: Bound
    since: datetime


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A source with passages that the reader may read, not used because it is out of date."""

    source: str
    stale: Stale


@dataclass(frozen=True, slots=True)
class Passage:
    """A permitted passage. ``score`` is the fused relevance in 0..1; ``as_of`` is when the source last confirmed it.

    ``dense`` (cosine) and ``sparse`` (BM25) are the branch scores behind it.
    """

    chunk_id: str
    document: DocumentRef
    version: str
    page: int | None
    headings: tuple[str, ...]
    spans: tuple[Span, ...]
    text: str = field(repr=False)
    score: float
    dense: float
    sparse: float
    as_of: datetime
    blocks: tuple[Block, ...] = ()
    """What of the text is a heading, a list item, a row; nothing where it is not known."""
    neighbours: tuple[Passage, ...] = ()
    """The passages before and after it in its document, where they were asked for."""
    stale: Stale | None = None
    """Set while its source is out of date."""

    def quote(self, spans: Sequence[Span]) -> str:
        """The verbatim text under spans of the version, each on a line of its own."""
        pieces: list[str] = []
        for span in spans:
            piece: list[str] = []
            offset = 0
            for held in self.spans:
                if held.overlaps(span):
                    low, high = max(held.start, span.start), min(held.end, span.end)
                    piece.append(self.text[offset + low - held.start : offset + high - held.start])
                offset += len(held) + 1
            pieces.append("".join(piece))
        return "\n".join(pieces)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passages for one question, best first. ``question`` is as asked; ``timings`` are seconds by stage."""

    question: str = field(repr=False)
    passages: tuple[Passage, ...]
    timings: dict[str, float]
    left_out: tuple[LeftOut, ...] = ()
