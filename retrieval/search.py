"""Question and principal to permitted, ranked passages.

Access is applied twice: inside both branches of the index query, and again against the database for the few that are
returned, because the index follows the database with a lag.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from core.access import Principal, filter_for, permits
from core.database import Database
from core.errors import Invalid
from ingest.embed.base import Embedder
from ingest.index.base import Candidate, Conditions, VectorIndex
from retrieval import repository
from retrieval.diversify import Ranked, diversify, editions_beside
from retrieval.evidence import Evidence, Passage
from retrieval.fuse import fuse
from retrieval.repository import StoredChunk
from retrieval.rerank import Reranker
from retrieval.settings import RetrievalSettings

LONGEST_QUESTION = 4000
"""Characters. What is longer is a document, not a question."""


@dataclass(frozen=True, slots=True)
class Found:
    """Evidence with what the audit log wants to know: how many candidates the index returned, and how many of those
    looked at fell to the second check."""

    evidence: Evidence
    candidates: int
    denied: int


@dataclass(slots=True)
class _Check:
    """The second check, in slices, so that no more rows are read than are shown."""

    database: Database
    principal: Principal
    denied: int = 0
    known: dict[str, StoredChunk] = field(default_factory=dict[str, StoredChunk])

    def permitted(self, ranked: Sequence[tuple[Candidate, float]], slice_size: int) -> Iterator[Passage]:
        for start in range(0, len(ranked), slice_size):
            some = ranked[start : start + slice_size]
            with self.database.reading() as session:
                chunks = repository.current_chunks(session, [candidate.id for candidate, _ in some])
            for candidate, score in some:
                chunk = chunks.get(candidate.id)
                if chunk is None or not permits(chunk.access, self.principal):
                    self.denied += 1
                    continue
                yield passage_of(chunk, score, candidate.dense, candidate.sparse)


class Searcher:
    """Hybrid search over one index."""

    def __init__(
        self,
        database: Database,
        index: VectorIndex,
        embedder: Embedder,
        settings: RetrievalSettings,
        reranker: Reranker | None = None,
    ) -> None:
        self._database, self._index, self._embedder, self._settings = database, index, embedder, settings
        self._reranker = reranker

    def search(
        self,
        question: str,
        principal: Principal,
        *,
        limit: int = 10,
        by_document: bool = False,
        conditions: Conditions = Conditions(),
        clock: Callable[[], float] = time.perf_counter,
    ) -> Found:
        """The best ``limit`` permitted passages; with ``by_document`` the best passage of each document."""
        question = checked_question(question)
        started = clock()
        vector = self._embedder.embed([question])[0]
        embedded = clock()
        candidates = self._index.search(
            vector, question, filter_for(principal), pool=self._settings.pool, conditions=conditions
        )
        searched = clock()
        ranked = fuse(candidates, self._settings.fusion)
        check = _Check(self._database, principal)
        wanted = limit * self._settings.oversample
        if self._reranker is not None:
            wanted = max(wanted, self._settings.rerank.candidates)
        passages: list[Passage] = []
        documents: set[str] = set()
        for passage in check.permitted(ranked, max(wanted, 16)):
            if by_document and passage.document.id in documents:
                continue
            documents.add(passage.document.id)
            passages.append(passage)
            if len(passages) >= wanted:
                break
        if self._reranker is not None:
            passages = self._reranker.rank(question, passages)
        shown = self._diverse(passages, question, by_document)[:limit]
        ended = clock()
        timings = {"embed": embedded - started, "index": searched - embedded, "check": ended - searched}
        return Found(Evidence(question, tuple(shown), timings), len(candidates), check.denied)

    def neighbours(self, passage: Passage, principal: Principal) -> tuple[Passage, ...]:
        """The chunks before and after a passage in its version, as far as the reader may read them."""
        with self._database.reading() as session:
            own = repository.current_chunks(session, [passage.chunk_id]).get(passage.chunk_id)
            if own is None:
                return ()
            around = repository.chunks_around(session, own.version, (own.ordinal - 1, own.ordinal + 1))
        return tuple(
            replace(passage_of(chunk, passage.score, passage.dense, passage.sparse))
            for chunk in around
            if permits(chunk.access, principal)
        )

    def _diverse(self, passages: list[Passage], question: str, by_document: bool) -> list[Passage]:
        vectors = self._index.vectors(editions_beside(passages))
        ranked = [Ranked(passage, vectors.get(passage.chunk_id)) for passage in passages]
        return diversify(ranked, self._settings, question=question, by_document=by_document)


def checked_question(question: str) -> str:
    question = question.strip()
    if not question:
        raise Invalid("The question is empty.", hint="Write what you want to know.")
    if len(question) > LONGEST_QUESTION:
        raise Invalid(f"The question has over {LONGEST_QUESTION} characters.", hint="Ask something shorter.")
    return question


def passage_of(chunk: StoredChunk, score: float, dense: float, sparse: float) -> Passage:
    return Passage(
        chunk_id=chunk.id,
        document=chunk.document,
        version=chunk.version,
        page=chunk.page,
        headings=chunk.headings,
        spans=chunk.spans,
        blocks=chunk.blocks,
        text=chunk.text,
        score=score,
        dense=dense,
        sparse=sparse,
        as_of=chunk.as_of,
    )
