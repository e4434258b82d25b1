from __future__ import annotations

from math import log2

import numpy as np
import pytest

from core.text import Span
from evals.metrics import hit_at, interval, mean_interval, ndcg_at, paired, recall_at, span_overlap

RANDOM = np.random.default_rng(7)


def test_ndcg_discounts_by_place_and_compares_with_the_ideal_order() -> None:
    relevant = {"a": 2.0, "b": 1.0}

    found = ndcg_at(["x", "a", "y", "b"], relevant)

    assert found == pytest.approx((2 / log2(3) + 1 / log2(5)) / (2 + 1 / log2(3)))
    assert ndcg_at(["a", "b"], relevant) == pytest.approx(1.0)
    assert ndcg_at(["x"] * 3, relevant) == 0.0


def test_an_id_found_twice_counts_once_and_takes_one_place() -> None:
    assert ndcg_at(["x", "x", "a"], {"a": 1.0}) == pytest.approx(1 / log2(3))
    assert ndcg_at(["a", "a"], {"a": 1.0, "b": 1.0}) < 1


def test_hits_and_recall_look_only_so_deep() -> None:
    ranked = ["a", "b", "c"]

    assert hit_at(ranked, {"c": 1.0}, 2) == 0.0
    assert hit_at(ranked, {"c": 1.0}, 3) == 1.0
    assert recall_at(ranked, {"a": 1.0, "c": 1.0, "d": 0.0}, 2) == 0.5


def test_span_overlap_counts_characters_once() -> None:
    recall, overlap = span_overlap([Span(0, 10), Span(5, 20)], [Span(15, 25), Span(15, 25)])

    assert recall == pytest.approx(5 / 10)
    assert overlap == pytest.approx(5 / 25)
    assert span_overlap([], [Span(0, 1)]) == (0.0, 0.0)


def test_the_interval_holds_the_mean_and_narrows_with_queries() -> None:
    few, many = RANDOM.random(20), RANDOM.random(2000)

    assert interval(few).low < few.mean() < interval(few).high
    assert interval(many).high - interval(many).low < (interval(few).high - interval(few).low) / 3
    assert interval(few) == interval(few)


def test_the_mean_over_sets_weighs_them_equally() -> None:
    assert mean_interval([np.ones(1000), np.zeros(10)]).mean == 0.5


def test_a_steady_small_gain_is_significant_and_noise_is_not() -> None:
    base = RANDOM.random(300)
    noise = base + RANDOM.normal(0, 0.2, 300)

    better = paired([base + RANDOM.normal(0.02, 0.05, 300)], [base])
    assert better.p < 0.01
    assert better.interval.low > 0
    centred = paired([noise - (noise - base).mean()], [base])
    assert centred.p > 0.5


def test_runs_over_different_queries_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        paired([np.ones(3)], [np.ones(4)])
