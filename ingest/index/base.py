"""The vector index as Vouch needs it: a follower of the database that applies the access filter in every branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.access import Access, AccessFilter
from core.errors import Conflict

Vector = npt.NDArray[np.float32]
"""float32[dimensions], unit length."""


class IndexUnusable(Conflict):
    """The stored index cannot serve this configuration. Discard it and rebuild it from the database."""

    code = "index_unusable"


class IndexMismatch(IndexUnusable):
    """It was built by another embedder, or in another format."""


class IndexDamaged(IndexUnusable):
    """Its files cannot be read."""


@dataclass(frozen=True, slots=True)
class Point:
    """One chunk. ``id`` is a UUID as text; ``text`` is what BM25 indexes (not stored in the index)."""

    id: str
    document_id: str
    source_id: str
    generation: int
    access: Access
    modified_at: datetime | None
    dense: Vector = field(repr=False)
    text: str = field(repr=False)
    labels: tuple[str, ...] = ()
    """As ``label`` writes them."""


def label(name: str, value: str) -> str:
    """One name and value as a point carries them."""
    return f"{name}={value}"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a caller may narrow a search by, on top of access. Both moments are inclusive, and a chunk without a
    modification time satisfies neither."""

    source_ids: tuple[str, ...] = ()
    document_ids: tuple[str, ...] = ()
    modified_after: datetime | None = None
    modified_before: datetime | None = None
    labels: tuple[str, ...] = ()
    """Every one of these, as ``label`` writes them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that one of the branches found. ``dense`` is the exact cosine, whichever branch found it; ``sparse`` is
    the BM25 score, 0 when the BM25 branch did not return it within its pool."""

    id: str
    dense: float
    sparse: float
    dense_rank: int | None
    sparse_rank: int | None


class VectorIndex(Protocol):
    """Every operation is idempotent. Writes are durable when they return (write-ahead log)."""

    def upsert(self, points: Sequence[Point]) -> None: ...

    def remove_older(self, document_id: str, generation: int) -> None:
        """Remove the document's points of generations below ``generation``."""
        ...

    def remove_documents(self, document_ids: Sequence[str]) -> None: ...

    def set_access(self, point_ids: Sequence[str], access: Access, modified_at: datetime | None) -> None:
        """Rewrite access and modification time of these points; vectors stay."""
        ...

    def search(
        self, dense: Vector, text: str, access: AccessFilter, *, pool: int, conditions: Conditions = Conditions()
    ) -> tuple[Candidate, ...]:
        """The union of both branches' first ``pool`` points. BM25's IDF counts only points that ``access`` permits."""
        ...

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]: ...

    def point_ids(self) -> frozenset[str]:
        """All ids, for reconciliation with the database."""
        ...

    def count(self) -> int: ...

    def needs_optimize(self) -> bool:
        """Whether so much has come in that reading would gain from ``optimize``."""
        ...

    def optimize(self) -> None:
        """Merge segments off the interpreter's lock; returns when done. Reads and writes go on meanwhile."""
        ...

    def close(self) -> None: ...
