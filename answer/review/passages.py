"""The passages that were retrieved for an answer, each with its text of then, held against what the log commits to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.review.evidence import Evidence
from answer.review.logged import Logged
from core.audit import Commitments
from core.secrets import Secret
from core.text import Span, quote
from ingest import codec
from ingest.blocks import Structure
from ingest.parsed import Block, Chunk, Parsed, Part
from ingest.repository import batches
from ingest.tables import ChunkRow, VersionRow

Split = Callable[[Parsed], tuple[Chunk, ...]]
Committed = Literal["matches", "differs", "not kept"]
Copy = Literal["version", "passage", "snapshot"]


@dataclass(frozen=True, slots=True)
class PassageThen:
    """``rank`` counts from 1 in the order in which they were found. Each copy of its text that is still stored is held
    against the commitment: of the ``version``, of the ``passage`` itself, of the ``snapshot``; ``differing`` are those
    that say something else. ``text`` is one that matches, where one does. ``placed``: it is known where it stood, and
    so which restricted field it shows."""

    rank: int
    chunk: str
    version: str
    document: str | None
    score: float | None
    title: str | None = field(repr=False)
    page: int | None
    headings: tuple[str, ...]
    spans: tuple[Span, ...]
    blocks: tuple[Block, ...]
    part: str | None
    placed: bool
    text: str | None = field(repr=False)
    copies: tuple[Copy, ...]
    committed: Committed
    differing: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a passage stands in its version."""

    spans: tuple[Span, ...]
    page: int | None
    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    part: str | None


def passages_then(
    session: Session, logged: Logged, evidence: Mapping[str, Evidence], split: Split, key: Secret
) -> tuple[PassageThen, ...]:
    """In their order; none where the log tells of no intent."""
    if logged.intent is None:
        return ()
    told: Sequence[Mapping[str, Any]] = logged.intent.details.get("passages", ())
    commitments = Commitments(key, logged.intent.event.get("salt", ""))
    versions, chunks = _stored(session, told)
    again = {
        version: _split_again(each, split)
        for version, each in evidence.items()
        if any(raw["chunk"] not in chunks and raw["version"] == version for raw in told)
    }
    return tuple(
        _passage(rank, raw, versions.get(raw["version"]), chunks.get(raw["chunk"]), evidence.get(raw["version"]),
                 again.get(raw["version"], ()), commitments)
        for rank, raw in enumerate(told, 1)
    )  # fmt: skip


def _passage(
    rank: int, raw: Mapping[str, Any], version: VersionRow | None, chunk: ChunkRow | None, evidence: Evidence | None,
    again: Sequence[_Place], commitments: Commitments,
) -> PassageThen:  # fmt: skip
    kept = None if evidence is None else evidence.kept
    place = _place(chunk) if chunk is not None else None
    if place is None and kept is not None:
        # Split otherwise than then, nothing says where it stood: the commitment finds it, or it is not to be had.
        place = next((each for each in again if commitments.of(quote(kept.text, each.spans)) == raw["content"]), None)
    texts: dict[Copy, str] = {}
    if place is not None and version is not None:
        texts["version"] = quote(version.text, place.spans)
    if chunk is not None:
        texts["passage"] = chunk.text
    if place is not None and kept is not None:
        texts["snapshot"] = quote(kept.text, place.spans)
    differing: tuple[Copy, ...] = tuple(name for name, text in texts.items() if commitments.of(text) != raw["content"])
    right = [text for name, text in texts.items() if name not in differing] or list(texts.values())
    return PassageThen(
        rank=rank,
        chunk=raw["chunk"],
        version=raw["version"],
        document=raw.get("document"),
        score=raw.get("score"),
        title=version.title if version is not None else None if kept is None else kept.title,
        page=None if place is None else place.page,
        headings=() if place is None else place.headings,
        spans=() if place is None else place.spans,
        blocks=() if place is None else place.blocks,
        part=None if place is None else place.part,
        placed=place is not None,
        text=right[0] if right else None,
        copies=tuple(texts),
        committed="not kept" if not texts else "differs" if differing else "matches",
        differing=differing,
    )


def _stored(session: Session, told: Iterable[Mapping[str, Any]]) -> tuple[dict[str, VersionRow], dict[str, ChunkRow]]:
    """What is still in the database, read as it is there now."""
    versions: dict[str, VersionRow] = {}
    chunks: dict[str, ChunkRow] = {}
    for some in batches(sorted({each["version"] for each in told})):
        versions |= {row.id: row for row in session.scalars(select(VersionRow).where(VersionRow.id.in_(some)))}
    for some in batches(sorted({each["chunk"] for each in told})):
        chunks |= {row.id: row for row in session.scalars(select(ChunkRow).where(ChunkRow.id.in_(some)))}
    return versions, chunks


def _place(chunk: ChunkRow) -> _Place:
    spans = tuple(Span(start, end) for start, end in chunk.spans)
    blocks = tuple(Block(kind, Span(start, end)) for kind, start, end in chunk.blocks)
    return _Place(spans, chunk.page, tuple(chunk.headings), blocks, chunk.part)


def _split_again(evidence: Evidence, split: Split) -> tuple[_Place, ...]:
    """The passages of a version that is only kept as a snapshot."""
    kept = evidence.kept
    if kept is None:
        return ()
    elements, pages = codec.unpack(kept.layout)
    parts = tuple(Part(name, Span(start, end)) for name, start, end in kept.parts)
    parsed = Parsed(kept.title, kept.text, elements, pages, parts, kept.media_type)
    structure = Structure(parsed)
    return tuple(
        _Place(each.spans, each.page, each.headings, structure.of(each.spans), each.part) for each in split(parsed)
    )
