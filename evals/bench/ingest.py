"""Ingest: tokens a second of the product, of the bare encoder and of the peer, on the same chunks.

The product reads files and ends with a searchable index. The peer is given the product's chunks, so it neither parses
nor splits; the bare encoder only embeds them.

What is warm is the same for all: each side's process has started, has imported what it runs and has loaded its model,
the peer has embedded a batch and the product's one kept parser has read a short text, as in a process that serves.
None of that is in the times. Whatever the product starts after that, such as a second parser, is in its time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import Invalid
from evals.bench.corpora import Corpus
from evals.bench.peer import Peer
from evals.bench.product import OpenInstallation, Piece
from evals.bench.timing import Elapsed, Series, timed
from ingest.embed.base import Embedder

Tell = Callable[[str], None]
WARM_UP = 64
"""Chunks that the encoder embeds before its clock starts."""


@dataclass(frozen=True, slots=True)
class Side:
    """One contender: ``tokens_per_second`` on the wall, ``tokens_per_cpu_second`` of all cores together."""

    tokens_per_second: Series
    tokens_per_cpu_second: Series
    seconds: Series

    @classmethod
    def of(cls, runs: Sequence[Elapsed], tokens: int) -> Side:
        return cls(
            Series(tuple(tokens / run.seconds for run in runs)),
            Series(tuple(tokens / run.cpu_seconds for run in runs)),
            Series(tuple(run.seconds for run in runs)),
        )


@dataclass(frozen=True, slots=True)
class IngestResult:
    corpus: str
    documents: int
    chunks: int
    tokens: int
    product: Side
    encoder: Side
    peer: Side | None


def measure(
    corpus: Corpus, open_installation: OpenInstallation, peer: Peer | None, work: Path, repeat: int, tell: Tell
) -> IngestResult:
    """``repeat`` rounds, in each of them one contender after the other, the product in a fresh data directory."""
    ours: list[Elapsed] = []
    bare: list[Elapsed] = []
    theirs: list[Elapsed] = []
    pieces: tuple[Piece, ...] = ()
    tokens = 0
    for number in range(1, repeat + 1):
        home = work / f"{corpus.name}-{number}"
        with open_installation(home) as installation:
            tell(f"{corpus.name}, round {number} of {repeat}: Vouch")
            with timed() as took:
                documents = installation.ingest(corpus)
            ours += took
            if documents != corpus.documents:
                raise Invalid(f"Vouch read {documents} of the {corpus.documents} documents of {corpus.name}.")
            pieces = installation.pieces()
            tell(f"{corpus.name}, round {number} of {repeat}: bare encoder, {len(pieces)} chunks")
            bare.append(encode(installation.embedder, pieces))
            tokens = sum(installation.embedder.count_tokens([piece.text for piece in pieces]))
        shutil.rmtree(home)
        if peer is not None:
            tell(f"{corpus.name}, round {number} of {repeat}: LlamaIndex with Qdrant local")
            store = work / f"{corpus.name}-peer"
            theirs.append(peer.ingest(pieces, store))
            shutil.rmtree(store)
    return IngestResult(
        corpus.name, corpus.documents, len(pieces), tokens, Side.of(ours, tokens), Side.of(bare, tokens),
        Side.of(theirs, tokens) if peer is not None else None,
    )  # fmt: skip


def encode(embedder: Embedder, pieces: Sequence[Piece]) -> Elapsed:
    """The encoder alone on the chunks, sorted by length."""
    texts = sorted((piece.text for piece in pieces), key=len)
    embedder.embed(texts[:WARM_UP])
    with timed() as took:
        embedder.embed(texts)
    return took[0]
