"""Queries on documents, versions, chunks, cached vectors and the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np
import numpy.typing as npt
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.database import insert_missing
from ingest.tables import ChunkRow, DocumentAccessRow, DocumentRow, OutboxRow, VectorRow, VersionRow

T = TypeVar("T")

HELD = ("ready", "failed", "pending")
"""States of an item whose content has been read."""
SOME = 500
"""Ids a statement: databases bound the number of parameters."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an item, to tell what changed."""

    id: str
    key: str
    fingerprint: str
    content_hash: str
    access_key: str
    restricted: Mapping[str, str]
    modified_at: datetime | None
    url: str | None
    state: str
    failure_code: str | None
    failure_reason: str | None


@dataclass(frozen=True, slots=True)
class Intent:
    """One line of the outbox."""

    document_id: str
    stage: str
    token: str


_KNOWN = select(
    DocumentRow.id, DocumentRow.key, DocumentRow.fingerprint, DocumentRow.content_hash, DocumentRow.access_key,
    DocumentRow.restricted, DocumentRow.modified_at, DocumentRow.url, DocumentRow.state, DocumentRow.failure_code,
    DocumentRow.failure_reason,
).where(
    DocumentRow.source_id == bindparam("source"), DocumentRow.key.in_(bindparam("keys", expanding=True))
)  # fmt: skip


def known_items(session: Session, source_id: str, keys: Sequence[str]) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for some in batches(keys):
        rows = session.execute(_KNOWN, {"source": source_id, "keys": some})
        found.update((row.key, Known(*row)) for row in rows)
    return found


def held_keys(session: Session, source_id: str, after: str, limit: int) -> list[str]:
    """Keys of the items whose content is held, in order, those after ``after``."""
    query = (
        select(DocumentRow.key)
        .where(DocumentRow.source_id == source_id, DocumentRow.state.in_(HELD), DocumentRow.key > after)
        .order_by(DocumentRow.key)
        .limit(limit)
    )
    return list(session.scalars(query))


def held_count(session: Session, source_id: str) -> int:
    query = select(func.count()).where(DocumentRow.source_id == source_id, DocumentRow.state.in_(HELD))
    return session.scalar(query) or 0


def unconfirmed(session: Session, source_id: str, since: datetime) -> list[str]:
    """Keys of the items held that the source has not listed since then."""
    query = select(DocumentRow.key).where(
        DocumentRow.source_id == source_id, DocumentRow.state.in_(HELD), DocumentRow.confirmed_at < since
    )
    return list(session.scalars(query))


def add_documents(session: Session, rows: list[dict[str, Any]]) -> None:
    """Documents that were never known, given as columns of ``DocumentRow``."""
    if rows:
        session.execute(insert(DocumentRow), rows)


def change_documents(session: Session, changed: Mapping[str, Mapping[str, Any]]) -> None:
    """Set columns of documents, given by id. Those that change the same columns go in one statement."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for document_id, columns in changed.items():
        alike.setdefault(tuple(sorted(columns)), []).append({"id": document_id, **columns})
    for rows in alike.values():
        session.execute(update(DocumentRow), rows)


def begin_document_access(
    session: Session, access_keys: Mapping[str, tuple[str, Mapping[str, str]]], now: datetime
) -> None:
    """Document id -> the access key that it has from ``now`` on, and those of its restricted fields."""
    if access_keys:
        rows = [
            {
                "document_id": document_id, "access_key": key, "restricted": dict(restricted), "valid_from": now,
                "valid_to": None,
            }
            for document_id, (key, restricted) in access_keys.items()
        ]  # fmt: skip
        session.execute(insert(DocumentAccessRow), rows)


def end_document_access(session: Session, document_ids: Sequence[str], now: datetime) -> None:
    for ids in batches(document_ids):
        session.execute(
            update(DocumentAccessRow)
            .where(DocumentAccessRow.document_id.in_(ids), DocumentAccessRow.valid_to.is_(None))
            .values(valid_to=now)
        )


def confirm(session: Session, document_ids: Sequence[str], now: datetime) -> None:
    """The source has just listed these items."""
    for ids in batches(document_ids):
        session.execute(update(DocumentRow).where(DocumentRow.id.in_(ids)).values(confirmed_at=now))


def set_state(session: Session, document_ids: Sequence[str], state: str) -> None:
    for ids in batches(document_ids):
        session.execute(update(DocumentRow).where(DocumentRow.id.in_(ids)).values(state=state))


# The outbox


def enqueue(session: Session, document_id: str, stage: str) -> None:
    """Ask for ``stage``. Work that is asked for already covers a change of access; but it may have begun with the
    access as it was, so its end does not finish the new intent."""
    row = session.get(OutboxRow, document_id)
    if row is None:
        session.add(OutboxRow(document_id=document_id, stage=stage, token=str(uuid4())))
        return
    row.token = str(uuid4())
    if stage != "access":
        row.stage = stage


def enqueue_each(session: Session, document_ids: Sequence[str], stage: str) -> None:
    """Ask for ``stage`` of many documents together."""
    ask(session, dict.fromkeys(document_ids, stage), {})


def ask(session: Session, stages: Mapping[str, str], changed_at: Mapping[str, datetime]) -> None:
    """Ask for a stage of each document, as ``enqueue`` does. ``changed_at`` is when the source changed it, where that
    counts; of one that waits already, the earlier time stays."""
    session.flush()
    fresh: list[dict[str, Any]] = []
    renewed: list[dict[str, Any]] = []
    for some in batches(tuple(stages)):
        lines = session.execute(
            select(OutboxRow.document_id, OutboxRow.stage, OutboxRow.changed_at).where(OutboxRow.document_id.in_(some))
        )
        waiting = {line.document_id: line for line in lines}
        for document_id in some:
            line, stage, moment = waiting.get(document_id), stages[document_id], changed_at.get(document_id)
            row = {"document_id": document_id, "token": str(uuid4())}
            if line is None:
                fresh.append({**row, "stage": stage, "changed_at": moment})
            else:
                kept = line.stage if stage == "access" else stage
                renewed.append({**row, "stage": kept, "changed_at": line.changed_at or moment})
    if fresh:
        session.execute(insert(OutboxRow), fresh)
    if renewed:
        session.execute(update(OutboxRow), renewed)


def withdraw(session: Session, document_ids: Sequence[str]) -> None:
    """Take out what was asked for these documents."""
    for ids in batches(document_ids):
        session.execute(delete(OutboxRow).where(OutboxRow.document_id.in_(ids)))


def forget_waiting(session: Session) -> None:
    """Take out everything that was asked for: the documents stay as they are until they are read again."""
    session.execute(delete(OutboxRow))


def pending(session: Session, limit: int, stage: str) -> list[Intent]:
    query = select(OutboxRow.document_id, OutboxRow.stage, OutboxRow.token).where(OutboxRow.stage == stage)
    return [Intent(*row) for row in session.execute(query.order_by(OutboxRow.document_id).limit(limit))]


def pending_by_source(session: Session, limit: int, stage: str, after: dict[str, str]) -> list[Intent]:
    """Up to ``limit`` intents, as many of each source that has some, so that a large one never keeps others waiting.

    ``after`` maps source ids to the last document that was taken of each; it is moved on.
    """
    lines = select(DocumentRow.source_id).join(OutboxRow, OutboxRow.document_id == DocumentRow.id)
    waiting = session.scalars(lines.where(OutboxRow.stage == stage).distinct()).all()
    found: list[Intent] = []
    for source_id in sorted(waiting):
        rows = session.execute(
            select(OutboxRow.document_id, OutboxRow.stage, OutboxRow.token)
            .join(DocumentRow, DocumentRow.id == OutboxRow.document_id)
            .where(
                OutboxRow.stage == stage,
                DocumentRow.source_id == source_id,
                OutboxRow.document_id > after.get(source_id, ""),
            )
            .order_by(OutboxRow.document_id)
            .limit(max(1, limit // len(waiting)))
        ).all()
        if rows:
            after[source_id] = rows[-1].document_id
            found.extend(Intent(*row) for row in rows)
    return found


def intents_of(session: Session, document_ids: Sequence[str]) -> list[Intent]:
    found: list[Intent] = []
    for some in batches(document_ids):
        rows = session.execute(
            select(OutboxRow.document_id, OutboxRow.stage, OutboxRow.token).where(OutboxRow.document_id.in_(some))
        )
        found.extend(Intent(*row) for row in rows)
    return found


def pending_count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(OutboxRow)) or 0


def pending_of(session: Session, source_id: str) -> int:
    """How many documents of one source wait for the index to have them."""
    lines = select(func.count()).select_from(OutboxRow).join(DocumentRow, DocumentRow.id == OutboxRow.document_id)
    return session.scalar(lines.where(DocumentRow.source_id == source_id)) or 0


def finish(session: Session, intents: Iterable[Intent]) -> list[tuple[str, datetime]]:
    """Take done intents out, unless a later one has replaced them. Returns (source id, when it changed there) for
    those of which that is known: the index has them now."""
    dated: list[tuple[str, datetime]] = []
    for some in batches(tuple(intents)):
        done = OutboxRow.token.in_([intent.token for intent in some])
        rows = session.execute(
            select(DocumentRow.source_id, OutboxRow.changed_at)
            .join(DocumentRow, DocumentRow.id == OutboxRow.document_id)
            .where(done, OutboxRow.changed_at.is_not(None))
        )
        dated.extend((row.source_id, row.changed_at) for row in rows)
        session.execute(delete(OutboxRow).where(done))
    return dated


def enqueue_all_ready(session: Session) -> None:
    """Ask for every document to be indexed again."""
    for document_id in session.scalars(select(DocumentRow.id).where(DocumentRow.state == "ready")).all():
        enqueue(session, document_id, "index")


def retry_failed(session: Session, source_id: str, keys: Sequence[str] | None = None) -> None:
    """Ask for every document of the source that could not be parsed, or for those of ``keys``, to be parsed again."""
    query = select(DocumentRow.id).where(DocumentRow.source_id == source_id, DocumentRow.state == "failed")
    if keys is not None:
        query = query.where(DocumentRow.key.in_(keys))
    enqueue_each(session, list(session.scalars(query)), "content")


# Versions and chunks


def documents(session: Session, ids: Iterable[str]) -> dict[str, DocumentRow]:
    found: dict[str, DocumentRow] = {}
    for some in batches(tuple(set(ids))):
        for row in session.scalars(select(DocumentRow).where(DocumentRow.id.in_(some))):
            found[row.id] = row
    return found


def existing_versions(session: Session, ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in batches(tuple(set(ids))):
        found.update(session.scalars(select(VersionRow.id).where(VersionRow.id.in_(some))))
    return found


def add_versions(session: Session, versions: list[dict[str, Any]], chunks: list[dict[str, Any]]) -> None:
    if versions:
        session.execute(insert(VersionRow), versions)
    if chunks:
        session.execute(insert(ChunkRow), chunks)


def chunks_of_versions(session: Session, version_ids: Iterable[str]) -> list[ChunkRow]:
    rows: list[ChunkRow] = []
    for some in batches(tuple(set(version_ids))):
        rows.extend(session.scalars(select(ChunkRow).where(ChunkRow.version_id.in_(some)).order_by(ChunkRow.ordinal)))
    return rows


_LIVE = (
    DocumentRow.state == "ready",
    DocumentRow.current_version == ChunkRow.version_id,
    ChunkRow.withheld.is_(False),
)


def live_chunk_ids(session: Session) -> frozenset[str]:
    """The chunks that the index should hold."""
    return frozenset(
        session.scalars(select(ChunkRow.id).join(DocumentRow, DocumentRow.id == ChunkRow.document_id).where(*_LIVE))
    )


def live_chunk_count(session: Session) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(ChunkRow)
            .join(DocumentRow, DocumentRow.id == ChunkRow.document_id)
            .where(*_LIVE)
        )
        or 0
    )


def documents_of_chunks(session: Session, chunk_ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in batches(tuple(chunk_ids)):
        found.update(session.scalars(select(ChunkRow.document_id).where(ChunkRow.id.in_(some))))
    return found


# Cached vectors


def cached_vectors(session: Session, keys: Iterable[str], embedder: str) -> dict[str, npt.NDArray[np.float32]]:
    found: dict[str, npt.NDArray[np.float32]] = {}
    for some in batches(tuple(set(keys))):
        rows = session.execute(
            select(VectorRow.key, VectorRow.vector).where(VectorRow.key.in_(some), VectorRow.embedder == embedder)
        )
        found.update((key, np.frombuffer(vector, dtype="<f4")) for key, vector in rows)
    return found


def cache_vectors(session: Session, vectors: Mapping[str, npt.NDArray[np.float32]], embedder: str) -> None:
    rows = [
        {"key": key, "embedder": embedder, "vector": vector.astype("<f4").tobytes()} for key, vector in vectors.items()
    ]
    insert_missing(session, VectorRow, rows)


def batches(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + SOME] for start in range(0, len(values), SOME))
