"""Queries on what calls used, on what is counted of it, and on budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from answer.models.tables import BudgetRow, SpentRow, UsageRow

Key = tuple[str, str, str, datetime]
"""Scope, name, per, and where it began."""
KEPT = {"minute": 1, "hour": 1, "day": 3, "month": 63}
"""Days after its beginning when a count is dropped."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Money in millionths, tokens of both directions, calls. What is given back is below zero."""

    micros: int
    tokens: int
    calls: int

    def less(self, other: Counted) -> Counted:
        return Counted(self.micros - other.micros, self.tokens - other.tokens, self.calls - other.calls)


def _adding(make: Callable[[Any], Any]) -> Any:
    added = make(SpentRow.__table__)
    counts = {name: SpentRow.__table__.c[name] + added.excluded[name] for name in ("micros", "tokens", "calls")}
    return added.on_conflict_do_update(index_elements=("scope", "name", "per", "since", "currency"), set_=counts)


# Built once: it is on the way of every call, and takes longer to build than to run.
_ADD = {"sqlite": _adding(sqlite.insert), "postgresql": _adding(postgresql.insert)}


def add_usage(session: Session, **values: Any) -> None:
    session.add(UsageRow(**values))


def usage_row(session: Session, usage_id: str) -> UsageRow | None:
    return session.get(UsageRow, usage_id)


def drop_usage(session: Session, usage_id: str) -> None:
    session.execute(delete(UsageRow).where(UsageRow.id == usage_id))


@dataclass(frozen=True, slots=True)
class Calls:
    """Which calls: from ``start`` until before ``end``, and of these those of everything else that is said. Empty is
    nobody, no department and no source."""

    start: datetime
    end: datetime
    subject: str | None = None
    department: str | None = None
    model: str | None = None
    source: str | None = None
    currency: str | None = None
    settled: bool | None = None


def usage_between(session: Session, start: datetime, end: datetime) -> Iterable[UsageRow]:
    """Calls from ``start`` until before ``end``, in their order."""
    return calls(session, Calls(start, end), newest=False)


def calls(
    session: Session, wanted: Calls, *, before: tuple[datetime, str] | None = None, newest: bool = True
) -> Iterator[UsageRow]:
    """The newest first, from before the call of that time and id on; or the oldest first."""
    query = select(UsageRow).where(UsageRow.at >= wanted.start, UsageRow.at < wanted.end)
    for name in ("subject", "department", "model", "currency", "settled"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(UsageRow, name) == value)
    if before is not None:
        query = query.where(tuple_(UsageRow.at, UsageRow.id) < before)
    order = (UsageRow.at.desc(), UsageRow.id.desc()) if newest else (UsageRow.at, UsageRow.id)
    for row in session.scalars(query.order_by(*order).execution_options(yield_per=1000)):
        if wanted.source is None or wanted.source in (row.sources or [""]):
            yield row


def usage_of(session: Session, subject: str) -> list[UsageRow]:
    """Everything that one person's questions used."""
    return list(session.scalars(select(UsageRow).where(UsageRow.subject == subject).order_by(UsageRow.at)))


def erase(session: Session, subject: str) -> int:
    """Forget who asked: what was used stays counted for department, sources and model. Returns how many calls."""
    if not subject:
        return 0
    calls = session.scalars(
        update(UsageRow)
        .where(UsageRow.subject == subject)
        .values(subject="", answer_id=None)
        .returning(UsageRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(delete(SpentRow).where(SpentRow.scope == "person", SpentRow.name == subject))
    session.execute(delete(BudgetRow).where(BudgetRow.scope == "person", BudgetRow.name == subject))
    return len(calls)


def budgets(session: Session) -> list[BudgetRow]:
    """Those that hold, by scope and name."""
    query = select(BudgetRow).where(BudgetRow.most.is_not(None))
    return list(session.scalars(query.order_by(BudgetRow.scope, BudgetRow.name, BudgetRow.per, BudgetRow.unit)))


def budget(session: Session, key: tuple[str, str, str, str]) -> BudgetRow | None:
    """By scope, name, per and unit; also one that was removed."""
    return session.get(BudgetRow, key)


def put_budget(session: Session, **values: Any) -> None:
    session.merge(BudgetRow(**values))
    session.flush()


def spent(session: Session, keys: Sequence[Key]) -> dict[Key, dict[str, Counted]]:
    """What is counted there, by currency."""
    found: dict[Key, dict[str, Counted]] = {key: {} for key in keys}
    if not keys:
        return found
    scopes, names, pers, moments = (set(part) for part in zip(*keys, strict=True))
    # More than is asked for, and all of it by the primary key.
    rows = session.scalars(
        select(SpentRow).where(
            SpentRow.scope.in_(scopes),
            SpentRow.name.in_(names),
            SpentRow.per.in_(pers),
            SpentRow.since.in_(moments),
        )
    )
    for row in rows:
        if (key := (row.scope, row.name, row.per, row.since)) in found:
            found[key][row.currency] = Counted(row.micros, row.tokens, row.calls)
    return found


def count(session: Session, keys: Sequence[Key], currency: str, what: Counted) -> None:
    """Add to what is counted there."""
    rows = [
        {
            "scope": scope, "name": name, "per": per, "since": since, "currency": currency,
            "micros": what.micros, "tokens": what.tokens, "calls": what.calls,
        }
        for scope, name, per, since in dict.fromkeys(keys)
    ]  # fmt: skip
    if rows:
        connection = session.connection()
        connection.execute(_ADD[connection.dialect.name], rows)


def sweep(session: Session, now: datetime) -> int:
    """Drop the counts of times that are over; what was used stays in the usage. Returns how many."""
    over = or_(*(and_(SpentRow.per == per, SpentRow.since < now - timedelta(days=days)) for per, days in KEPT.items()))
    old = delete(SpentRow).where(over).returning(SpentRow.name).execution_options(synchronize_session=False)
    return len(session.scalars(old).all())
