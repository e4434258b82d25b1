"""Sentences with known support: what models wrote about a text, claims against a web page, claims against an abstract.

Each set is divided into a tuning half and a test half by a hash of its source document, never by sentence: sentences
about one document are alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from answer.units import fold, units
from answer.verify.connectives import says_nothing
from core.errors import NotFound
from evals.datasets import data_folder, json_lines

RAGTRUTH, WICE, SCIFACT = "ragtruth", "wice", "scifact"


@dataclass(frozen=True, slots=True)
class Source:
    """A document as its citable units."""

    id: str
    units: tuple[str, ...] = field(repr=False)

    @property
    def tuning(self) -> bool:
        return int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % 2 == 1


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, the document it is about, and whether the document carries all of it."""

    set: str
    source: Source
    text: str = field(repr=False)
    supported: bool


def statements(data: Path | None = None) -> tuple[Statement, ...]:
    """The statements of all three sets. Raises ``NotFound`` where one is absent."""
    folder = data or data_folder()
    return (*ragtruth(folder), *wice(folder), *scifact(folder))


def ragtruth(folder: Path) -> Iterator[Statement]:
    """The sentences of what six models wrote about 150 articles; unsupported are those that a marked span reaches into.
    Sentences that claim nothing ("Here's a summary:") are left out."""
    for row in json_lines(_present(folder, "ground_ragtruth/ragtruth_summary.jsonl.gz")):
        text = row["source"]
        source = Source(f"r{row['source_id']}", tuple(fold(text[u.start : u.end]) for u in units(text, frozenset())))
        for response in row["responses"]:
            written = response["response"]
            marked = [(label["start"], label["end"]) for label in response["labels"]]
            for unit in units(written, frozenset()):
                sentence = fold(written[unit.start : unit.end])
                supported = not any(start < unit.end and unit.start < end for start, end in marked)
                if not says_nothing(sentence):
                    yield Statement(RAGTRUTH, source, sentence, supported)


def wice(folder: Path) -> Iterator[Statement]:
    """Sentences of Wikipedia against the sentences of the page they cite. What is supported in part is unsupported."""
    for row in json_lines(_present(folder, "ground_wice/claims_dev.jsonl.gz")):
        evidence = tuple(fold(sentence) for sentence in row["evidence"])
        digest = hashlib.sha256("\n".join(row["evidence"][:10]).encode()).hexdigest()
        yield Statement(WICE, Source(f"w{digest[:12]}", evidence), fold(row["claim"]), row["label"] == "supported")


def scifact(folder: Path) -> Iterator[Statement]:
    """Scientific claims against the abstracts they were written for: supported, contradicted, or not spoken of."""
    abstracts = {
        row["_id"]: (fold(row["title"]), *(fold(sentence) for sentence in row["sentences"]))
        for row in json_lines(_present(folder, "ret_scifact/corpus.jsonl.gz"))
    }
    for row in json_lines(_present(folder, "ret_scifact/claims_verification.jsonl")):
        for document in row["cited_doc_ids"]:
            if document in abstracts:
                label = row["evidence"].get(document, {}).get("label")
                source = Source(f"s{document}", abstracts[document])
                yield Statement(SCIFACT, source, fold(row["claim"]), label == "SUPPORT")


def _present(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise NotFound(
            f"The evaluation set {name} is not here.", hint="Set VOUCH_EVAL_DATA to the folder that holds it."
        )
    return path
