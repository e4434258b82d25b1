from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from answer.difficulty import MEANING, Kind
from core.errors import NotFound
from evals.routing import Question, area, curve, is_tuning, questions, routed
from evals.routing_fit import fit

RANDOM = np.random.default_rng(1)
GAINS = RANDOM.choice([0.0, 1.0], 300, p=[0.7, 0.3])
ASKED = [Question("made", f"question {n}", 1.0 - gain, 1.0) for n, gain in enumerate(GAINS)]


def test_who_knows_where_the_large_model_is_better_reaches_the_oracle() -> None:
    scores = GAINS * 0.8 + RANDOM.random(300) * 0.1
    made = curve("made", ASKED, routed(ASKED, scores)[0])
    assert made.dominates
    assert all(point.router == pytest.approx(point.oracle) for point in made.points)
    assert made.recovered.low > 0.8
    assert made.half == pytest.approx(GAINS.mean() / 2, abs=0.02)


def test_difficulty_that_knows_nothing_is_no_better_than_chance() -> None:
    made = curve("made", ASKED, routed(ASKED, RANDOM.random(300))[0])
    assert not made.dominates
    assert made.recovered.low < 0.5 < made.recovered.high
    assert all(point.gain.low < 0 for point in made.middle)


def test_the_whole_curve_runs_from_the_small_model_to_the_large_one() -> None:
    flags, thresholds = routed(ASKED, RANDOM.random(300))
    shares = flags.mean(axis=0)
    assert (shares[0], shares[-1]) == (1.0, 0.0)
    assert (np.diff(shares) <= 0).all()
    assert (thresholds[0], thresholds[-1]) == (0.0, 1.0)


def test_the_order_decides_the_area() -> None:
    assert area(ASKED, GAINS) > 0.8
    assert area(ASKED, -GAINS) < 0.2
    assert area(ASKED, np.zeros(300)) == pytest.approx(0.5)


def test_halves_are_apart_and_dropped_prompts_are_in_neither(tmp_path: Path) -> None:
    folder = tmp_path / "route_routellm"
    folder.mkdir()
    rows = [
        {"task": "sums", "prompt": f"{n} and {n}?", "weak_correct": n % 2 == 0, "strong_correct": True,
         "contaminated": n >= 40}
        for n in range(50)
    ]  # fmt: skip
    with gzip.open(folder / "sums.jsonl.gz", "wt") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    talk = {"task": "talk", "turns": ["First", "Then"], "weak_scores": [8, 4], "strong_scores": [10, 9]}
    (folder / "talk.jsonl").write_text(json.dumps(talk) + "\n")
    halves = [questions(tuning=tuning, data=tmp_path) for tuning in (True, False)]
    texts = [{each.text for each in half} for half in halves]
    assert not texts[0] & texts[1]
    assert len(texts[0] | texts[1]) == 41
    assert all(is_tuning(text) for text in texts[0])
    conversation = next(each for half in halves for each in half if each.set == "talk")
    assert (conversation.small, conversation.large) == pytest.approx((0.6, 0.95))


def test_without_the_set_it_is_said_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="route_routellm"):
        questions(tuning=False, data=tmp_path)


def test_what_makes_one_set_harder_than_another_is_not_learned() -> None:
    # In one set all is gain and every question is long; within neither set does length say anything.
    long = [Question("long", "word " * (40 + n % 7), 0.0, 1.0 if n % 3 else 0.5) for n in range(60)]
    short = [Question("short", "word " * (3 + n % 7), 1.0, 1.0 if n % 3 else 0.5) for n in range(60)]
    kind = Kind("a model", (1.0, 0.0), 0.0, 1.0)
    vectors = [np.array([0.5, 0.5], dtype=np.float32)] * 120
    model = fit([*long, *short], vectors, kind)
    assert model.words.weights.get("length", 0.0) < 0.2
    assert MEANING not in model.both.weights
