"""The product as the subject of an evaluation: data sets ingested as a person would, searched as a reader does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer

from api import sources
from api.http.models import IngestIn
from api.runtime import Runtime, open_runtime
from api.settings import DemoSettings, Settings
from core import people
from core.access import Principal, filter_for
from core.errors import Conflict
from core.text import Span
from evals import chunks, datasets, retrieval
from ingest.embed.base import Embedder
from ingest.embed.open import open_embedder
from retrieval import repository
from retrieval.fuse import reciprocal_rank

READER = "reader@evaluation.example"
PAGES_DEEP = 60
"""Passages read for ten different pages."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """An installation that holds one data set, and the person who reads it."""

    runtime: Runtime
    reader: Principal

    def documents(self, query: str, limit: int) -> list[str]:
        evidence = self.runtime.desk.search(query, self.reader, limit=limit, by_document=True)
        return [passage.document.uri for passage in evidence.passages]

    def pages(self, query: str, limit: int) -> list[str]:
        """Best first; a page stands where its best passage does."""
        evidence = self.runtime.desk.search(query, self.reader, limit=PAGES_DEEP)
        pages = [f"{passage.document.uri}#page={passage.page}" for passage in evidence.passages]
        return list(dict.fromkeys(pages))[:limit]

    def plainly_fused(self, query: str, vector: np.ndarray, by_page: bool, limit: int) -> list[str]:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
        """The same candidates in the order of plain reciprocal rank fusion."""
        runtime = self.runtime
        found = runtime.index.search(vector, query, filter_for(self.reader), pool=runtime.settings.retrieval.pool)
        ranked = [candidate.id for candidate, _ in reciprocal_rank(found)]
        with runtime.database.reading() as session:
            known = repository.current_chunks(session, ranked)
        names = [
            f"{chunk.document.uri}#page={chunk.page}" if by_page else chunk.document.uri
            for chunk in (known[each] for each in ranked)
        ]
        return list(dict.fromkeys(names))[:limit]

    def spans(self, question: str, limit: int) -> list[Span]:
        evidence = self.runtime.desk.search(question, self.reader, limit=limit)
        return [span for passage in evidence.passages for span in passage.spans]


def open_bench(directory: Path, path: Path, tell: Tell, **more: Any) -> Bench:
    """Ingest ``path`` into an installation in ``directory``; what is there already is not read again. ``more`` are
    settings."""
    runtime = open_runtime(Settings(data_dir=directory, demo=DemoSettings(load=False), **more))
    wanted = IngestIn(path=str(path.resolve()), source="set", allow=["everyone"])
    report = sources.run(runtime, sources.configure(runtime, wanted), lambda progress: None, confirm_empty=False)
    if report.failures:
        raise Conflict(f"{len(report.failures)} items of {path.name} could not be read.", hint=str(report.failures[0]))
    with runtime.database.writing() as session:
        person = people.put(session, READER, groups=(), roles=("employee",), now=runtime.clock())
    tell(f"{path.name}: {report.new} new, {report.unchanged} unchanged, {runtime.index.count()} passages")
    return Bench(runtime, runtime.principal(person.id))


Runs = tuple[dict[str, list[str]], dict[str, list[str]]]
"""Query id to ranked ids: of the product, and of plain reciprocal rank fusion over the same candidates."""


def evaluate_retrieval(folder: Path, tell: Tell) -> retrieval.Comparison:
    """Every set as records, through the product and through plain reciprocal rank fusion; then the pages of the
    Northwind PDFs, as the product reads them itself."""
    embedder = open_embedder(cache_dir=folder / "models")
    sets = {name: datasets.retrieval_set(name) for name in datasets.RETRIEVAL_SETS}
    runs = {
        name: _runs(folder / f"records-{name}", loaded, loaded.corpus, embedder, tell) for name, loaded in sets.items()
    }
    found = retrieval.compare(
        {name: mine for name, (mine, _) in runs.items()}, {name: plain for name, (_, plain) in runs.items()}
    )
    northwind = sets[datasets.NORTHWIND]
    if northwind.files is not None:
        tell("The same questions over the original PDFs:")
        mine, plain = _runs(folder / "files-northwind", northwind, northwind.files, embedder, tell)
        retrieval.compare({northwind.name: mine}, {northwind.name: plain})
    embedder.close()
    return found


def _runs(directory: Path, loaded: datasets.RetrievalSet, path: Path, embedder: Embedder, tell: Tell) -> Runs:
    bench = open_bench(directory, path, tell)
    by_page = path.is_dir()
    find = bench.pages if by_page else bench.documents
    vectors = embedder.embed([query.text for query in loaded.queries])
    mine = {query.id: find(query.text, retrieval.DEPTH) for query in loaded.queries}
    plain = {
        query.id: bench.plainly_fused(query.text, vector, by_page, retrieval.DEPTH)
        for query, vector in zip(loaded.queries, vectors, strict=True)
    }
    bench.runtime.close()
    return mine, plain


def evaluate_chunks(folder: Path, tell: Tell) -> chunks.SpanComparison:
    """Exact spans found by the product, against pieces of 800 characters ranked by BM25; each corpus by itself."""
    benches = {
        name: open_bench(folder / f"spans-{name}", path, tell) for name, path in datasets.chunk_spans().corpora.items()
    }
    try:
        return chunks.run(lambda corpus, question, limit: benches[corpus].spans(question, limit))
    finally:
        for bench in benches.values():
            bench.runtime.close()


def echo(line: str) -> None:
    typer.echo(line, err=True)
