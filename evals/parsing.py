"""How parsing does on real, broken and hostile files: outcomes, word recall against ground truth, time and memory.

    python -m evals.parsing            prints the table
    python -m evals.parsing DIRECTORY  the same for another set with a ``manifest.tsv`` of that form

Word recall is that of the multiset of words of the ground truth, after its Markdown marks are taken away.
"""

from __future__ import annotations

import csv
import html
import os
import re
import sys
import time
import unicodedata
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from connectors.sources.base import Item
from ingest.parse import ParseFailed, ParserPool

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TARGET = re.compile(r"\]\([^)]*\)")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class FileResult:
    """One file: ``outcome`` is ``parsed`` or the reason of its failure; ``recall`` only with a ground truth."""

    file: str
    expected: str
    outcome: str
    characters: int
    elements: int
    recall: float | None
    seconds: float
    warnings: tuple[str, ...]


def data_folder() -> Path:
    """Where the evaluation sets lie: ``VOUCH_EVAL_DATA``, or ``shared/data`` beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("VOUCH_EVAL_DATA", beside))


def words(text: str) -> Counter[str]:
    """The words of a text, compatibility forms folded, without case and without underscores."""
    folded = unicodedata.normalize("NFKC", text).replace("_", " ").casefold()
    return Counter(_WORD.findall(folded))


def plain_words(markdown: str) -> Counter[str]:
    """The words of Markdown without its comments, tags, link targets and escapes."""
    text = _TARGET.sub("]", _COMMENT.sub(" ", markdown))
    return words(html.unescape(_TAG.sub("", text)).replace("\\", ""))


def recall(found: Counter[str], truth: Counter[str]) -> float:
    """The share of the words of ``truth`` that are in ``found``, each as often as it occurs."""
    return (truth & found).total() / truth.total() if truth.total() else 1.0


def measure(folder: Path, *, workers: int = 2) -> tuple[list[FileResult], int]:
    """Every file of a set with its outcome, and the highest resident size of a child in MiB."""
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    results: list[FileResult] = []
    with ParserPool(workers) as pool:
        for row in rows:
            path = folder / row["file"]
            began = time.perf_counter()
            item = Item(row["file"], path.read_bytes(), path.name)
            try:
                parsed = pool.parse(item).result().parsed
            except ParseFailed as failure:
                seconds = time.perf_counter() - began
                results.append(FileResult(row["file"], row["expected"], failure.reason, 0, 0, None, seconds, ()))
                continue
            seconds = time.perf_counter() - began
            truth = row.get("groundtruth") or ""
            score = recall(words(parsed.text), plain_words((folder / truth).read_text("utf-8"))) if truth else None
            size, count = len(parsed.text), len(parsed.elements)
            results.append(
                FileResult(row["file"], row["expected"], "parsed", size, count, score, seconds, parsed.warnings)
            )
        return results, pool.peak_kb // 1024


def run(folder: Path | None = None) -> dict[str, object]:
    """Measure, print the table, and return the figures."""
    results, peak = measure(folder or data_folder() / "docs_parsing")
    for result in results:
        score = "     " if result.recall is None else f"{result.recall:.3f}"
        notes = "; ".join(result.warnings)
        size = f"{result.characters:>9,} chars {result.elements:>6} elements"
        print(f"{result.file:<64} {result.outcome:<12} {score} {size} {result.seconds:6.2f} s  {notes}")
    scores = [result.recall for result in results if result.recall is not None]
    middle = median(scores) if scores else 0.0
    outcomes = Counter(result.outcome for result in results)
    print(f"\n{len(results)} files: " + ", ".join(f"{name} {count}" for name, count in outcomes.most_common()))
    print(f"median word recall {middle:.3f} over {len(scores)} files with a ground truth (goal .95)")
    print(f"highest resident size of a child {peak} MiB (limit 1,500)")
    return {
        "files": len(results),
        "outcomes": dict(outcomes),
        "median_word_recall": middle,
        "ground_truths": len(scores),
        "peak_mib": peak,
        "results": [asdict(result) for result in results],
    }


if __name__ == "__main__":
    run(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
