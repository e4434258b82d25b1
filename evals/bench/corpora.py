"""The files that a bench reads, laid out as a source would find them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from core.errors import NotFound
from evals import datasets


@dataclass(frozen=True, slots=True)
class Corpus:
    """``path`` is what a source is bound to: a folder of files or a file of records."""

    name: str
    path: Path
    documents: int
    queries: tuple[str, ...] = field(repr=False)


def scifact(work: Path, documents: int | None = None, data: Path | None = None) -> Corpus:
    """The first ``documents`` abstracts (all without it) as records with an id, a title and a text."""
    found = datasets.retrieval_set("scifact", data)
    path = work / "scifact.jsonl"
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for record in islice(found.records(), documents):
            out.write(json.dumps({name: record[name] for name in ("_id", "title", "text")}) + "\n")
            count += 1
    return Corpus("scifact", path, count, tuple(query.text for query in found.queries))


def northwind(data: Path | None = None) -> Corpus:
    """The Northwind HR PDFs, where they lie."""
    found = datasets.retrieval_set(datasets.NORTHWIND, data)
    if found.files is None:
        raise NotFound("The Northwind PDFs are not in the evaluation data.", hint="They belong in its folder docs.")
    files = sorted(path for path in found.files.rglob("*") if path.is_file())
    return Corpus("northwind", found.files, len(files), tuple(query.text for query in found.queries))
