# presidio-analyzer is only partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false
"""What detection costs beside plain Presidio and beside embedding, in one run on one core.

Costs are processor time, so that other programs on the machine disturb them little, and each text is measured by all
in turn. Documents are 2,000 characters of real handbooks, policies, tickets and records, split as the product splits
them; the embedder reads the chunks with their titles, as it does in the product.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.text import quote
from evals.datasets import data_folder, json_lines
from ingest.embed.base import Embedder
from ingest.label.entities import MODEL
from ingest.label.findings import Detector
from ingest.parse import parse
from ingest.split import SplitSettings, split_with_packaged_tokens

CHARACTERS = 2_000
_SOURCES = (
    "corpus_handbooks/handbook.jsonl.gz",
    "corpus_handbooks/security-policy-templates.jsonl.gz",
    "corpus_handbooks/gds-way.jsonl.gz",
    "corpus_enterprisebench/policies.jsonl.gz",
    "corpus_enterprisebench/it_tickets.jsonl.gz",
    "corpus_enterprisebench/support_chats.jsonl.gz",
    "corpus_enterprisebench/posts.jsonl.gz",
    "corpus_enterprisebench/employees.jsonl.gz",
    "qa_northwind_hr/corpus.jsonl.gz",
)
_EACH = 4
Step = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Document:
    """``chunks`` is what is labelled, with the title before them; ``embedded`` what is embedded."""

    text: str = field(repr=False)
    chunks: tuple[str, ...] = field(repr=False)
    embedded: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """Mean milliseconds, and their ratio to ours: above 1, ours is cheaper."""

    ours: float
    presidio: float
    embedding: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Costs:
    question: Cost
    document: Cost
    by_source: dict[str, Cost]


def documents(data: Path | None = None) -> dict[str, list[Document]]:
    """Of each source the same few documents every time."""
    folder = data or data_folder()
    return {name: list(_documents(folder / name)) for name in _SOURCES if (folder / name).is_file()}


def _documents(path: Path) -> Iterator[Document]:
    texts = [text for row in json_lines(path) if len(text := _text(row)) >= CHARACTERS]
    if not texts:
        joined = "\n\n".join(_text(row) for row in json_lines(path))
        texts = [joined[start : start + CHARACTERS] for start in range(0, len(joined) - CHARACTERS, CHARACTERS)]
    for text in random.Random(0).sample(texts, min(_EACH, len(texts))):
        cut = text[:CHARACTERS]
        parsed = parse(cut.encode(), "document.txt", "text/plain", "Document")
        chunks = split_with_packaged_tokens(parsed, SplitSettings())
        yield Document(
            cut,
            (parsed.title, *(quote(parsed.text, chunk.spans) for chunk in chunks)),
            tuple(chunk.embedded_text for chunk in chunks),
        )


def _text(row: dict[str, Any]) -> str:
    if isinstance(row.get("text"), str):
        return row["text"]
    return "\n".join(f"{name}: {value}" for name, value in row.items() if isinstance(value, str | int | float))


def plain_presidio() -> Callable[[str], object]:
    """Presidio's own analyzer with all its recognisers for English and this spaCy model."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    # It warns of every entity that it does not know, which is no part of its work.
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    configuration = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": MODEL}]}
    engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=configuration).create_engine())
    return lambda text: engine.analyze(text, "en")


def measure(
    detector: Detector, embedder: Embedder, questions: Sequence[str], shelves: dict[str, list[Document]]
) -> Costs:
    presidio = plain_presidio()
    for warm in (questions[0], shelves[next(iter(shelves))][0].text):
        for _ in range(3):
            detector.find([warm])
            presidio(warm)
            embedder.embed([warm])
    asked = [_milliseconds(lambda q=q: detector.find([q]), lambda q=q: presidio(q)) for q in questions]
    by_source: dict[str, Cost] = {}
    every: list[list[float]] = []
    for name, shelf in shelves.items():
        rows = [
            _milliseconds(
                lambda each=each: detector.find(each.chunks),
                lambda each=each: presidio(each.text),
                lambda each=each: embedder.embed(each.embedded),
            )
            for each in shelf
        ]
        every += rows
        by_source[name] = _cost(rows)
    return Costs(_cost(asked), _cost(every), by_source)


def _milliseconds(*steps: Step, repeats: int = 3) -> list[float]:
    """The least processor time of each step over a few rounds, all steps in each round."""
    best = [float("inf")] * len(steps)
    for _ in range(repeats):
        for place, step in enumerate(steps):
            started = time.process_time()
            step()
            best[place] = min(best[place], (time.process_time() - started) * 1000)
    return best


def _cost(rows: Sequence[Sequence[float]]) -> Cost:
    means = [float(value) for value in np.mean(np.array(rows), axis=0)]
    return Cost(means[0], means[1], means[2] if len(means) > 2 else None, len(rows))
