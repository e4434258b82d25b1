"""Questions with known answerability and, where there is one, a gold answer."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """``gold`` is the reference answer; ``gold_sentences`` the sentences that annotators selected, if any."""

    set: str
    id: str
    question: str = field(repr=False)
    answerable: bool
    gold: str = field(default="", repr=False)
    gold_sentences: tuple[str, ...] = field(default=(), repr=False)


def northwind(data: Path) -> tuple[Case, ...]:
    """92 answerable and 19 unanswerable questions over six HR documents."""
    folder = data / "qa_northwind_hr"
    rows = [*_lines(folder / "queries.jsonl"), *_lines(folder / "unanswerable.jsonl")]
    return tuple(
        Case("northwind", row["_id"], row["text"], bool(row["answerable"]), row.get("answer", "")) for row in rows
    )


def clapnq(data: Path) -> tuple[Case, ...]:
    """300 answerable and 300 unanswerable questions; each unanswerable one has a plausible passage in the pool."""
    cases: list[Case] = []
    for row in _lines(data / "qa_clapnq" / "dev.jsonl.gz"):
        outputs = row["output"]
        gold = outputs[0]
        chosen = tuple(dict.fromkeys(s for output in outputs for s in output["selected_sentences"]))
        cases.append(Case("clapnq", row["id"], row["input"], bool(row["answerable"]), gold["answer"], chosen))
    return tuple(cases)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
