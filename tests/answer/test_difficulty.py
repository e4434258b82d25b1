from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.difficulty import (
    FEATURES,
    MEANING,
    Difficulty,
    Kind,
    Weights,
    counts,
    difficulty,
    is_understood,
    shipped,
)

LOOK_UP = "When does the canteen open?"
STEPS = (
    "If a team of 12 has half of its leave left, and each of them takes 3 days more than in the first quarter, "
    "how many days remain in total after the second quarter, unless the rest is carried over?"
)


def toward(share: float) -> np.ndarray:
    """A vector of length 1 whose projection lies ``share`` of the way from one end of the kind to the other."""
    kind = shipped().kind
    along = np.array(kind.direction)
    across = np.roll(along, 1) - along * float(np.roll(along, 1) @ along)
    wanted = kind.low + share * (kind.high - kind.low)
    made = along * wanted + across / np.linalg.norm(across) * np.sqrt(1 - wanted**2)
    return made.astype(np.float32)


def test_a_question_of_several_steps_is_harder_than_a_look_up() -> None:
    assert difficulty(STEPS) > 0.8
    assert difficulty(LOOK_UP) < 0.3
    assert difficulty(STEPS, toward(0.9)) > difficulty(LOOK_UP, toward(0.9)) > difficulty(LOOK_UP, toward(0.1))


@given(st.text(max_size=300), st.sampled_from([None, -3.0, 0.0, 0.5, 1.0, 3.0]))
def test_whatever_is_asked_lies_between_none_and_all(question: str, share: float | None) -> None:
    found = difficulty(question, None if share is None else toward(share))
    assert 0 < found < 1
    assert found == difficulty(question, None if share is None else toward(share))


@given(st.sampled_from([LOOK_UP, STEPS, ""]), st.sampled_from(sorted(FEATURES)))
def test_more_of_any_signal_never_makes_a_question_easier(question: str, name: str) -> None:
    for weights in (shipped().words, shipped().both):
        signals = {**counts(question), MEANING: 0.4}
        assert weights.difficulty({**signals, name: signals[name] + 0.5}) >= weights.difficulty(signals)


def test_beyond_either_end_the_kind_stays_what_it_is() -> None:
    kind = shipped().kind
    assert [round(kind.of(toward(share)), 3) for share in (-1.0, 0.0, 0.25, 1.0, 2.0)] == [0, 0, 0.25, 1, 1]


def test_a_vector_of_another_size_counts_as_none() -> None:
    assert difficulty(STEPS, np.ones(768, dtype=np.float32)) == difficulty(STEPS)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("He isn't here. Isn’t he?", "negations", np.log1p(2)),
        ("A third of 40, 1/2 of 3.", "parts", 1.0),
        ("1 2 3 4 5", "numbers", 1.0),
        ("One, two, three. Four.", "clauses", 1.0),
        ("", "sentences", 0.0),
    ],
)
def test_signals_count_what_they_say(text: str, name: str, value: float) -> None:
    assert counts(text)[name] == pytest.approx(value)


def test_a_model_comes_back_from_its_file_as_it_was() -> None:
    kind = Kind("a model", (0.6, -0.8), -0.5, 0.5)
    model = Difficulty(1, "two questions", Weights({"length": 0.5}, 1.0, 2.0), Weights({"kind": 1.0}, 0.5, 0.1), kind)
    assert Difficulty.from_json(model.to_json()) == model
    assert Difficulty.from_json(shipped().to_json()) == shipped()


def test_only_vectors_of_the_model_it_was_fitted_with_are_understood() -> None:
    assert is_understood("all-MiniLM-L6-v2@0123456789abcdef/int8-1")
    assert not is_understood("bge-small-en-v1.5@0123456789abcdef/int8-1")
