"""A document as a whole, for what is asked of it alone: everything that a reader may see of its current version."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.tables import SourceRow
from core import access_sets
from core.access import Principal, permits
from core.text import Span
from ingest.parsed import Block
from ingest.repository import chunks_of_versions
from ingest.tables import ChunkRow, DocumentRow
from retrieval import repository
from retrieval.evidence import DocumentRef, Passage, Stale
from retrieval.freshness import StaleSources
from retrieval.visible import Visible, visible


@dataclass(frozen=True, slots=True)
class Whole:
    """The passages of a document in their order. ``withheld`` counts those that the data policy keeps out of
    everything."""

    document: DocumentRef
    version: str
    passages: tuple[Passage, ...]
    withheld: int


def readable(session: Session, source: str, principal: Principal) -> list[str]:
    """Ids of the documents of a source that a reader may read, by their path. None of a source that is not there."""
    rows = session.execute(
        select(DocumentRow.id, DocumentRow.access_key)
        .join(SourceRow, SourceRow.id == DocumentRow.source_id)
        .where(SourceRow.name == source, DocumentRow.state == "ready", DocumentRow.current_version.is_not(None))
        .order_by(DocumentRow.key, DocumentRow.id)
    ).all()
    sets = access_sets.by_keys(session, {key for _, key in rows})
    return [document for document, key in rows if permits(sets[key], principal)]


def current(session: Session, document_id: str, principal: Principal) -> Visible:
    """The current version as a reader may see it. Raises ``NotFound``."""
    version = repository.current_version_of(session, document_id)
    return visible(None if version is None else repository.version(session, version), principal)


def whole(session: Session, document_id: str, principal: Principal, fresh: StaleSources) -> Whole:
    """Everything of it that a reader may see. Raises ``NotFound``."""
    shown = current(session, document_id, principal)
    stale = fresh.of(shown.version.document.source)
    chunks = chunks_of_versions(session, (shown.version.id,))
    found = (passage_in(shown, chunk, (1.0, 0.0, 0.0), stale) for chunk in chunks)
    return Whole(
        shown.version.document,
        shown.version.id,
        tuple(passage for passage in found if passage is not None),
        sum(chunk.withheld for chunk in chunks),
    )


def passage_in(
    shown: Visible, chunk: ChunkRow, scores: tuple[float, float, float], stale: Stale | None
) -> Passage | None:
    """A chunk of a version as its reader may see it; None where something of it is hidden, or is kept out of
    everything. ``scores``: fused, dense and sparse."""
    spans = tuple(Span(start, end) for start, end in chunk.spans)
    if chunk.withheld or not shown.shows(spans):
        return None
    score, dense, sparse = scores
    return Passage(
        chunk_id=chunk.id,
        document=shown.version.document,
        version=chunk.version_id,
        page=chunk.page,
        headings=tuple(chunk.headings),
        spans=spans,
        text=shown.quote(spans),
        score=score,
        dense=dense,
        sparse=sparse,
        as_of=shown.version.as_of,
        blocks=tuple(Block(kind, Span(start, end)) for kind, start, end in chunk.blocks),
        stale=stale,
    )
