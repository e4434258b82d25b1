# onnxruntime ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The default embedder: an exported model in onnxruntime, one text a run, one core a run.

Chunks are long enough to fill the matrix kernels alone, so a batch would only add padding, masks and activations that
fall out of the cache: on two cores two single-threaded runs beside each other beat a padded batch by half. It also
makes a vector depend on its text alone, never on its neighbours in a batch.
"""

from __future__ import annotations

import json
import math
import platform
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from ingest.embed.base import Matrix

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
RECIPE_FILE = "recipe.json"
CANNOT_EXPORT = 3
"""Exit status of the export child when the model cannot be exported faithfully."""

_BLOCK = 16
_INLINE = 4
_SHARES = 4
"""Blocks for each core, of texts that are too few for whole blocks."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an export is: ``window`` in tokens with the special ones, ``precision`` names its numeric path."""

    dimensions: int
    window: int
    precision: str
    mean_cosine: float
    min_cosine: float
    warnings: tuple[str, ...] = ()

    def write(self, directory: Path) -> None:
        (directory / RECIPE_FILE).write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")

    @classmethod
    def read(cls, directory: Path) -> Recipe:
        fields: dict[str, Any] = json.loads((directory / RECIPE_FILE).read_text(encoding="utf-8"))
        fields["warnings"] = tuple(fields["warnings"])
        return cls(**fields)


def needs_reduced_range() -> bool:
    """Whether int8 products may saturate here: x86 without the VNNI instructions adds pairs of products in 16 bits."""
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return False
    try:
        return "vnni" not in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return True


def open_session(model: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """A session whose runs may overlap. With one thread a run stays in the thread that calls it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The arena keeps the largest activations of every shape it has seen, and buys no speed here.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


class OnnxEncoder:
    """Tokenizer and session, without threads of its own: the inner loop that benches call alone."""

    def __init__(self, directory: Path, *, dimensions: int, window: int, threads: int = 1) -> None:
        self.dimensions = dimensions
        self.window = window
        self._tokenizer = Tokenizer.from_file(str(directory / TOKENIZER_FILE))
        # The file may carry the truncation and padding of its training; neither is the model's window.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(window)
        self._session = open_session(directory / MODEL_FILE, threads)

    def encode_into(self, out: Matrix, texts: Sequence[str]) -> None:
        """Write the unit vectors of ``texts`` into ``out``, float32[len(texts), dimensions]."""
        for row, encoding in enumerate(self._tokenizer.encode_batch_fast(list(texts))):
            ids = np.asarray([encoding.ids], dtype=np.int64)
            vectors: Any = self._session.run(None, {"input_ids": ids})[0]
            out[row] = vectors[0]


class OnnxEmbedder:
    """An ``Embedder`` over an exported model. Thread-safe; ``threads`` cores at most, one for a query."""

    def __init__(self, directory: Path, *, identity: str, threads: int = 2) -> None:
        self.recipe = Recipe.read(directory)
        self._identity = identity
        self.directory = directory
        self._encoder = OnnxEncoder(directory, dimensions=self.recipe.dimensions, window=self.recipe.window)
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="embed")
        self._counter: Tokenizer | None = None
        self._counter_lock = threading.Lock()

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def dimensions(self) -> int:
        return self.recipe.dimensions

    @property
    def window(self) -> int:
        """Tokens that the model reads of a text, special tokens included."""
        return self.recipe.window

    def embed(self, texts: Sequence[str]) -> Matrix:
        out = np.empty((len(texts), self.dimensions), dtype=np.float32)
        if len(texts) <= _INLINE:
            # A query does not queue behind the chunks of an ingest that fills the pool.
            self._encoder.encode_into(out, texts)
            return out
        # Few texts in small blocks: nobody waits for the core that happened to get more, or longer ones.
        size = min(_BLOCK, math.ceil(len(texts) / (self._threads * _SHARES)))
        blocks = [
            self._pool.submit(self._encoder.encode_into, out[start : start + size], texts[start : start + size])
            for start in range(0, len(texts), size)
        ]
        for block in blocks:
            block.result()
        return out

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without the special ones."""
        encodings = self._whole_text_tokenizer().encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _whole_text_tokenizer(self) -> Tokenizer:
        with self._counter_lock:
            if self._counter is None:
                self._counter = Tokenizer.from_file(str(self.directory / TOKENIZER_FILE))
                self._counter.no_padding()
                self._counter.no_truncation()
            return self._counter
