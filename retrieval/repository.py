"""Queries behind reading: chunks with their documents, and whole versions, each with the access that counts now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from connectors.tables import SourceRow
from core import access_sets
from core.access import NOBODY, Access, Principal, both, permits
from core.text import Span
from ingest.parsed import Block
from ingest.repository import batches
from ingest.tables import ChunkRow, DocumentRow, VersionRow
from retrieval.evidence import DocumentRef


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk of a current version, with its effective access."""

    id: str
    document: DocumentRef
    version: str
    ordinal: int
    page: int | None
    headings: tuple[str, ...]
    spans: tuple[Span, ...]
    blocks: tuple[Block, ...]
    part: str | None
    text: str = field(repr=False)
    as_of: datetime
    access: Access


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version with the access of its document as it is now. ``parts`` have their effective access."""

    id: str
    document: DocumentRef
    current: bool
    text: str = field(repr=False)
    media_type: str
    layout: bytes = field(repr=False)
    content_hash: str
    warnings: tuple[str, ...]
    as_of: datetime
    access: Access
    parts: tuple[tuple[str, Span, Access], ...]


def current_chunks(session: Session, ids: Sequence[str]) -> dict[str, StoredChunk]:
    """Those of the chunks that belong to the current version of a ready document."""
    return {chunk.id: chunk for some in batches(ids) for chunk in _chunks(session, _BY_ID, {"ids": some})}


def chunks_around(session: Session, version: str, ordinals: Iterable[int]) -> list[StoredChunk]:
    """Chunks of a current version by ordinal, in order."""
    return _chunks(session, _AROUND, {"version": version, "ordinals": list(ordinals)})


def version(session: Session, version_id: str) -> StoredVersion | None:
    """A version, current or not, unless its document is gone or suppressed."""
    row = session.execute(
        select(VersionRow, DocumentRow, SourceRow.name)
        .join(DocumentRow, DocumentRow.id == VersionRow.document_id)
        .join(SourceRow, SourceRow.id == DocumentRow.source_id)
        .where(VersionRow.id == version_id, DocumentRow.state == "ready")
    ).first()
    if row is None:
        return None
    stored, document, source = row
    sets = access_sets.by_keys(session, {document.access_key, *document.restricted.values()})
    whole = sets[document.access_key]
    # A version made before a field was restricted does not tell where the field stands in it: nobody may read it.
    if not set(document.restricted) <= set(stored.restricted):
        whole = NOBODY
    # A field that was restricted when the version was made but no longer is has the access of the document.
    parts = tuple(
        (name, Span(start, end), both(whole, sets[document.restricted[name]]) if name in document.restricted else whole)
        for name, start, end in stored.parts
    )
    return StoredVersion(
        id=stored.id,
        document=_ref(document, source),
        current=document.current_version == stored.id,
        text=stored.text,
        media_type=stored.media_type,
        layout=stored.layout,
        content_hash=stored.content_hash,
        warnings=tuple(stored.warnings),
        as_of=document.confirmed_at,
        access=whole,
        parts=parts,
    )


def was_readable(session: Session, version_id: str, principal: Principal) -> bool:
    """Whether the document of a version is gone or suppressed, and was last one that all of ``principal`` may read."""
    row = session.scalar(
        select(DocumentRow)
        .join(VersionRow, VersionRow.document_id == DocumentRow.id)
        .where(VersionRow.id == version_id, DocumentRow.state.in_(("gone", "suppressed")))
    )
    if row is None or row.restricted:
        return False
    return permits(access_sets.by_keys(session, {row.access_key})[row.access_key], principal)


def current_version_of(session: Session, document_id: str) -> str | None:
    return session.scalar(
        select(DocumentRow.current_version).where(DocumentRow.id == document_id, DocumentRow.state == "ready")
    )


# Built once: on the way of every search, building a statement takes four times as long as running it.
_CURRENT = (
    select(
        ChunkRow.id, ChunkRow.version_id, ChunkRow.ordinal, ChunkRow.page, ChunkRow.headings, ChunkRow.spans,
        ChunkRow.blocks, ChunkRow.part, ChunkRow.text, DocumentRow.id.label("document"), DocumentRow.title,
        DocumentRow.key, DocumentRow.url, DocumentRow.modified_at, DocumentRow.confirmed_at, DocumentRow.access_key,
        DocumentRow.restricted, SourceRow.name,
    )
    .join(DocumentRow, DocumentRow.id == ChunkRow.document_id)
    .join(SourceRow, SourceRow.id == DocumentRow.source_id)
    .where(DocumentRow.state == "ready", DocumentRow.current_version == ChunkRow.version_id)
)  # fmt: skip
_BY_ID = _CURRENT.where(ChunkRow.id.in_(bindparam("ids", expanding=True)))
_AROUND = _CURRENT.where(
    ChunkRow.version_id == bindparam("version"), ChunkRow.ordinal.in_(bindparam("ordinals", expanding=True))
).order_by(ChunkRow.ordinal)


def _chunks(session: Session, statement: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> list[StoredChunk]:
    rows = session.execute(statement, values).all()
    keys = {key for row in rows for key in (row.access_key, *row.restricted.values())}
    sets = access_sets.by_keys(session, keys)
    return [
        StoredChunk(
            id=row.id,
            document=DocumentRef(row.document, row.title, row.key, row.name, row.url, row.modified_at),
            version=row.version_id,
            ordinal=row.ordinal,
            page=row.page,
            headings=tuple(row.headings),
            spans=tuple(Span(start, end) for start, end in row.spans),
            blocks=tuple(Block(kind, Span(start, end)) for kind, start, end in row.blocks),
            part=row.part,
            text=row.text,
            as_of=row.confirmed_at,
            access=_effective(sets, row.access_key, row.restricted, row.part),
        )
        for row in rows
    ]


def _effective(sets: Mapping[str, Access], access_key: str, restricted: Mapping[str, str], part: str | None) -> Access:
    whole = sets[access_key]
    return both(whole, sets[restricted[part]]) if part is not None and part in restricted else whole


def _ref(document: DocumentRow, source: str) -> DocumentRef:
    return DocumentRef(
        id=document.id,
        title=document.title,
        uri=document.key,
        source=source,
        url=document.url,
        modified_at=document.modified_at,
    )
