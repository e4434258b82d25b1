"""What numbers of the weekly report count that is of tables and not of the log. The number and its rows are one query,
so that both say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from api.reports.period import Period, written
from api.reports.shape import Column, Figure, Value, columns
from connectors.freshness.lags import day_of
from connectors.tables import BreachRow, LagRow, SourceRow
from core.audit.tables import IntentRow
from core.errors import Invalid
from core.tables import HoldRow, MembershipRow
from ingest.tables import ChunkRow, DocumentAccessRow, DocumentRow


@dataclass(frozen=True, slots=True)
class Listing:
    """``query`` has the ``columns`` by their names, what links need beside them, and the two of ``place``, by which it
    is ordered: no two rows have the same. ``amount`` is the column of which the number is the sum; without it, it
    is how many rows there are."""

    title: str
    columns: tuple[Column, ...]
    query: Select[*tuple[Any, ...]]
    place: tuple[str, str]
    kinds: tuple[type, type] = (datetime, str)
    amount: str | None = None
    of_now: bool = False
    """Whether it is of the moment, whatever the period."""

    def number(self, session: Session) -> int:
        rows = self.query.subquery()
        what = func.count() if self.amount is None else func.coalesce(func.sum(rows.c[self.amount]), 0)
        return int(session.scalar(select(what).select_from(rows)) or 0)

    def total(self, session: Session) -> int:
        return session.scalar(select(func.count()).select_from(self.query.subquery())) or 0

    def rows(self, session: Session, limit: int | None = None, after: Sequence[Any] = ()) -> list[Mapping[str, Any]]:
        """All rows, or ``limit`` of them from behind the place ``after``."""
        found = self.query.subquery()
        place = [found.c[name] for name in self.place]
        query = select(found).order_by(*place).limit(limit)
        if after:
            bounds = (literal(value, column.type) for value, column in zip(after, place, strict=True))
            query = query.where(tuple_(*place) > tuple_(*bounds))
        return [{**row} for row in session.execute(query).mappings()]


def listing(period: Period, name: str, *of: str) -> Listing:
    """The list that a number's ``listed`` names. Raises ``Invalid``."""
    if not of and name in _OF_PERIOD:
        return _OF_PERIOD[name](period)
    if len(of) == 2 and name in _OF_BOUND:
        return _OF_BOUND[name](period, *of)
    said = " ".join((name, *of))
    raise Invalid(f"{said[:100]!r} is no list of a report.", hint="Send what a number of it has as listed, like held.")


def figure(session: Session, period: Period, name: str) -> Figure:
    """The number of a list, by which it is called as well."""
    now = listing(period, name)
    before = None if now.of_now else listing(period.before, name).number(session)
    return Figure(name, now.title, now.number(session), before, listed=(name,))


def told(row: Mapping[str, Any], subject: Callable[[str], str]) -> dict[str, Value]:
    """A row as people may see it: nobody but by pseudonym."""
    said = {name: written(value) if isinstance(value, datetime) else value for name, value in row.items()}
    if person := said.pop("person_id", None):
        said["person"] = subject(person)
    return said


def access_changed(period: Period) -> Listing:
    """An access that ended is one that another took the place of, or that went with its document."""
    ended = func.max(DocumentAccessRow.valid_to).label("at")
    return Listing(
        "Documents whose permissions changed",
        columns("title", "source", ("times", "Times", "count"), ("at", "Last", "moment")),
        select(*_DOCUMENT, func.count().label("times"), ended)
        .select_from(DocumentAccessRow)
        .join(DocumentRow, DocumentRow.id == DocumentAccessRow.document_id)
        .join(SourceRow, SourceRow.id == DocumentRow.source_id)
        .where(*_within(DocumentAccessRow.valid_to, period))
        .group_by(*_DOCUMENT),
        ("at", "document"),
    )


def members_changed(period: Period) -> Listing:
    """What a source or a directory said of the groups of a person; one that ended is behind one that began."""

    def change(column: Any, said: str, behind: int) -> Select[*tuple[Any, ...]]:
        return (
            select(
                column.label("at"), (MembershipRow.id * 2 + behind).label("id"), literal(said).label("change"),
                MembershipRow.grant.label("group"), func.coalesce(SourceRow.name, MembershipRow.origin).label("source"),
                MembershipRow.person_id.label("person_id"),
            )
            .outerjoin(SourceRow, SourceRow.id == MembershipRow.origin)
            .where(MembershipRow.origin.is_not(None), *_within(column, period))
        )  # fmt: skip

    both = union_all(change(MembershipRow.valid_from, "began", 0), change(MembershipRow.valid_to, "ended", 1))
    return Listing(
        "Memberships that sources or directories began or ended",
        columns("group", "change", "person", "source", ("at", "At", "moment")),
        select(both.subquery()),
        ("at", "id"),
        (datetime, int),
    )


def passages_kept_back(period: Period) -> Listing:
    return Listing(
        "Passages that the policy keeps from the embedder",
        columns("title", "source", ("passage", "Passage", "count"), ("page", "Page", "count")),
        select(
            *_DOCUMENT, (ChunkRow.ordinal + 1).label("passage"), ChunkRow.page.label("page"), ChunkRow.id.label("id")
        )
        .select_from(ChunkRow)
        .join(DocumentRow, DocumentRow.id == ChunkRow.document_id)
        .join(SourceRow, SourceRow.id == DocumentRow.source_id)
        .where(ChunkRow.withheld.is_(True)),
        ("title", "id"),
        (str, str),
        of_now=True,
    )


def breaches(period: Period) -> Listing:
    """Those that lasted into the period."""
    return Listing(
        "Times outside a bound, or nobody could tell",
        columns("source", "kind", "state", ("began_at", "Began", "moment"), ("ended_at", "Ended", "moment")),
        select(
            SourceRow.name.label("source"), BreachRow.source_id.label("source_id"), BreachRow.kind, BreachRow.state,
            BreachRow.began_at, BreachRow.ended_at, BreachRow.id,
        )
        .join(SourceRow, SourceRow.id == BreachRow.source_id)
        .where(BreachRow.began_at < period.until, BreachRow.ended_at.is_(None) | (BreachRow.ended_at > period.since)),
        ("began_at", "id"),
    )  # fmt: skip


def observed(period: Period, source_id: str, kind: str) -> Listing:
    """Changes of a source that were seen on the days that the period touches, by day and how long they took."""
    return _lags("Changes observed", LagRow.count, period, source_id, kind)


def late(period: Period, source_id: str, kind: str) -> Listing:
    """Those of them that took longer than the bound of their day."""
    return _lags("Changes that came late", LagRow.late, period, source_id, kind)


def _lags(title: str, amount: Any, period: Period, source_id: str, kind: str) -> Listing:
    last = period.until - timedelta(microseconds=1)
    return Listing(
        title,
        columns("day", "source", "kind", ("bucket", "Within", "seconds"), ("amount", "Changes", "count")),
        select(
            LagRow.day, SourceRow.name.label("source"), LagRow.source_id, LagRow.kind, LagRow.bucket,
            amount.label("amount"),
        )
        .join(SourceRow, SourceRow.id == LagRow.source_id)
        .where(
            LagRow.source_id == source_id, LagRow.kind == kind, amount > 0,
            LagRow.day >= day_of(period.since), LagRow.day <= day_of(last),
        ),
        ("day", "bucket"),
        (str, float),
        "amount",
    )  # fmt: skip


def held(period: Period) -> Listing:
    """Holds at the end of the period."""
    return Listing(
        "Holds at the end of the period, or now",
        columns("kind", "target", ("placed_at", "Placed", "moment"), ("lifted_at", "Lifted", "moment")),
        select(
            HoldRow.kind, case((HoldRow.kind != "person", HoldRow.target)).label("target"),
            case((HoldRow.kind == "person", HoldRow.target)).label("person_id"),
            HoldRow.placed_at, HoldRow.lifted_at, HoldRow.id,
        ).where(
            HoldRow.placed_at < period.until, HoldRow.lifted_at.is_(None) | (HoldRow.lifted_at >= period.until)
        ),
        ("placed_at", "id"),
    )  # fmt: skip


def intents_open(period: Period) -> Listing:
    return Listing(
        "Intents that are open now",
        columns("kind", "action", "person", "trace", ("at", "Since", "moment")),
        select(
            IntentRow.kind, IntentRow.action, IntentRow.subject.label("person"), IntentRow.trace_id.label("trace"),
            IntentRow.at, IntentRow.id,
        ),
        ("at", "id"),
        of_now=True,
    )  # fmt: skip


def _within(column: Any, period: Period) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= period.since, column < period.until


_DOCUMENT = (
    DocumentRow.id.label("document"), DocumentRow.title.label("title"), SourceRow.name.label("source"),
    SourceRow.id.label("source_id"),
)  # fmt: skip
_OF_PERIOD: Mapping[str, Callable[[Period], Listing]] = {
    "breaches": breaches, "access_changed": access_changed, "members_changed": members_changed,
    "passages_kept_back": passages_kept_back, "held": held, "open": intents_open,
}  # fmt: skip
_OF_BOUND: Mapping[str, Callable[[Period, str, str], Listing]] = {"observed": observed, "late": late}
