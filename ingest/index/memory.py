# The sparse vectors come from qdrant_edge, whose stubs are partly untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""An index in memory: exact and slow, for tests of what builds on the protocol. It forgets everything when closed."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from core.access import Access, AccessFilter
from core.errors import Invalid, Unavailable
from ingest.index.base import Candidate, Conditions, Point, Vector
from ingest.index.bm25 import document_weights, query_terms


@dataclass(frozen=True, slots=True)
class _Entry:
    point: Point
    weights: dict[int, float] = field(repr=False)


class MemoryIndex:
    """A ``VectorIndex`` over Python dictionaries. Thread-safe."""

    def __init__(self, *, dimensions: int) -> None:
        self._dimensions = dimensions
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.RLock()
        self._closed = False

    def upsert(self, points: Sequence[Point]) -> None:
        for point in points:
            self._check_dimensions(point.dense)
        with self._lock:
            self._check_open()
            for point in points:
                weights = document_weights(point.text)
                entry = _Entry(point, dict(zip(weights.indices, weights.values, strict=True)))
                self._entries[point.id] = entry

    def remove_older(self, document_id: str, generation: int) -> None:
        self._remove(lambda point: point.document_id == document_id and point.generation < generation)

    def remove_documents(self, document_ids: Sequence[str]) -> None:
        gone = frozenset(document_ids)
        self._remove(lambda point: point.document_id in gone)

    def set_access(self, point_ids: Sequence[str], access: Access, modified_at: datetime | None) -> None:
        with self._lock:
            self._check_open()
            for id in point_ids:
                entry = self._entries.get(id)
                if entry is not None:
                    point = replace(entry.point, access=access, modified_at=modified_at)
                    self._entries[id] = replace(entry, point=point)

    def search(
        self, dense: Vector, text: str, access: AccessFilter, *, pool: int, conditions: Conditions = Conditions()
    ) -> tuple[Candidate, ...]:
        if not access.grants or pool < 1:
            return ()
        self._check_dimensions(dense)
        with self._lock:
            self._check_open()
            readable = [entry for entry in self._entries.values() if _permits(entry.point.access, access)]
        wanted = [entry for entry in readable if _satisfies(entry.point, conditions)]
        cosines = {entry.point.id: float(entry.point.dense @ dense) for entry in wanted}
        scores = _bm25(query_terms(text).indices, wanted, corpus=readable)
        by_dense = sorted(cosines, key=lambda id: -cosines[id])[:pool]
        by_terms = sorted(scores, key=lambda id: -scores[id])[:pool]
        dense_ranks = {id: rank for rank, id in enumerate(by_dense)}
        sparse_ranks = {id: rank for rank, id in enumerate(by_terms)}
        return tuple(
            Candidate(
                id,
                cosines[id],
                scores[id] if id in sparse_ranks else 0.0,
                dense_ranks.get(id),
                sparse_ranks.get(id),
            )
            for id in dict.fromkeys([*by_dense, *by_terms])
        )

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        with self._lock:
            self._check_open()
            return {id: self._entries[id].point.dense for id in ids if id in self._entries}

    def point_ids(self) -> frozenset[str]:
        with self._lock:
            self._check_open()
            return frozenset(self._entries)

    def count(self) -> int:
        with self._lock:
            self._check_open()
            return len(self._entries)

    def needs_optimize(self) -> bool:
        """Never: there is nothing to merge."""
        return False

    def optimize(self) -> None:
        """There is nothing to merge."""

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._entries.clear()

    def _remove(self, matches: Callable[[Point], bool]) -> None:
        with self._lock:
            self._check_open()
            self._entries = {id: entry for id, entry in self._entries.items() if not matches(entry.point)}

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("The index is closed.", hint="The server is stopping; ask again when it is back.")

    def _check_dimensions(self, vector: Vector) -> None:
        if vector.shape != (self._dimensions,):
            raise Invalid(
                f"A vector has shape {vector.shape}; the index holds {self._dimensions} dimensions.",
                hint="Embed with the embedder the index was built with.",
            )


def _permits(access: Access, reader: AccessFilter) -> bool:
    if not frozenset(reader.grants).isdisjoint(access.deny):
        return False
    return not any(frozenset(grants).isdisjoint(access.allow) for grants in (reader.grants, *reader.beside))


def _satisfies(point: Point, conditions: Conditions) -> bool:
    if conditions.source_ids and point.source_id not in conditions.source_ids:
        return False
    if conditions.document_ids and point.document_id not in conditions.document_ids:
        return False
    if not set(conditions.labels) <= set(point.labels):
        return False
    after, before = conditions.modified_after, conditions.modified_before
    if after is None and before is None:
        return True
    moment = point.modified_at
    return moment is not None and (after is None or moment >= after) and (before is None or moment <= before)


def _bm25(terms: Sequence[int], wanted: Sequence[_Entry], *, corpus: Sequence[_Entry]) -> dict[str, float]:
    """Scores above zero by point id, with the IDF of ``corpus``."""
    counted = [entry.weights for entry in corpus]
    idf: dict[int, float] = {}
    for term in terms:
        holding = sum(term in weights for weights in counted)
        idf[term] = math.log((len(counted) - holding + 0.5) / (holding + 0.5) + 1.0)
    scores: dict[str, float] = {}
    for entry in wanted:
        matched = [term for term in terms if term in entry.weights]
        if matched:
            products = [np.float32(entry.weights[term]) * np.float32(idf[term]) for term in matched]
            scores[entry.point.id] = float(np.sum(products))
    return scores
