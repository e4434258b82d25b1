"""Passages that read like instructions to a model, as reviewers find them: which, why, and where they went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, literal, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from answer.suspicion import heading, suspicious
from answer.tables import FlaggedRow
from ingest.tables import VersionRow
from retrieval.evidence import Passage

Flag = dict[str, Any]
"""``chunk``, ``version``, ``document``, ``source`` and ``signs`` (closed words), as the trail of an answer keeps it."""
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Flagged:
    """``title`` is that of the version; None where it is gone. ``destination`` is the model that it was sent to, or
    ``extractive`` where the documents' own sentences were the answer."""

    document: str
    version: str
    chunk: str
    source: str
    title: str | None = field(repr=False)
    signs: tuple[str, ...]
    destination: str
    times: int
    first_at: datetime
    last_at: datetime


Place = tuple[datetime, str, str, str]
"""Where an entry stands in the list: when it was seen last, its chunk, version and destination."""


def flags(passages: Iterable[Passage]) -> list[Flag]:
    """Those of the passages that are suspicious, by their text or by what stands above it."""
    found: list[Flag] = []
    for passage in passages:
        looked = [each for each in (suspicious(passage.text), suspicious(heading(passage))) if each.flagged]
        if looked:
            signs = dict.fromkeys(word for each in looked for word in each.reasons)
            found.append(
                {
                    "chunk": passage.chunk_id, "version": passage.version, "document": passage.document.id,
                    "source": passage.document.source, "signs": list(signs),
                }
            )  # fmt: skip
    return found


def note(session: Session, flag: Mapping[str, Any], destination: str, now: datetime) -> None:
    """Keep that a passage is suspicious, and went there once more."""
    said = {
        "chunk_id": flag["chunk"], "version": flag["version"], "document_id": flag["document"],
        "source": flag["source"], "signs": flag["signs"], "destination": destination, "times": 1, "first_at": now,
        "last_at": now,
    }  # fmt: skip
    connection = session.connection()
    added = _INSERT[connection.dialect.name](FlaggedRow).values(said)
    again = {"signs": flag["signs"], "last_at": now, "times": FlaggedRow.times + 1}
    session.execute(added.on_conflict_do_update(index_elements=("chunk_id", "version", "destination"), set_=again))


def listed(session: Session, limit: int, after: Place | None = None) -> list[Flagged]:
    """The latest first. What is flagged again meanwhile moves to the front."""
    which = (FlaggedRow.chunk_id, FlaggedRow.version, FlaggedRow.destination)
    query = select(FlaggedRow, VersionRow.title).outerjoin(VersionRow, VersionRow.id == FlaggedRow.version)
    if after is not None:
        last_at, *those = after
        behind = and_(FlaggedRow.last_at == last_at, tuple_(*which) > tuple_(*(literal(each) for each in those)))
        query = query.where(or_(FlaggedRow.last_at < last_at, behind))
    query = query.order_by(FlaggedRow.last_at.desc(), *which).limit(limit)
    return [
        Flagged(
            row.document_id, row.version, row.chunk_id, row.source, title, tuple(row.signs), row.destination, row.times,
            row.first_at, row.last_at,
        )
        for row, title in session.execute(query)
    ]  # fmt: skip
