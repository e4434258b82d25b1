from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from core.errors import NotFound
from core.text import Span
from evals import chunks, retrieval
from evals.datasets import RETRIEVAL_SETS, chunk_spans, data_folder, retrieval_set


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two small sets in the form of the public ones."""
    for folder in ("ret_scifact", "qa_northwind_hr"):
        path = tmp_path / folder
        path.mkdir()
        queries = [{"_id": str(number), "text": f"question {number}"} for number in range(30)]
        (path / "queries.jsonl").write_text("\n".join(map(json.dumps, [*queries, {"_id": "none", "text": "?"}])))
        (path / "qrels.tsv").write_text(
            "query-id\tcorpus-id\tscore\n" + "".join(f"{number}\tdoc{number}\t1\n" for number in range(30))
        )
        with gzip.open(path / "corpus.jsonl.gz", "wt") as file:
            file.writelines(
                json.dumps({"_id": f"doc{number}", "title": "", "text": "."}) + "\n" for number in range(30)
            )
    return tmp_path


def perfect(name: str, query: str, limit: int) -> list[str]:
    return [f"doc{query.rsplit(' ', 1)[-1]}", "other"][:limit]


def second(name: str, query: str, limit: int) -> list[str]:
    return perfect(name, query, limit)[::-1]


def test_a_better_run_is_reported_as_significantly_better(data: Path) -> None:
    sets = ("scifact", "northwind")
    printed = io.StringIO()

    found = retrieval.compare(
        retrieval.run(perfect, sets=sets, data=data),
        retrieval.run(second, sets=sets, data=data),
        data=data,
        console=Console(file=printed, width=120),
    )

    assert found.mean.mean == pytest.approx(1.0)
    assert found.baseline_mean.mean == pytest.approx(0.63, abs=0.01)
    assert found.difference.p < 0.001
    assert found.hit_at_5 is not None
    assert [each.queries for each in found.sets] == [30, 30]
    assert "+0.369" in printed.getvalue()


def test_a_run_that_misses_queries_scores_nothing_for_them(data: Path) -> None:
    queries = retrieval_set("scifact", data)

    assert retrieval.scores(queries, {"0": ["doc0"]}).sum() == 1.0


def test_absent_data_is_an_error_that_says_where_to_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOUCH_EVAL_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(NotFound, match="VOUCH_EVAL_DATA"):
        data_folder()
    with pytest.raises(NotFound, match="qa_clapnq"):
        retrieval_set("clapnq", tmp_path)


def test_spans_are_measured_beside_the_baseline(tmp_path: Path) -> None:
    folder = tmp_path / "ret_chunk_spans"
    (folder / "corpora").mkdir(parents=True)
    filler = "Nothing of interest is said in this sentence. " * 60
    text = f"{filler}The deductible is 500 euros. {filler}"
    (folder / "corpora" / "plans.md").write_text(text, encoding="utf-8")
    start = text.index("The deductible")
    gold = {"start_index": start, "end_index": start + 28}
    question = {"_id": "q0", "question": "deductible in euros", "corpus": "plans", "spans": [gold]}
    (folder / "questions.jsonl").write_text(json.dumps(question))

    found = chunks.run(
        lambda corpus, question, limit: [Span(start, start + 56)],
        data=tmp_path,
        console=Console(file=io.StringIO()),
    )

    assert found.product.recall.mean == 1.0
    assert found.product.overlap.mean == pytest.approx(0.5)
    assert found.baseline.recall.mean == 1.0
    assert found.baseline.overlap.mean == pytest.approx(28 / 4000)


def test_the_public_sets_can_be_read() -> None:
    try:
        data_folder()
    except NotFound as error:
        pytest.skip(str(error))
    for name in RETRIEVAL_SETS:
        found = retrieval_set(name)
        assert len(found.queries) >= 90
        known = {record["_id"] for record in found.records()}
        assert all(document in known for relevant in found.relevant.values() for document in relevant)
    spans = chunk_spans()
    assert len(spans.questions) == 472
    assert {question.corpus for question in spans.questions} == set(spans.corpora)
