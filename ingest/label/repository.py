"""Queries on labels: what is stored of them, which versions have none, and what a chunk's label says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import and_, delete, exists, func, select
from sqlalchemy.orm import Session

from core.database import insert_missing
from core.kinds import DataClass
from core.policy import Sensitivity, highest
from core.text import Span
from ingest.label.findings import Finding
from ingest.label.levels import levels_of
from ingest.label.tables import LabelledVersionRow, LabelRow
from ingest.repository import batches, documents
from ingest.tables import ChunkRow, DocumentRow, VersionRow


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a chunk. The findings point into the chunk's ``text``."""

    findings: tuple[Finding, ...] = field(repr=False)
    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """A current version whose chunks have no labels, or not all."""

    document_id: str
    version_id: str


def text_hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=64)
def detector_key(identity: str) -> str:
    """A detector's identity as rows have it."""
    return sha256(identity.encode()).hexdigest()[:32]


@lru_cache(maxsize=64)
def _version_key(identity: str) -> str:
    """The same for versions, of which earlier releases did not look into the title: those wait again."""
    return detector_key(f"{identity} and titles")


def labels_of(session: Session, chunk_ids: Iterable[str], identity: str) -> dict[str, Label]:
    """The labels of these chunks, whatever version they belong to; those that have none under the detector with this
    identity are missing."""
    chunks: list[ChunkRow] = []
    for some in batches(tuple(dict.fromkeys(chunk_ids))):
        chunks.extend(session.scalars(select(ChunkRow).where(ChunkRow.id.in_(some))))
    return labels_of_chunks(session, chunks, identity)


def labels_of_chunks(
    session: Session, chunks: Sequence[ChunkRow], identity: str, kinds: Mapping[str, DataClass] | None = None
) -> dict[str, Label]:
    """The findings point into the text of the chunk; what is in the title of its version makes it as sensitive.
    ``kinds``: their classes, instead of what the policy that holds says."""
    titles = titles_of(session, {chunk.version_id for chunk in chunks})
    found = findings_by_text(session, [*titles.values(), *(chunk.text for chunk in chunks)], identity)
    levels = levels_of(session, documents(session, {chunk.document_id for chunk in chunks}).values(), kinds)
    return {
        chunk.id: Label(
            found[chunk.text],
            levels[chunk.document_id].of_chunk(
                chunk.version_id, chunk.part, (*found[chunk.text], *found.get(titles[chunk.version_id], ()))
            ),
        )
        for chunk in chunks
        if chunk.text in found
    }


def texts_of(session: Session, chunk_ids: Sequence[str]) -> dict[str, str]:
    """The texts of chunks by their ids."""
    found: dict[str, str] = {}
    for some in batches(chunk_ids):
        rows = session.execute(select(ChunkRow.id, ChunkRow.text).where(ChunkRow.id.in_(some)))
        found.update((row.id, row.text) for row in rows)
    return found


def titles_of(session: Session, version_ids: Collection[str]) -> dict[str, str]:
    """The titles of versions by their ids."""
    found: dict[str, str] = {}
    for some in batches(tuple(version_ids)):
        rows = session.execute(select(VersionRow.id, VersionRow.title).where(VersionRow.id.in_(some)))
        found.update((row.id, row.title) for row in rows)
    return found


def highest_of_version(session: Session, row: DocumentRow, identity: str) -> Sensitivity:
    """How sensitive the most sensitive chunk of a document is, as far as it has been looked into."""
    levels = levels_of(session, [row])[row.id]
    version = row.current_version
    if version is None:
        return levels.whole
    chunks = session.execute(select(ChunkRow.part, ChunkRow.text).where(ChunkRow.version_id == version))
    texts: list[tuple[str | None, str]] = [(None, title) for title in titles_of(session, [version]).values()]
    texts += [(row.part, row.text) for row in chunks]
    found = findings_by_text(session, [text for _, text in texts], identity)
    return highest((levels.whole, *(levels.of_chunk(version, part, found.get(text, ())) for part, text in texts)))


def is_labelled(session: Session, version_id: str | None, identity: str) -> bool:
    """Whether everything in the version has been looked into."""
    return session.get(LabelledVersionRow, (version_id, _version_key(identity))) is not None


def findings_of(session: Session, hashes: Iterable[str], identity: str) -> dict[str, tuple[Finding, ...]]:
    """By the hash of a text; those that nobody has looked into are missing."""
    found: dict[str, tuple[Finding, ...]] = {}
    for some in batches(tuple(hashes)):
        rows = session.execute(
            select(LabelRow.text_hash, LabelRow.findings).where(
                LabelRow.text_hash.in_(some), LabelRow.detector == detector_key(identity)
            )
        )
        found.update((row.text_hash, tuple(map(_finding, row.findings))) for row in rows)
    return found


def findings_by_text(session: Session, texts: Iterable[str], identity: str) -> dict[str, tuple[Finding, ...]]:
    """``findings_of`` for texts, by themselves."""
    hashes = {text: text_hash(text) for text in texts}
    found = findings_of(session, set(hashes.values()), identity)
    return {text: found[key] for text, key in hashes.items() if key in found}


def add_labels(session: Session, found: Mapping[str, Sequence[Finding]], identity: str) -> None:
    """Findings by the hash of their text."""
    rows = [
        {"text_hash": key, "detector": detector_key(identity), "findings": [_packed(each) for each in findings]}
        for key, findings in found.items()
    ]
    insert_missing(session, LabelRow, rows)


def mark_labelled(session: Session, version_ids: Iterable[str], identity: str) -> None:
    key = _version_key(identity)
    insert_missing(session, LabelledVersionRow, [{"version_id": each, "detector": key} for each in version_ids])


def unlabelled(session: Session, identity: str, limit: int) -> list[Unlabelled]:
    """Current versions to be looked into, newest first."""
    query = (
        select(DocumentRow.id, VersionRow.id)
        .join(VersionRow, VersionRow.id == DocumentRow.current_version)
        .where(*_waiting(identity))
        .order_by(VersionRow.created_at.desc(), DocumentRow.id)
        .limit(limit)
    )
    return [Unlabelled(*row) for row in session.execute(query)]


def unlabelled_count(session: Session, identity: str) -> int:
    return session.scalar(select(func.count()).select_from(DocumentRow).where(*_waiting(identity))) or 0


def forget_other_detectors(session: Session, identity: str) -> None:
    """Labels of detectors that are not used any more: nobody asks for them again."""
    session.execute(delete(LabelRow).where(LabelRow.detector != detector_key(identity)))
    session.execute(delete(LabelledVersionRow).where(LabelledVersionRow.detector != _version_key(identity)))


def forget_texts(session: Session, texts: Collection[str], version_ids: Collection[str]) -> int:
    """Drop what was found in these texts of these versions, under every detector, so that it is found again. Returns
    how many labels."""
    hashes = sorted({text_hash(text) for text in texts})
    dropped = 0
    for some in batches(hashes):
        dropped += len(session.scalars(select(LabelRow.text_hash).where(LabelRow.text_hash.in_(some))).all())
        session.execute(delete(LabelRow).where(LabelRow.text_hash.in_(some)))
    for some in batches(sorted(set(version_ids))):
        session.execute(delete(LabelledVersionRow).where(LabelledVersionRow.version_id.in_(some)))
    return dropped


def _waiting(identity: str) -> tuple[Any, ...]:
    done = exists().where(
        and_(
            LabelledVersionRow.version_id == DocumentRow.current_version,
            LabelledVersionRow.detector == _version_key(identity),
        )
    )
    return DocumentRow.state == "ready", ~done


def _packed(finding: Finding) -> list[Any]:
    return [finding.kind, finding.span.start, finding.span.end, round(finding.score, 4), finding.rule]


def _finding(packed: list[Any]) -> Finding:
    kind, start, end, score, rule = packed
    return Finding(kind, Span(start, end), score, rule)
