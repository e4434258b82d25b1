"""Question and principal to permitted, ranked passages.

Access is applied twice: inside both branches of the index query, and again against the database for the few that are
returned, because the index follows the database with a lag.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from core.access import Principal, filter_for, permits
from core.database import Database
from core.errors import Invalid, NotFound
from ingest.embed.base import Embedder
from ingest.index.base import Candidate, Conditions, Vector, VectorIndex
from retrieval import repository
from retrieval.diversify import Ranked, diversify, editions_beside
from retrieval.evidence import Evidence, LeftOut, Passage, Stale
from retrieval.freshness import FreshnessWatch, StaleSources
from retrieval.fuse import fuse
from retrieval.recheck import Rechecker
from retrieval.repository import StoredChunk
from retrieval.rerank import Reranker
from retrieval.settings import RetrievalSettings
from retrieval.whole import whole

LONGEST_QUESTION = 4000
"""Characters. What is longer is a document, not a question."""
SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a pair by itself, which no UTF-8 has."""


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
    fresh: StaleSources
    denied: int = 0
    left_out: dict[str, Stale] = field(default_factory=dict[str, Stale])
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
                stale = self.fresh.of(chunk.document.source)
                # Only after access: that a source has something on it is told to those who may read it.
                if stale is not None and self.fresh.refuses(chunk.document.source):
                    self.left_out[chunk.document.source] = stale
                    continue
                yield passage_of(chunk, score, candidate.dense, candidate.sparse, stale)


@dataclass(slots=True)
class _Look:
    """What one query of the index came to, after the second check."""

    passages: list[Passage]
    candidates: int
    check: _Check
    index_seconds: float


class Searcher:
    """Hybrid search over one index. ``watch`` knows the sources that are out of date; ``recheck`` asks those sources
    that can be asked whether the reader may still read what was found."""

    def __init__(
        self,
        database: Database,
        index: VectorIndex,
        embedder: Embedder,
        settings: RetrievalSettings,
        reranker: Reranker | None = None,
        watch: FreshnessWatch | None = None,
        recheck: Rechecker | None = None,
    ) -> None:
        self._database, self._index, self._embedder, self._settings = database, index, embedder, settings
        self._reranker = reranker
        self._watch = watch or FreshnessWatch(database)
        self._recheck = recheck

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
        fresh = self._watch.now()
        wanted = limit * self._settings.oversample
        if self._reranker is not None:
            wanted = max(wanted, self._settings.rerank.candidates)

        def looked(conditions: Conditions) -> _Look:
            return self._look(vector, question, principal, fresh, conditions, wanted, by_document, clock)

        look = looked(conditions)
        left_out, in_index = look.check.left_out, look.index_seconds
        # What was left out had taken places in the pool that others could have.
        if left_out and len(look.passages) < wanted and (usable := fresh.usable(conditions)) is not None:
            look = looked(usable)
            in_index += look.index_seconds
        passages = look.passages
        if self._recheck is not None:
            confirmed = self._recheck.confirmed(passages, principal)
            look.check.denied += len(passages) - len(confirmed)
            passages = confirmed
        if self._reranker is not None:
            passages = self._reranker.rank(question, passages)
        shown = self._diverse(passages, question, by_document)[:limit]
        timings = {"embed": embedded - started, "index": in_index, "check": clock() - embedded - in_index}
        told = tuple(LeftOut(source, stale) for source, stale in sorted(left_out.items()))
        return Found(Evidence(question, tuple(shown), timings, told), look.candidates, look.check.denied)

    def _look(
        self, vector: Vector, question: str, principal: Principal, fresh: StaleSources, conditions: Conditions,
        wanted: int, by_document: bool, clock: Callable[[], float],
    ) -> _Look:  # fmt: skip
        """Ask the index, and check the best until ``wanted`` passages are permitted."""
        started = clock()
        candidates = self._index.search(
            vector, question, filter_for(principal), pool=self._settings.pool, conditions=conditions
        )
        in_index = clock() - started
        check = _Check(self._database, principal, fresh)
        passages: list[Passage] = []
        documents: set[str] = set()
        for passage in check.permitted(fuse(candidates, self._settings.fusion), max(wanted, 16)):
            if by_document and passage.document.id in documents:
                continue
            documents.add(passage.document.id)
            passages.append(passage)
            if len(passages) >= wanted:
                break
        return _Look(passages, len(candidates), check, in_index)

    def neighbours(self, passage: Passage, principal: Principal) -> tuple[Passage, ...]:
        """The chunks before and after a passage in its version, as far as the reader may read them."""
        with self._database.reading() as session:
            own = repository.current_chunks(session, [passage.chunk_id]).get(passage.chunk_id)
            if own is None:
                return ()
            around = repository.chunks_around(session, own.version, (own.ordinal - 1, own.ordinal + 1))
        return tuple(
            passage_of(chunk, passage.score, passage.dense, passage.sparse, passage.stale)
            for chunk in around
            if permits(chunk.access, principal)
        )

    def whole(self, document_id: str, principal: Principal) -> tuple[Passage, ...]:
        """All passages of a document that the reader may read, in their order; none where it is gone."""
        with self._database.reading() as session:
            try:
                return whole(session, document_id, principal, self._watch.now()).passages
            except NotFound:
                return ()

    def _diverse(self, passages: list[Passage], question: str, by_document: bool) -> list[Passage]:
        vectors = self._index.vectors(editions_beside(passages))
        ranked = [Ranked(passage, vectors.get(passage.chunk_id)) for passage in passages]
        return diversify(ranked, self._settings, question=question, by_document=by_document)


def checked_question(question: str) -> str:
    question = question.strip()
    if not question:
        raise Invalid("The question is empty.", hint="Write what you want to know.")
    if SURROGATE.search(question):
        raise Invalid("The question is no Unicode text.", hint="Send whole characters, in UTF-8.")
    if len(question) > LONGEST_QUESTION:
        raise Invalid(f"The question has over {LONGEST_QUESTION} characters.", hint="Ask something shorter.")
    return question


def passage_of(chunk: StoredChunk, score: float, dense: float, sparse: float, stale: Stale | None = None) -> Passage:
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
        stale=stale,
    )
