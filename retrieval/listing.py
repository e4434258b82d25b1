"""The documents of a source that a reader may read, page by page: what is indexed, without any of its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from connectors.tables import SourceRow
from core import access_sets
from core.access import Principal, permits
from core.errors import NotFound
from ingest.tables import DocumentRow
from retrieval.evidence import DocumentRef


@dataclass(frozen=True, slots=True)
class Listed:
    """``as_of``: when the source last confirmed the document."""

    document: DocumentRef = field(repr=False)
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands in the list."""

    title: str
    id: str


def documents(
    session: Session, source: str, principal: Principal, limit: int, after: Place | None = None, text: str = ""
) -> list[Listed]:
    """At most ``limit`` of them by title, those behind ``after``; with a ``text`` only those with it in their title, in
    whichever case. Raises ``NotFound`` where the reader may read nothing of the source, or it is not there."""
    of_source = select(SourceRow.id).where(SourceRow.name == source).scalar_subquery()
    ready = (
        DocumentRow.source_id == of_source,
        DocumentRow.state == "ready",
        DocumentRow.current_version.is_not(None),
    )
    keys = list(session.scalars(select(DocumentRow.access_key).where(*ready).distinct()))
    sets = access_sets.by_keys(session, keys)
    readable = [key for key in keys if permits(sets[key], principal)]
    if not readable:
        raise NotFound(f"There is no source {source}.", hint="Choose one of those that you may read.")
    query = (
        select(DocumentRow)
        .where(*ready, DocumentRow.access_key.in_(readable))
        .order_by(DocumentRow.title, DocumentRow.id)
    )
    if after is not None:
        query = query.where(tuple_(DocumentRow.title, DocumentRow.id) > (after.title, after.id))
    # SQLite knows no case beyond ASCII.
    wanted = " ".join(text.split()).casefold()
    if not wanted:
        return [_listed(row, source) for row in session.scalars(query.limit(limit))]
    found = (_listed(row, source) for row in session.scalars(query) if wanted in row.title.casefold())
    return list(islice(found, limit))


def _listed(row: DocumentRow, source: str) -> Listed:
    ref = DocumentRef(row.id, row.title, row.key, source, row.url, row.modified_at)
    return Listed(ref, row.confirmed_at)
