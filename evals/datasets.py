"""Public evaluation sets, read from where they lie; nothing of them is part of the product."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import NotFound
from core.text import Span

NORTHWIND = "northwind"
RETRIEVAL_SETS: Mapping[str, str] = {
    "scifact": "ret_scifact",
    "claude_docs": "ret_claude_docs",
    "clapnq": "qa_clapnq",
    NORTHWIND: "qa_northwind_hr",
}
"""Name of a set and its folder."""
CHUNK_SPANS = "ret_chunk_spans"


@dataclass(frozen=True, slots=True)
class Query:
    id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Queries with graded relevant ids. ``corpus`` is a ``.jsonl.gz`` of records (``_id``, ``title``, ``text``);
    ``files`` is the folder of original files, where the ids are ``FILE#page=N``."""

    name: str
    queries: tuple[Query, ...]
    relevant: Mapping[str, Mapping[str, float]] = field(repr=False)
    corpus: Path
    files: Path | None = None

    def records(self) -> Iterator[dict[str, Any]]:
        return json_lines(self.corpus)


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question and the spans of one corpus file that answer it."""

    id: str
    text: str = field(repr=False)
    corpus: str
    gold: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class SpanSet:
    questions: tuple[SpanQuestion, ...]
    corpora: Mapping[str, Path]


def data_folder() -> Path:
    """Where the sets lie: ``VOUCH_EVAL_DATA``, else ``shared/data`` beside the repository.

    Raises ``NotFound`` when there is no such folder.
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("VOUCH_EVAL_DATA", beside))
    if not folder.is_dir():
        raise NotFound("The evaluation data is not here.", hint="Set VOUCH_EVAL_DATA to the folder that holds it.")
    return folder


def retrieval_set(name: str, data: Path | None = None) -> RetrievalSet:
    """One of ``RETRIEVAL_SETS``, with the queries that have a relevant id. Raises ``NotFound``."""
    folder = _present((data or data_folder()) / RETRIEVAL_SETS[name])
    relevant: dict[str, dict[str, float]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        if float(score) > 0:
            relevant.setdefault(query, {})[document] = float(score)
    queries = (Query(str(row["_id"]), str(row["text"])) for row in json_lines(folder / "queries.jsonl"))
    files = folder / "docs"
    return RetrievalSet(
        name=name,
        queries=tuple(query for query in queries if query.id in relevant),
        relevant=relevant,
        corpus=folder / "corpus.jsonl.gz",
        files=files if files.is_dir() else None,
    )


def chunk_spans(data: Path | None = None) -> SpanSet:
    """Questions over five long texts, answered by exact spans of them. Raises ``NotFound``."""
    folder = _present((data or data_folder()) / CHUNK_SPANS)
    questions = tuple(
        SpanQuestion(
            row["_id"], row["question"], row["corpus"],
            tuple(Span(span["start_index"], span["end_index"]) for span in row["spans"]),
        )
        for row in json_lines(folder / "questions.jsonl")
    )  # fmt: skip
    corpora = {path.stem: path for path in sorted((folder / "corpora").glob("*.md"))}
    return SpanSet(questions, corpora)


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a ``.jsonl`` or ``.jsonl.gz``."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _present(folder: Path) -> Path:
    if not folder.is_dir():
        raise NotFound(
            f"The evaluation set {folder.name} is not in the evaluation data.",
            hint="Set VOUCH_EVAL_DATA to the folder that holds it.",
        )
    return folder
