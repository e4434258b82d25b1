"""Builders of points and vectors for the index contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from core.access import Access, AccessFilter
from core.ids import stable_id
from ingest.index.base import Candidate, Point, Vector

DIMENSIONS = 8
STAFF = AccessFilter(("group:staff",))


def unit(*values: float) -> Vector:
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[: len(values)] = values
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def random_unit(seed: int) -> Vector:
    return unit(*np.random.default_rng(seed).normal(size=DIMENSIONS).tolist())


def point_id(name: str) -> str:
    return stable_id("chunk", name)


def point(
    name: str,
    text: str = "",
    *,
    dense: Vector | None = None,
    document: str | None = None,
    source: str = "files",
    generation: int = 1,
    allow: Sequence[str] = ("group:staff",),
    deny: Sequence[str] = (),
    modified_at: datetime | None = None,
) -> Point:
    return Point(
        id=point_id(name),
        document_id=document or f"document of {name}",
        source_id=source,
        generation=generation,
        access=Access.of(allow, deny),
        modified_at=modified_at,
        dense=unit(1.0) if dense is None else dense,
        text=text,
    )


def ids(candidates: Sequence[Candidate]) -> set[str]:
    return {candidate.id for candidate in candidates}


def named(*names: str) -> set[str]:
    return {point_id(name) for name in names}


def by_id(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    return {candidate.id: candidate for candidate in candidates}
