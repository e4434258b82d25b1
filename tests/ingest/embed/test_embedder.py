"""The embedder as its users see it: right vectors, in order, from any thread, and a cache that is built once."""

from __future__ import annotations

import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from core.errors import Invalid
from ingest.embed import open as opening
from ingest.embed.gate import SENTENCES, agreement
from ingest.embed.model_files import PACKAGED_MODEL, model_directory, weights_hash
from ingest.embed.onnx import OnnxEmbedder
from ingest.embed.open import open_embedder
from tests.ingest.embed.conftest import REFERENCE, run_child


@pytest.fixture(scope="module")
def embedder(cache: Path) -> OnnxEmbedder:
    opened = open_embedder(cache_dir=cache)
    assert isinstance(opened, OnnxEmbedder)
    return opened


def reference(model: Path, texts: list[str], scratch: Path) -> np.ndarray:
    (scratch / "texts").write_text("\x00".join(texts), encoding="utf-8")
    run_child(REFERENCE, str(model), str(scratch / "texts"), str(scratch / "vectors.npy"))
    return np.load(scratch / "vectors.npy")


def test_the_packaged_model_agrees_with_its_reference_on_unseen_texts(embedder: OnnxEmbedder, tmp_path: Path) -> None:
    texts = [f"{left} {right}" for left, right in itertools.pairwise(SENTENCES)]
    found = agreement(embedder.embed(texts), reference(model_directory(PACKAGED_MODEL), texts, tmp_path))
    assert found.passes, found


def test_vectors_have_unit_length_and_keep_the_order(embedder: OnnxEmbedder) -> None:
    texts = [f"item {n} " * (1 + n % 40) for n in range(90)]
    vectors = embedder.embed(texts)
    assert vectors.shape == (90, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    for row in (0, 13, 47, 89):
        np.testing.assert_array_equal(embedder.embed([texts[row]])[0], vectors[row])


def test_a_text_has_one_vector_whoever_its_neighbours_are(embedder: OnnxEmbedder) -> None:
    texts = list(SENTENCES)
    np.testing.assert_array_equal(embedder.embed(texts), embedder.embed(texts[::-1])[::-1])


def test_related_texts_are_nearer_than_unrelated_ones(embedder: OnnxEmbedder) -> None:
    question, answer, other = embedder.embed(
        ["How much notice do I have to give?", "The notice period is three months.", "Boil the pasta for nine minutes."]
    )
    assert question @ answer > question @ other + 0.3


def test_nothing_and_empty_texts_are_embedded(embedder: OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)
    assert np.isfinite(embedder.embed(["", " \n", "\x00"])).all()


def test_text_over_the_window_is_cut(embedder: OnnxEmbedder) -> None:
    assert embedder.window == 256
    words = "word " * 254
    np.testing.assert_array_equal(embedder.embed([words]), embedder.embed([words + "zebra " * 500]))
    assert not np.array_equal(embedder.embed([words]), embedder.embed(["zebra " + words]))


def test_tokens_of_whole_texts_are_counted(embedder: OnnxEmbedder) -> None:
    assert embedder.count_tokens(["", "hello world", "word " * 1000]) == [0, 2, 1000]


def test_many_threads_embed_at_once(embedder: OnnxEmbedder) -> None:
    texts = list(SENTENCES)
    expected = embedder.embed(texts)
    with ThreadPoolExecutor(6) as pool:
        for vectors in pool.map(lambda _: embedder.embed(texts), range(6)):
            np.testing.assert_array_equal(vectors, expected)


def test_a_second_start_uses_the_cache_and_never_loads_torch(cache: Path, embedder: OnnxEmbedder) -> None:
    script = (
        "import sys, subprocess; from pathlib import Path\n"
        "subprocess.run = None\n"
        "from ingest.embed.open import open_embedder\n"
        "e = open_embedder(cache_dir=Path(sys.argv[1])); e.embed(['hello'])\n"
        "assert not {'torch', 'transformers', 'onnx', 'sentence_transformers'} & set(sys.modules)\n"
        "print(e.identity)"
    )
    child = subprocess.run([sys.executable, "-c", script, str(cache)], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == embedder.identity


def test_identity_names_weights_and_numeric_path(embedder: OnnxEmbedder) -> None:
    digest = weights_hash(model_directory(PACKAGED_MODEL))
    assert embedder.identity.startswith(f"{PACKAGED_MODEL}@{digest[:16]}/int8")


def test_two_starts_at_once_export_once(small_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exports: list[Path] = []
    run_export = opening._run_child

    def count(directory: Path, *rest: object) -> object:
        exports.append(directory)
        return run_export(directory, *rest)

    monkeypatch.setattr(opening, "_run_child", count)
    with ThreadPoolExecutor(3) as pool:
        opened = list(pool.map(lambda _: open_embedder(str(small_models / "cls"), cache_dir=tmp_path), range(3)))
    assert len(exports) == 1
    assert len({embedder.identity for embedder in opened}) == 1


def test_a_model_keeps_its_own_pooling_and_window(small_models: Path, cache: Path, tmp_path: Path) -> None:
    embedder = open_embedder(str(small_models / "cls"), cache_dir=cache, precision="fp32")
    assert isinstance(embedder, OnnxEmbedder)
    assert (embedder.dimensions, embedder.window) == (48, 16)
    texts = list(SENTENCES)
    found = agreement(embedder.embed(texts), reference(small_models / "cls", texts, tmp_path))
    assert found.exact, found


def test_a_model_that_cannot_be_exported_falls_back_to_its_reference(small_models: Path, cache: Path) -> None:
    with capture_logs() as logs:
        embedder = open_embedder(str(small_models / "static"), cache_dir=cache)
    assert embedder.identity.endswith("/reference")
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["embedder.export.failed"]
    vectors = embedder.embed(["hello world", "something else", "hello world"])
    assert vectors.shape == (3, 32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert embedder.count_tokens(["hello world", ""]) == [2, 0]
    with capture_logs() as logs:
        open_embedder(str(small_models / "static"), cache_dir=cache)
    assert logs == []


def test_an_export_below_the_gate_falls_back_to_fp32(
    small_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The child reads the thresholds from the module, so a stricter copy of it stands in front of the path.
    package = tmp_path / "strict"
    package.mkdir()
    (package / "sitecustomize.py").write_text("import ingest.embed.gate as gate\ngate.MIN_COSINE = 0.999999\n")
    monkeypatch.setenv("PYTHONPATH", str(package))
    with capture_logs() as logs:
        embedder = open_embedder(str(small_models / "cls"), cache_dir=tmp_path / "cache")
    assert isinstance(embedder, OnnxEmbedder)
    assert embedder.recipe.precision == "fp32"
    (warning,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert (warning["event"], warning["fallback"]) == ("embedder.export.degraded", "fp32")


def test_an_interrupted_export_is_made_again(
    small_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(small_models / "cls")
    embedder = open_embedder(path, cache_dir=tmp_path)
    (home,) = (child for child in tmp_path.iterdir() if child.is_dir())
    (home / "recipe.json").unlink()
    (tmp_path / f"{home.name}.tmp-killed").mkdir()
    assert open_embedder(path, cache_dir=tmp_path).identity == embedder.identity
    assert [child for child in tmp_path.iterdir() if child.is_dir()] == [home]


@pytest.mark.parametrize("model", ["./nowhere", "/nowhere/at/all"])
def test_a_missing_directory_is_named(model: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="nowhere"):
        open_embedder(model, cache_dir=tmp_path)


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no model"):
        open_embedder(str(tmp_path), cache_dir=tmp_path / "cache")


def test_other_weights_have_another_hash(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = weights_hash(tmp_path)
    (tmp_path / "README.md").write_text("does not count")
    assert weights_hash(tmp_path) == first
    (tmp_path / "model.safetensors").write_bytes(b"two")
    assert weights_hash(tmp_path) != first
