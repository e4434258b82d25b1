from __future__ import annotations

import numpy as np
import pytest

from evals.calibration import Sample, auc, balanced, cross_validate, fit, probabilities


def two_sets(questions: int = 120, seed: int = 1) -> Sample:
    """``signal`` tells the classes apart, ``noise`` does not, ``wrong`` is lower for answerable questions."""
    random = np.random.default_rng(seed)
    answerable = np.arange(questions) % 2
    signal = answerable + random.normal(0, 0.6, questions)
    noise = random.normal(0, 1, questions)
    wrong = -answerable + random.normal(0, 0.6, questions)
    sets = tuple("a" if number % 3 else "b" for number in range(questions))
    return Sample(("signal", "noise", "wrong"), np.stack([signal, noise, wrong], axis=1), answerable, sets)


def test_a_signal_that_speaks_the_wrong_way_gets_no_weight() -> None:
    model = fit(two_sets())
    assert "signal" in model.names
    assert "wrong" not in model.names
    assert all(weight > 0 for weight in model.weights)


def test_held_out_decisions_are_right_as_often_as_the_signal_allows() -> None:
    sample = two_sets(600)
    result = balanced(cross_validate(sample, repeats=2), sample.answerable)
    assert 0.74 < result.accuracy < 0.86
    assert result.low < result.accuracy < result.high


def test_signals_without_meaning_give_no_better_than_chance() -> None:
    sample = two_sets(600)
    shuffled = Sample(sample.names, np.random.default_rng(2).permutation(sample.x), sample.answerable, sample.sets)
    assert balanced(cross_validate(shuffled, repeats=2), shuffled.answerable).accuracy == pytest.approx(0.5, abs=0.06)


def test_a_small_set_weighs_as_much_as_a_large_one() -> None:
    large, small = two_sets(600, seed=3), two_sets(40, seed=4)
    flipped = Sample(small.names, small.x[:, ::-1], small.answerable, tuple("c" for _ in small.sets))
    both = Sample(
        large.names,
        np.vstack([large.x, flipped.x]),
        np.concatenate([large.answerable, flipped.answerable]),
        tuple("a" for _ in large.sets) + flipped.sets,
    )
    # The two sets contradict each other; were questions counted alone, the large one would decide.
    p = probabilities(fit(both), both)
    assert auc(p[both.of("a")], both.answerable[both.of("a")]) < auc(large.x[:, 0], large.answerable)


def test_auc_counts_ties_as_half() -> None:
    assert auc([1.0, 1.0], np.array([1, 0])) == 0.5
    assert auc([2.0, 1.0], np.array([1, 0])) == 1.0


def test_the_other_weights_are_fitted_again_without_a_signal_that_was_taken_out() -> None:
    sample = two_sets()
    alone = Sample(sample.names[:2], sample.x[:, :2], sample.answerable, sample.sets)
    assert fit(sample).weights == pytest.approx(fit(alone).weights, abs=1e-6)
