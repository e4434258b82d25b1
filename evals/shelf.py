"""A corpus put through the product's own parser, splitter, embedder, index and ranking, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from connectors.sources.base import Item
from core.access import EVERYONE, Access, AccessFilter
from core.ids import stable_id
from core.text import quote
from ingest.blocks import Structure
from ingest.embed.base import Embedder
from ingest.index.base import Point, VectorIndex
from ingest.parse import parse
from ingest.parsed import Block, Chunk, Parsed
from ingest.split import SplitSettings, split_with_packaged_tokens
from retrieval.diversify import Ranked, diversify
from retrieval.evidence import DocumentRef, Evidence, Passage
from retrieval.fuse import fuse
from retrieval.settings import RetrievalSettings

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH = 250
_READER = AccessFilter((EVERYONE,))
_NO_VECTOR = np.zeros(0, dtype=np.float32)


@dataclass(slots=True)
class Shelf:
    """Searchable documents that everyone may read."""

    embedder: Embedder
    index: VectorIndex
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)
    _passages: dict[str, Passage] = field(default_factory=dict[str, Passage], repr=False)

    def add(self, items: Iterable[Item]) -> None:
        """Parse, split, embed and index. Raises ``ParseFailed``."""
        points: list[tuple[Point, str]] = []
        for item in items:
            parsed = parse(item.body, item.filename, item.media_type, item.title)
            structure = Structure(parsed)
            for chunk in split_with_packaged_tokens(parsed, SplitSettings()):
                passage = _passage(item, parsed, chunk, structure.of(chunk.spans))
                self._passages[passage.chunk_id] = passage
                points.append((_point(passage), chunk.embedded_text))
        for start in range(0, len(points), _BATCH):
            some = points[start : start + _BATCH]
            vectors = self.embedder.embed([text for _, text in some])
            self.index.upsert(
                [replace(point, dense=vector, text=text) for (point, text), vector in zip(some, vectors, strict=True)]
            )

    def search(self, question: str, limit: int, *, without: frozenset[str] = frozenset()) -> Evidence:
        """The best ``limit`` passages, as retrieval ranks them; documents in ``without`` are passed over."""
        vector = self.embedder.embed([question])[0]
        found = self.index.search(vector, question, _READER, pool=self.retrieval.pool)
        passages = [
            replace(self._passages[c.id], score=score, dense=c.dense, sparse=c.sparse)
            for c, score in fuse(found, self.retrieval.fusion)
            if self._passages[c.id].document.uri not in without
        ][: limit * self.retrieval.oversample]
        return Evidence(question, tuple(self._diverse(passages, question)[:limit]), {})

    def _diverse(self, passages: Sequence[Passage], question: str) -> list[Passage]:
        vectors = self.index.vectors([passage.chunk_id for passage in passages])
        ranked = [Ranked(passage, vectors.get(passage.chunk_id)) for passage in passages]
        return diversify(ranked, self.retrieval, question=question)


def _passage(item: Item, parsed: Parsed, chunk: Chunk, blocks: tuple[Block, ...]) -> Passage:
    return Passage(
        chunk_id=stable_id("shelf", item.key, str(chunk.ordinal)),
        document=DocumentRef(item.key, parsed.title, item.key, "evaluation"),
        version=item.key,
        page=chunk.page,
        headings=chunk.headings,
        spans=chunk.spans,
        text=quote(parsed.text, chunk.spans),
        score=0.0,
        dense=0.0,
        sparse=0.0,
        as_of=AS_OF,
        blocks=blocks,
    )


def _point(passage: Passage) -> Point:
    return Point(
        id=passage.chunk_id,
        document_id=stable_id("shelf", passage.document.id),
        source_id="evaluation",
        generation=1,
        access=Access((EVERYONE,)),
        modified_at=None,
        dense=_NO_VECTOR,
        text="",
    )
