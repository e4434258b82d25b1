"""What a record of the audit log says of an access decision and of the passages that it let through."""

from __future__ import annotations

from collections.abc import Iterable

from connectors import repository as sources_known
from core.access import Principal
from core.audit import Commitments
from core.audit.events import JSON
from retrieval.evidence import Passage


def decision(principal: Principal) -> dict[str, JSON]:
    """The effective access: the hash of the grants and how many they are, never the grants."""
    return {"access": principal.key, "grants": len(principal.grants), "roles": tuple(sorted(principal.roles))}


def passages(commitments: Commitments, shown: Iterable[Passage]) -> tuple[JSON, ...]:
    """Passages by id, each with a commitment to its text."""
    return tuple(
        {
            "chunk": passage.chunk_id,
            "version": passage.version,
            "document": passage.document.id,
            "content": commitments.of(passage.text),
            "score": passage.score,
        }
        for passage in shown
    )


def sources(shown: Iterable[Passage]) -> tuple[JSON, ...]:
    """The ids of the sources that passages are from."""
    return tuple(sorted({sources_known.id_of(passage.document.source) for passage in shown}))
