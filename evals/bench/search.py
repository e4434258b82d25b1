"""Search: latency of the product's whole search and of the peer's retriever, over the same chunks and queries."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import Invalid
from evals.bench.corpora import Corpus
from evals.bench.ingest import Tell
from evals.bench.peer import Peer
from evals.bench.product import OpenInstallation, StartServer
from evals.bench.timing import Series, percentile

WARM_UP = 10
"""Queries asked before the clock starts, on each side."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds a query, one query at a time."""

    p50: Series
    p95: Series

    @classmethod
    def of(cls, rounds: Sequence[Sequence[float]]) -> Latency:
        return cls(*(Series(tuple(percentile(each, share) * 1000 for each in rounds)) for share in (0.5, 0.95)))


@dataclass(frozen=True, slots=True)
class SearchResult:
    corpus: str
    chunks: int
    queries: int
    desk: Latency
    http: Latency
    peer: Latency | None


def measure(
    corpus: Corpus, open_installation: OpenInstallation, start_server: StartServer, peer: Peer | None, work: Path,
    repeat: int, tell: Tell,
) -> SearchResult:  # fmt: skip
    """Load the corpus once, then ``repeat`` rounds of all queries: in the process, by the peer, and over HTTP."""
    home, store = work / f"{corpus.name}-search", work / f"{corpus.name}-search-peer"
    with open_installation(home) as installation:
        tell(f"{corpus.name}: loading {corpus.documents} documents")
        installation.ingest(corpus)
        pieces = installation.pieces()
        vectors = installation.vectors(pieces)
    desk: list[list[float]] = []
    http: list[list[float]] = []
    theirs: list[list[float]] = []
    for number in range(1, repeat + 1):
        tell(
            f"{corpus.name}, round {number} of {repeat}: Vouch, {len(corpus.queries)} queries over {len(pieces)} chunks"
        )
        with open_installation(home) as installation:
            desk.append(_asked(installation.search, corpus.queries))
        if peer is not None:
            tell(f"{corpus.name}, round {number} of {repeat}: LlamaIndex retriever")
            theirs.append(peer.search(pieces, vectors, corpus.queries, store))
        tell(f"{corpus.name}, round {number} of {repeat}: Vouch over HTTP")
        with start_server(home) as server:
            http.append(_asked(server.search, corpus.queries))
    return SearchResult(
        corpus.name, len(pieces), len(corpus.queries), Latency.of(desk), Latency.of(http),
        Latency.of(theirs) if peer is not None else None,
    )  # fmt: skip


def _asked(search: Callable[[str], int], queries: Sequence[str]) -> list[float]:
    for query in queries[:WARM_UP]:
        if not search(query):
            raise Invalid("A search found nothing: the bench would measure an empty index.")
    latencies: list[float] = []
    for query in queries:
        began = time.perf_counter()
        search(query)
        latencies.append(time.perf_counter() - began)
    return latencies
