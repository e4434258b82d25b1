"""Queries on the model register. A change is added, and stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from answer.models.entry import ModelEntry
from answer.models.tables import ModelRow

Change = Literal["seeded", "added", "changed", "retired"]


@dataclass(frozen=True, slots=True)
class Version:
    """One change: what the entry says from then on, who decided it, why and when. ``revision`` counts the changes of
    the whole register."""

    revision: int
    entry: ModelEntry
    change: Change
    why: str
    changed_by: str
    changed_at: datetime

    @property
    def name(self) -> str:
        return self.entry.name


@dataclass(frozen=True, slots=True)
class Unusable:
    """A change whose entry is refused today (``against``), as when the rules for names have become stricter. ``said``
    is what stands there. Nothing is called by it."""

    revision: int
    name: str
    change: Change
    why: str
    changed_by: str
    changed_at: datetime
    said: dict[str, Any]
    against: str


def revision(session: Session) -> int:
    """The number of the newest change; 0 for an empty register."""
    return session.scalar(select(func.max(ModelRow.revision))) or 0


def names(session: Session) -> set[str]:
    """Every name that ever stood in the register."""
    return set(session.scalars(select(ModelRow.name).distinct()))


def newest(session: Session) -> list[Version | Unusable]:
    """The last change of each name, retired ones too, by name."""
    last = select(func.max(ModelRow.revision)).group_by(ModelRow.name)
    rows = session.scalars(select(ModelRow).where(ModelRow.revision.in_(last)).order_by(ModelRow.name))
    return [_read(row) for row in rows]


def history(session: Session, name: str | None = None) -> list[Version | Unusable]:
    """Every change, of one name or of all, newest first."""
    query = select(ModelRow).order_by(ModelRow.revision.desc())
    return [_read(row) for row in session.scalars(query if name is None else query.where(ModelRow.name == name))]


def add(session: Session, entry: ModelEntry, change: Change, *, why: str, by: str, now: datetime) -> Version:
    row = ModelRow(
        revision=revision(session) + 1, name=entry.name, change=change, entry=entry.model_dump(mode="json"),
        why=why, changed_by=by, changed_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return Version(row.revision, entry, change, why, by, now)


def _read(row: ModelRow) -> Version | Unusable:
    change = cast(Change, row.change)
    try:
        entry = ModelEntry.model_validate(row.entry)
        if entry.name != row.name:
            raise ValueError(f"name: it says {entry.name!r}")
    except ValueError as error:
        against = _told(error) if isinstance(error, ValidationError) else str(error)
        return Unusable(
            row.revision, row.name, change, row.why, row.changed_by, row.changed_at, dict(row.entry), against
        )
    return Version(row.revision, entry, change, row.why, row.changed_by, row.changed_at)


def _told(error: ValidationError) -> str:
    """The first thing against an entry, without what else stands in it."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg'].removeprefix('Value error, ')}".removeprefix(": ")
