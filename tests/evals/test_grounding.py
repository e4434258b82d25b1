from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from answer.candidates import Vectors
from answer.verify.signals import SIGNALS
from answer.verify.support import shipped
from evals import calibration
from evals.grounding import KEPT, Measured, auc, curve, fitted, measure, operating_point, point, shown
from evals.grounding_report import cost
from evals.grounding_sets import RAGTRUTH, Source, Statement, ragtruth
from tests.answer.verify.test_ground import UNITS, embed


def measured(count: int = 400, seed: int = 3) -> Measured:
    """Statements of models whose coverage tells more or less what is supported; ten of each document."""
    random = np.random.default_rng(seed)
    supported = random.random(count) < 0.8
    x = random.normal(0, 1, (count, len(SIGNALS)))
    x[:, list(SIGNALS).index("coverage")] += 2 * supported
    documents = tuple(f"d{number // 10}" for number in range(count))
    agrees = random.random(count) < np.where(supported, 0.95, 0.7)
    return Measured(x, supported, agrees, np.ones(count, dtype=np.bool_), (RAGTRUTH,) * count, documents)


def test_the_area_is_that_of_the_other_evaluations_and_within_its_interval() -> None:
    data = measured()
    score = np.round(data.signal("coverage"), 1)
    found = auc(data, score)
    assert found.mean == pytest.approx(calibration.auc(score, data.supported.astype(np.int64)))
    assert found.low < found.mean < found.high


def test_the_operating_point_keeps_what_it_promises_where_it_was_chosen() -> None:
    data = measured(2000)
    score = data.signal("coverage")
    threshold = operating_point(score, data)
    kept = point(data, data.agrees & (score >= threshold), threshold).kept.mean
    assert kept == pytest.approx(KEPT, abs=0.01)


def test_nothing_that_an_exact_check_refuses_is_shown() -> None:
    data = measured()
    model = fitted(data)
    assert not shown(data, model)[~data.agrees].any()


def test_a_stricter_point_shows_less_of_both() -> None:
    data = measured(2000)
    points = curve(data, data.signal("coverage"))
    kept = [each.kept.mean for each in points]
    assert kept == sorted(kept)
    assert points[0].unsupported.mean < points[-1].unsupported.mean < 1 - data.supported.mean()


def test_sentences_of_one_document_stay_in_one_half(tmp_path: Path) -> None:
    folder = tmp_path / "ground_ragtruth"
    folder.mkdir()
    text = "Leave is 16 weeks. It is paid in full."
    answer = "Here's a summary:\nLeave is 16 weeks. It is paid in part."
    start = answer.index("in part")
    row = {
        "source_id": 7,
        "source": text,
        "responses": [{"response": answer, "labels": [{"start": start, "end": start + 7}]}],
    }
    with gzip.open(folder / "ragtruth_summary.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    found = list(ragtruth(tmp_path))
    assert [(each.text, each.supported) for each in found] == [
        ("Leave is 16 weeks.", True),
        ("It is paid in part.", False),
    ]
    assert len({each.source.tuning for each in found}) == 1


def test_a_true_sentence_measures_above_an_invented_one() -> None:
    source = Source("a", UNITS)
    texts = ("Parental leave is 16 weeks at full pay.", "Parental leave is 9 weeks and includes a company car.")
    data = measure([Statement(RAGTRUTH, source, text, supported=not at) for at, text in enumerate(texts)], embed)
    assert data.agrees.tolist() == [True, False]
    assert data.signal("coverage")[0] > data.signal("coverage")[1]


def test_the_cost_of_a_sentence_is_told_without_embedding_it_or_its_units() -> None:
    source = Source("s", UNITS)
    said = [Statement(RAGTRUTH, source, text, True) for text in (*UNITS, "The cafeteria is open until 14:00.")]
    seconds = 0.0

    def slow(texts: Sequence[str]) -> Vectors:
        nonlocal seconds
        seconds += len(texts)
        return embed(texts)

    found = cost(said, shipped(), slow, clock=lambda: seconds)
    assert found == {"verifying_median": 0.0, "verifying_p95": 0.0, "embedding_median": 1000.0}
