"""Two branches, one order.

The convex combination of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023), with
each branch scaled by its best score. Scores, unlike ranks, keep how clearly a branch prefers what it prefers; scaling
by the best alone keeps a candidate's score free of how poor the rest of the pool is.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.index.base import Candidate
from retrieval.settings import FusionSettings

RANK_OFFSET = 60


def fuse(candidates: Sequence[Candidate], settings: FusionSettings) -> list[tuple[Candidate, float]]:
    """Candidates with their relevance in 0..1, best first; equal ones in the order of their ids.

    ``Candidate.dense`` has to be the exact cosine for those too that only the BM25 branch found.
    """
    dense = max((candidate.dense for candidate in candidates), default=0.0)
    sparse = max((candidate.sparse for candidate in candidates), default=0.0)
    weight = settings.dense_weight
    return _ranked(
        [(each, weight * _share(each.dense, dense) + (1 - weight) * _share(each.sparse, sparse)) for each in candidates]
    )


def reciprocal_rank(candidates: Sequence[Candidate], offset: int = RANK_OFFSET) -> list[tuple[Candidate, float]]:
    """Plain reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009), scaled to 0..1: the baseline."""
    best = 2 / (offset + 1)
    return _ranked(
        [
            (each, (_reciprocal(each.dense_rank, offset) + _reciprocal(each.sparse_rank, offset)) / best)
            for each in candidates
        ]
    )


def _share(score: float, best: float) -> float:
    return min(1.0, max(0.0, score) / best) if best > 0 else 0.0


def _reciprocal(rank: int | None, offset: int) -> float:
    """``rank`` counts from 0."""
    return 0.0 if rank is None else 1 / (offset + rank + 1)


def _ranked(scored: list[tuple[Candidate, float]]) -> list[tuple[Candidate, float]]:
    return sorted(scored, key=lambda pair: (-pair[1], pair[0].id))
