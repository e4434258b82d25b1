"""Legal holds: what is held is neither erased nor retired, whoever asks and whatever its age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast, get_args
from uuid import uuid4

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from core.decided import reason
from core.errors import Conflict, Invalid, NotFound
from core.tables import HoldRow

HoldKind = Literal["person", "document", "source", "answer"]
KINDS: tuple[HoldKind, ...] = get_args(HoldKind)


@dataclass(frozen=True, slots=True)
class Hold:
    """``target`` is the id of what is held. One that was lifted keeps who placed it and why."""

    id: str
    kind: HoldKind
    target: str
    why: str = field(repr=False)
    placed_by: str
    placed_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lifted_why: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """What is held by its own hold, by kind. What that covers beside it, whoever removes has to ask: an answer is held
    with its person, a document with its source."""

    people: frozenset[str]
    documents: frozenset[str]
    sources: frozenset[str]
    answers: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.people or self.documents or self.sources or self.answers)

    def answer(self, answer_id: str, person_id: str) -> bool:
        return answer_id in self.answers or person_id in self.people

    def document(self, document_id: str, source_id: str) -> bool:
        return document_id in self.documents or source_id in self.sources


def place(session: Session, kind: str, target: str, why: str, by: str, now: datetime) -> Hold:
    """Hold something from ``now`` on. ``by`` is a person's id. Raises ``Invalid``, ``Conflict`` where it is held."""
    if kind not in KINDS:
        raise Invalid(f"Nothing is held as a {kind!r}.", hint=f"One of: {', '.join(KINDS)}.")
    said = reason(why, "a hold")
    if any(each.target == target and each.kind == kind for each in active(session)):
        raise Conflict(f"This {kind} is held already.", hint="vouch hold list shows by which hold.")
    row = HoldRow(id=str(uuid4()), kind=kind, target=target, why=said, placed_by=by, placed_at=now)
    session.add(row)
    session.flush()
    return _hold(row)


def lift(session: Session, hold_id: str, why: str, by: str, now: datetime) -> Hold:
    """Raises ``NotFound`` where there is no such hold, or none any more."""
    row = session.get(HoldRow, hold_id)
    if row is None or row.lifted_at is not None:
        raise NotFound("There is no such hold.", hint="vouch hold list shows those that last.")
    row.lifted_by, row.lifted_at, row.lifted_why = by, now, reason(why, "a hold")
    session.flush()
    return _hold(row)


def active(session: Session) -> list[Hold]:
    """Those that last, in the order in which they were placed."""
    query = select(HoldRow).where(HoldRow.lifted_at.is_(None)).order_by(HoldRow.placed_at, HoldRow.id)
    return [_hold(row) for row in session.scalars(query)]


def page(session: Session, limit: int, after: tuple[datetime, str] | None, *, lifted: bool) -> list[Hold]:
    """At most ``limit`` in the order in which they were placed, those behind the one of this time and id; with
    ``lifted`` also those that were."""
    query = select(HoldRow).order_by(HoldRow.placed_at, HoldRow.id).limit(limit)
    if not lifted:
        query = query.where(HoldRow.lifted_at.is_(None))
    if after is not None:
        query = query.where(tuple_(HoldRow.placed_at, HoldRow.id) > after)
    return [_hold(row) for row in session.scalars(query)]


def held(session: Session) -> Held:
    """What may not go now. To be asked in the transaction that removes."""
    return _by_kind(active(session))


def _by_kind(holds: Iterable[Hold]) -> Held:
    ids: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for each in holds:
        ids[each.kind].add(each.target)
    return Held(*(frozenset(ids[kind]) for kind in KINDS))


def _hold(row: HoldRow) -> Hold:
    return Hold(
        row.id, cast(HoldKind, row.kind), row.target, row.why, row.placed_by, row.placed_at, row.lifted_by,
        row.lifted_at, row.lifted_why,
    )  # fmt: skip
