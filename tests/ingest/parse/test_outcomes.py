"""Every real, broken and hostile file of the evaluation set ends as ``outcomes.tsv`` says, through the real pool."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from connectors.sources.base import Item
from evals.parsing import data_folder, plain_words, recall, words
from ingest.parse import Outcome, ParseFailed, ParserPool
from tests.ingest.parse.builders import assert_consistent

FOLDER = data_folder() / "docs_parsing"
OUTCOMES = Path(__file__).with_name("outcomes.tsv")
LIMIT_KB = 1500 * 1024
TOLERANCE = 0.05

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no evaluation data: set VOUCH_EVAL_DATA ({FOLDER})")


@dataclass(frozen=True)
class Run:
    outcomes: dict[str, Outcome[None] | ParseFailed]
    peak_kb: int
    left: list[str]


def rows() -> list[dict[str, str]]:
    with OUTCOMES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    temporary = tmp_path_factory.mktemp("temporary")
    original, tempfile.tempdir = tempfile.tempdir, str(temporary)
    try:
        with ParserPool(2) as pool:
            items = (Item(row["file"], (FOLDER / row["file"]).read_bytes(), Path(row["file"]).name) for row in rows())
            outcomes = {item.key: outcome for item, outcome in pool.parse_each(items, ahead=8)}
            peak = pool.peak_kb
        yield Run(outcomes, peak, [str(path) for path in temporary.rglob("*")])
    finally:
        tempfile.tempdir = original


def needs_office(row: dict[str, str]) -> bool:
    return row["file"].endswith((".doc", ".ppt"))


def test_every_file_ends_as_frozen(run: Run) -> None:
    with (FOLDER / "manifest.tsv").open(encoding="utf-8", newline="") as stream:
        assert {row["file"] for row in csv.DictReader(stream, delimiter="\t")} == set(run.outcomes)
    wrong: list[str] = []
    for row in rows():
        if needs_office(row) and (shutil.which("soffice") or shutil.which("libreoffice")):
            continue
        outcome = run.outcomes[row["file"]]
        if isinstance(outcome, ParseFailed):
            found = ("failed", outcome.reason)
        else:
            found = ("parsed", "")
            expected = int(row["characters"] or 0)
            if abs(len(outcome.parsed.text) - expected) > max(2, TOLERANCE * expected):
                wrong.append(f"{row['file']}: {len(outcome.parsed.text)} characters, not {expected}")
            if row["phrase"] not in outcome.parsed.text:
                wrong.append(f"{row['file']}: without {row['phrase']!r}")
            if row["warning"] and not any(row["warning"] in warning for warning in outcome.parsed.warnings):
                wrong.append(f"{row['file']}: without the warning {row['warning']!r}")
        if found != (row["outcome"], row["reason"]):
            wrong.append(f"{row['file']}: {found}")
    assert wrong == []


def test_every_parsed_file_keeps_its_offsets(run: Run) -> None:
    for outcome in run.outcomes.values():
        if not isinstance(outcome, ParseFailed):
            assert_consistent(outcome.parsed)


def test_every_failure_says_what_to_do(run: Run) -> None:
    failures = [outcome for outcome in run.outcomes.values() if isinstance(outcome, ParseFailed)]
    assert failures
    assert all(failure.message and failure.hint for failure in failures)
    assert not [failure for failure in failures if failure.reason in ("crashed", "timeout")]


def test_no_child_passes_its_memory_limit(run: Run) -> None:
    assert 0 < run.peak_kb < LIMIT_KB


def test_nothing_is_left_in_the_temporary_folder(run: Run) -> None:
    assert run.left == []


def test_the_words_of_the_ground_truths_are_found(run: Run) -> None:
    scores: list[float] = []
    with (FOLDER / "manifest.tsv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            outcome = run.outcomes[row["file"]]
            if row["groundtruth"]:
                truth = plain_words((FOLDER / row["groundtruth"]).read_text(encoding="utf-8"))
                found = words("") if isinstance(outcome, ParseFailed) else words(outcome.parsed.text)
                scores.append(recall(found, truth))
    assert median(scores) >= 0.95
