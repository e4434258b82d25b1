"""Documents that are erased: suppressed under the key that their source knows them by, and nothing else is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from connectors.tables import FailureRow
from ingest.keep import drop
from ingest.label.repository import text_hash
from ingest.label.tables import DocumentSensitivityRow, LabelledVersionRow, LabelRow
from ingest.repository import batches
from ingest.tables import BlobRow, ChunkRow, DocumentRow, VectorRow, VersionRow

SOME = 100
"""Documents a transaction."""


def purge(
    session: Session, ids: Sequence[str], now: datetime, state: str = "suppressed"
) -> tuple[Counter[str], list[str]]:
    """Suppress these documents and delete everything that is stored of them. The index follows the outbox. Returns how
    many rows went by place, and the hashes of content that nobody names any more, whose files are to go."""
    gone: Counter[str] = Counter()
    rows = list(session.scalars(select(DocumentRow).where(DocumentRow.id.in_(ids))))
    gone["documents"] += sum(row.state != state or row.content_hash != "" for row in rows)
    drop(session, ids, state, now)
    session.flush()
    versions = session.execute(
        select(VersionRow.id, VersionRow.content_hash, VersionRow.title).where(VersionRow.document_id.in_(ids))
    ).all()
    chunks = session.execute(
        select(ChunkRow.id, ChunkRow.text, ChunkRow.vector_key).where(ChunkRow.document_id.in_(ids))
    ).all()
    hashes = {row.content_hash for row in rows} | {version.content_hash for version in versions}
    _delete(session, DocumentSensitivityRow.document_id, ids)
    version_ids = [version.id for version in versions]
    _delete(session, LabelledVersionRow.version_id, version_ids)
    gone["passages"] += _delete(session, ChunkRow.id, [chunk.id for chunk in chunks])
    gone["versions"] += _delete(session, VersionRow.id, version_ids)
    for row in rows:
        session.execute(delete(FailureRow).where(FailureRow.source_id == row.source_id, FailureRow.key == row.key))
        row.title, row.url, row.filename, row.media_type = "", None, "", None
        row.content_hash, row.fingerprint, row.labels, row.current_version = "", "", {}, None
        row.failure_code = row.failure_reason = None
    session.flush()
    gone["labels"] += _unshared_labels(session, [chunk.text for chunk in chunks] + [each.title for each in versions])
    gone["vectors"] += _unshared_vectors(session, {chunk.vector_key for chunk in chunks})
    free = _unnamed(session, hashes - {""})
    gone["originals"] += len(free)
    _delete(session, BlobRow.hash, free)
    return gone, free


def unlink(directory: Path, hashes: Iterable[str]) -> None:
    """Delete the files of large content, after the commit that let nobody name them."""
    for digest in hashes:
        (directory / digest[:2] / digest).unlink(missing_ok=True)


def _unshared_labels(session: Session, texts: Collection[str]) -> int:
    hashes = {text_hash(text) for text in texts}
    shared: set[str] = set()
    for some in batches(sorted(set(texts))):
        shared.update(map(text_hash, session.scalars(select(ChunkRow.text).where(ChunkRow.text.in_(some)))))
        shared.update(map(text_hash, session.scalars(select(VersionRow.title).where(VersionRow.title.in_(some)))))
    return _delete(session, LabelRow.text_hash, sorted(hashes - shared))


def _unshared_vectors(session: Session, keys: set[str]) -> int:
    shared: set[str] = set()
    for some in batches(sorted(keys)):
        shared.update(session.scalars(select(ChunkRow.vector_key).where(ChunkRow.vector_key.in_(some))))
    return _delete(session, VectorRow.key, sorted(keys - shared))


def _unnamed(session: Session, hashes: set[str]) -> list[str]:
    named: set[str] = set()
    for some in batches(sorted(hashes)):
        named.update(session.scalars(select(DocumentRow.content_hash).where(DocumentRow.content_hash.in_(some))))
        named.update(session.scalars(select(VersionRow.content_hash).where(VersionRow.content_hash.in_(some))))
    return sorted(hashes - named)


def _delete(session: Session, column: Any, values: Sequence[str]) -> int:
    gone = 0
    for some in batches(values):
        done = session.execute(
            delete(column.class_).where(column.in_(some)).execution_options(synchronize_session=False)
        )
        gone += int(getattr(done, "rowcount", 0))
    return gone
