"""Rows that go with others, whichever folder keeps them, and where a name still stands afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, String, Table, cast, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from api.schema import metadata
from core.database import Base
from ingest.repository import batches

UNLINKED = {("source_accounts", "person_id")}
"""Columns of rows that stay without the person. Any other row goes: what is nobody's may mean everybody's."""
_UNREAD = {"audit_records", "audit_pending", "alembic_version"}
"""Tables without any text of people: the log has pseudonyms and commitments."""


def overwrite(session: Session) -> None:
    """Let what is deleted or changed in this connection be overwritten on the disk."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))


def remove(session: Session, table: type[Base], ids: Iterable[Any], key: str = "id") -> Counter[str]:
    """Delete rows by ``key`` with every row that refers to them, at any distance. Returns how many by table."""
    gone: Counter[str] = Counter()
    session.flush()
    made = metadata.tables[table.__tablename__]
    _remove(session, made, made.c[key], list(ids), gone)
    session.expire_all()
    return gone


def _remove(session: Session, table: Table, key: Column[Any], values: Sequence[Any], gone: Counter[str]) -> None:
    for some in batches(list(values)):
        for column, child, reference in _referred(table):
            there = session.scalars(select(column).where(key.in_(some)).distinct()).all()
            if not there or child is table:
                continue
            if (child.name, reference.name) in UNLINKED:
                session.execute(update(child).where(reference.in_(there)).values({reference.name: None}))
            else:
                _remove(session, child, reference, there, gone)
        done = session.execute(delete(table).where(key.in_(some)))
        gone[table.name] += int(getattr(done, "rowcount", 0))


def _referred(table: Table) -> Iterator[tuple[Column[Any], Table, Column[Any]]]:
    """Columns of ``table`` that others refer to, with who does and by which column."""
    for child in metadata.sorted_tables:
        for reference in child.columns:
            for key in reference.foreign_keys:
                if key.column.table is table:
                    yield key.column, child, reference


def standing(session: Session, words: Collection[str], apart: Collection[str] = ()) -> dict[str, int]:
    """In how many rows of which column one of these texts still stands, in any case of letters. ``apart`` are columns
    that are not looked at."""
    wanted = sorted({way for word in words if len(word) > 3 for way in _ways(word)})
    found: dict[str, int] = {}
    if not wanted:
        return found
    for table in metadata.sorted_tables:
        if table.name in _UNREAD:
            continue
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            if name in apart or not _has_text(column):
                continue
            content = func.lower(cast(column, String))
            query = select(func.count()).select_from(table)
            if count := session.scalar(query.where(or_(*(content.contains(word, autoescape=True) for word in wanted)))):
                found[name] = count
    return found


def _ways(word: str) -> Iterator[str]:
    """As databases write it in lower case: not every one knows letters beyond ASCII, and JSON may escape them."""
    for way in (word.lower(), "".join(each.lower() if each.isascii() else each for each in word)):
        yield way
        yield json.dumps(way)[1:-1]


def _has_text(column: Column[Any]) -> bool:
    kind = column.type.__visit_name__.lower()
    return kind in ("string", "text", "json", "varchar")
