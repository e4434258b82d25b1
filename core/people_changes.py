"""What changed in the names and addresses of people, in order, so that whoever holds them in memory reads no more anew
than that. Writers of a database go one at a time, so an id is never overtaken by a smaller one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from core.tables import PeopleChangeRow

PEOPLE = "people"
MANY = 500
"""So many changes of one scope that reading all of it anew is less work."""
_LAST = select(func.max(PeopleChangeRow.id))


@dataclass(frozen=True, slots=True)
class Change:
    """``key`` None: all of the scope."""

    id: int
    scope: str
    key: str | None


def note(session: Session, scope: str, keys: Collection[str]) -> None:
    """These rows of the scope are new, changed or gone; to be called in the transaction that makes them so."""
    if not keys:
        return
    if len(keys) > MANY:
        row = PeopleChangeRow(scope=scope, key=None)
        session.add(row)
        session.flush()
        # What was noted before is in what is read anew. Not sooner: ids must not be given twice.
        session.execute(delete(PeopleChangeRow).where(PeopleChangeRow.scope == scope, PeopleChangeRow.id < row.id))
        return
    session.execute(insert(PeopleChangeRow), [{"scope": scope, "key": key} for key in sorted(keys)])


def last(session: Session) -> int:
    """The id of the last change; 0 where there was none."""
    return session.scalar(_LAST) or 0


def since(session: Session, after: int) -> tuple[Change, ...]:
    """Those after a change, in order."""
    rows = session.scalars(select(PeopleChangeRow).where(PeopleChangeRow.id > after).order_by(PeopleChangeRow.id)).all()
    return tuple(Change(row.id, row.scope, row.key) for row in rows)
