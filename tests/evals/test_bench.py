from __future__ import annotations

import json
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from api.bench import installations
from core.errors import Invalid, Unavailable
from evals.bench import corpora, ingest, search
from evals.bench.corpora import Corpus
from evals.bench.peer import SCRIPT, Peer
from evals.bench.product import Installation, OpenInstallation, Piece, Server
from evals.bench.report import Report, show
from evals.bench.timing import Elapsed, Machine, Series, percentile, timed
from evals.peers import install
from ingest.embed.base import Embedder, Matrix

MACHINE = Machine("a processor", 2, 2, 8.0, "3.11", 0.1)
RECORDS = [{"_id": str(n), "title": f"Title {n}", "text": f"Sentence number {n} about tides."} for n in range(12)]


def silent(line: str) -> None:
    """Nobody follows."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "ret_scifact"
    folder.mkdir(parents=True)
    import gzip

    with gzip.open(folder / "corpus.jsonl.gz", "wt") as out:
        out.writelines(json.dumps(record | {"sentences": [record["text"]]}) + "\n" for record in RECORDS)
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "What about the tides?"}) + "\n")
    (folder / "qrels.tsv").write_text("query\tdocument\tscore\nq\t3\t1\n")
    return tmp_path / "data"


@dataclass
class CountingEmbedder:
    """Counts words, and the texts it was given."""

    seen: list[list[str]] = field(default_factory=list[list[str]])
    identity: str = "counting"
    dimensions: int = 2

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.seen.append(list(texts))
        return np.ones((len(texts), 2), dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def close(self) -> None:
        pass


@dataclass
class Shelf:
    """An installation that holds what its corpus says."""

    embedder: Embedder
    documents: int
    found: int = 1

    def ingest(self, corpus: Corpus) -> int:
        return self.documents

    def pieces(self) -> tuple[Piece, ...]:
        return (Piece("a", "three words here"), Piece("b", "two words"))

    def vectors(self, pieces: Sequence[Piece]) -> Matrix:
        return self.embedder.embed([piece.text for piece in pieces])

    def search(self, query: str) -> int:
        return self.found


def opening(shelf: Shelf, opened: list[Path]) -> OpenInstallation:
    @contextmanager
    def open_(directory: Path) -> Generator[Installation]:
        assert not directory.exists()
        directory.mkdir()
        opened.append(directory)
        yield shelf

    return open_


class RecordingPeer(Peer):
    """The peer without its process: remembers what it was given."""

    def __init__(self, work: Path) -> None:
        super().__init__(Path("python"), Path("model"), 2, work)
        self.given: list[tuple[str, ...]] = []

    def ingest(self, pieces: Sequence[Piece], store: Path) -> Elapsed:
        store.mkdir()
        self.given.append(tuple(piece.text for piece in pieces))
        return Elapsed(2.0, 4.0)


def test_scifact_is_cut_to_the_first_documents_and_to_fields_that_every_side_reads(tmp_path: Path, data: Path) -> None:
    corpus = corpora.scifact(tmp_path, 5, data)
    records = [json.loads(line) for line in corpus.path.read_text().splitlines()]
    assert corpus.documents == 5
    assert records == RECORDS[:5]
    assert corpus.queries == ("What about the tides?",)


def test_every_side_gets_the_same_chunks_in_every_round(tmp_path: Path) -> None:
    embedder, opened, peer = CountingEmbedder(), list[Path](), RecordingPeer(tmp_path)
    corpus = Corpus("c", tmp_path, 7, ())
    result = ingest.measure(corpus, opening(Shelf(embedder, 7), opened), peer, tmp_path, 3, silent)
    assert (result.chunks, result.tokens) == (2, 5)
    assert peer.given == [("three words here", "two words")] * 3
    assert all(sorted(texts) == ["three words here", "two words"] for texts in embedder.seen)
    assert result.peer is not None
    assert result.peer.tokens_per_second.values == (2.5, 2.5, 2.5)
    assert result.peer.tokens_per_cpu_second.median == 1.25
    assert len(set(opened)) == 3
    assert not any(home.exists() for home in opened)


def test_a_run_that_reads_fewer_documents_is_no_measurement(tmp_path: Path) -> None:
    corpus = Corpus("c", tmp_path, 8, ())
    with pytest.raises(Invalid, match="7 of the 8"):
        ingest.measure(corpus, opening(Shelf(CountingEmbedder(), 7), []), None, tmp_path, 1, silent)


def test_a_search_that_finds_nothing_is_no_measurement(tmp_path: Path) -> None:
    @contextmanager
    def no_server(directory: Path) -> Generator[Server]:
        raise AssertionError("not reached")
        yield

    @contextmanager
    def open_(directory: Path) -> Generator[Installation]:
        yield Shelf(CountingEmbedder(), 1, found=0)

    with pytest.raises(Invalid, match="found nothing"):
        search.measure(Corpus("c", tmp_path, 1, ("q",)), open_, no_server, None, tmp_path, 1, silent)


def test_a_ratio_compares_round_by_round() -> None:
    assert Series((10.0, 40.0, 30.0)).over(Series((5.0, 10.0, 10.0))).values == (2.0, 4.0, 3.0)
    assert Series((10.0, 40.0, 30.0)).over(Series((5.0, 10.0, 10.0))).median == 3.0


def test_percentiles_lie_between_neighbours() -> None:
    values = [4.0, 1.0, 3.0, 2.0]
    assert percentile(values, 0.5) == 2.5
    assert percentile(values, 0.0) == 1.0
    assert percentile(values, 1.0) == 4.0


def test_processor_time_counts_work_in_this_process() -> None:
    with timed() as took:
        sum(range(3_000_000))
    assert took[0].cpu_seconds > 0
    assert took[0].seconds > 0


def side(*speeds: float) -> ingest.Side:
    series = Series(speeds)
    return ingest.Side(series, series, series)


def shown(report: Report) -> str:
    out = StringIO()
    show(report, Console(file=out, width=160))
    return out.getvalue()


def report_of(result: ingest.IngestResult) -> Report:
    return Report(MACHINE, datetime(2026, 11, 22, tzinfo=UTC), "vouch bench ingest", [result])


def test_the_report_says_which_goal_is_met_and_which_is_missed() -> None:
    met = ingest.IngestResult("scifact", 7, 9, 90, side(500, 510, 505), side(700, 700, 700), side(100, 100, 100))
    report = report_of(met)
    assert [(ratio.met, round(ratio.values.median, 2)) for ratio in report.ratios()] == [(True, 5.05), (False, 0.72)]
    text = shown(report)
    assert re.search(r"ingest / LlamaIndex, scifact +5\.05 +5\.00 to 5\.10 +5\.10 +at least 2\.50 +met", text)
    assert re.search(r"ingest / bare int8 encoder, scifact +0\.72 .* missed", text)
    written = report.as_json()
    assert written["ratios"][0]["rounds"] == [5.0, 5.1, 5.05]
    assert written["ingest"][0]["product"]["tokens_per_second"]["median"] == 505


def test_a_goal_that_only_a_disturbed_peer_lets_us_reach_is_missed() -> None:
    # The peer's best round shows what it does undisturbed: 500 against 400.
    disturbed = ingest.IngestResult("scifact", 7, 9, 90, side(480, 500, 490), side(500, 500, 500), side(100, 400, 90))
    ratio = report_of(disturbed).ratios()[0]
    assert ratio.values.median > ratio.goal > ratio.best
    assert not ratio.met


def test_without_the_peer_the_report_says_so_and_claims_nothing_about_it() -> None:
    report = report_of(ingest.IngestResult("scifact", 7, 9, 90, side(500), side(600), None))
    assert [ratio.name for ratio in report.ratios()] == ["ingest / bare int8 encoder, scifact"]
    assert "The peer did not run" in shown(report)
    assert report.as_json()["peer"] is None


def test_a_peer_that_cannot_be_installed_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "llamaindex.txt").write_text("no-such-package-of-vouch-bench==1\n")
    monkeypatch.setattr(install, "HERE", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(Unavailable, match="cannot be installed") as raised:
        install.ensure()
    assert "--no-peer" in raised.value.hint
    assert not (tmp_path / ".venv-llamaindex" / "installed").exists()


def test_a_peer_that_fails_is_reported_with_its_reason(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no such model' >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(Unavailable, match="no such model"):
        Peer(broken, tmp_path, 2, tmp_path).ingest((Piece("a", "text"),), tmp_path / "store")


def test_the_peer_script_needs_nothing_of_the_product() -> None:
    assert not re.search(r"^\s*(?:from|import) (?:core|ingest|evals|api)\b", SCRIPT.read_text(), re.MULTILINE)


@pytest.mark.slow
def test_the_product_is_measured_through_its_real_run(tmp_path: Path, data: Path) -> None:
    corpus = corpora.scifact(tmp_path, None, data)
    with installations(2)(tmp_path / "home") as installation:
        assert installation.ingest(corpus) == len(RECORDS)
        assert installation.ingest(corpus) == 0
        pieces = installation.pieces()
        assert len(pieces) == len(RECORDS)
        assert {piece.text.split()[-2] for piece in pieces} == {"about"}
        assert all(piece.text.startswith("Title") for piece in pieces)
        assert installation.vectors(pieces).shape == (len(RECORDS), 384)
        assert installation.search("tides") > 0
