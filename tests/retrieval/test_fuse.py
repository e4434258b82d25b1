from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.index.base import Candidate
from retrieval.fuse import fuse, reciprocal_rank
from retrieval.settings import FusionSettings

SETTINGS = FusionSettings(dense_weight=0.55)


def candidate(
    name: str, dense: float, sparse: float, dense_rank: int | None = None, sparse_rank: int | None = None
) -> Candidate:
    return Candidate(name, dense, sparse, dense_rank, sparse_rank)


def order(ranked: list[tuple[Candidate, float]]) -> list[str]:
    return [each.id for each, _ in ranked]


def test_what_both_branches_like_best_scores_one() -> None:
    ranked = fuse([candidate("a", 0.8, 12.0), candidate("b", 0.4, 3.0)], SETTINGS)

    assert ranked[0][0].id == "a"
    assert ranked[0][1] == pytest.approx(1.0)
    assert ranked[1][1] == pytest.approx(0.55 * 0.5 + 0.45 * 0.25)


def test_a_clear_preference_counts_for_more_than_a_place() -> None:
    # By rank the two are equal; by score, b is far ahead in words and only just behind in meaning.
    a = candidate("a", 0.62, 4.0, dense_rank=0, sparse_rank=1)
    b = candidate("b", 0.60, 20.0, dense_rank=1, sparse_rank=0)

    assert order(fuse([a, b], SETTINGS)) == ["b", "a"]
    assert reciprocal_rank([a, b])[0][1] == pytest.approx(reciprocal_rank([a, b])[1][1])


def test_words_alone_decide_where_no_meaning_is_near() -> None:
    ranked = fuse([candidate("a", -0.1, 2.0), candidate("b", -0.2, 5.0)], SETTINGS)

    assert order(ranked) == ["b", "a"]


def test_a_question_without_a_known_word_is_ranked_by_meaning() -> None:
    assert order(fuse([candidate("a", 0.2, 0.0), candidate("b", 0.5, 0.0)], SETTINGS)) == ["b", "a"]


def test_equal_candidates_come_in_the_order_of_their_ids() -> None:
    pair = [candidate("b", 0.5, 1.0), candidate("a", 0.5, 1.0)]

    assert order(fuse(pair, SETTINGS)) == order(fuse(pair[::-1], SETTINGS)) == ["a", "b"]


def test_nothing_found_is_nothing_ranked() -> None:
    assert fuse([], SETTINGS) == []
    assert reciprocal_rank([]) == []


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.uuids().map(str),
        st.floats(-1, 1),
        st.floats(0, 100),
        st.none() | st.integers(0, 99),
        st.none() | st.integers(0, 99),
    ),
    max_size=30,
    unique_by=lambda each: each.id,
)


@given(CANDIDATES)
def test_scores_are_between_nothing_and_one_and_nobody_is_lost(candidates: list[Candidate]) -> None:
    for ranked in (fuse(candidates, SETTINGS), reciprocal_rank(candidates)):
        scores = [score for _, score in ranked]
        assert sorted(order(ranked)) == sorted(each.id for each in candidates)
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 + 1e-9 for score in scores)


@given(CANDIDATES, st.floats(-1, 0.01))
def test_a_poor_candidate_does_not_move_the_others(candidates: list[Candidate], dense: float) -> None:
    base = [candidate("best", 1.0, 100.0), *candidates]
    with_poor = fuse([*base, candidate("poor", dense, 0.0)], SETTINGS)

    assert [pair for pair in with_poor if pair[0].id != "poor"] == fuse(base, SETTINGS)
