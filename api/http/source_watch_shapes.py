"""How sources fare, put together for those who look after them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from api.http import source_shapes
from api.http import source_watch_models as out
from api.runtime import Runtime
from connectors import tasks, watch
from connectors.freshness.course import Point, course
from connectors.freshness.status import standings_of
from connectors.plan import Plan, stored_plan
from connectors.repository import SourceRecord
from connectors.tables import FailureRow, RunRow, SourceVersionRow
from connectors.watch import Watched
from ingest import repository as documents
from ingest.tables import DocumentRow, OutboxRow

SPARK_POINTS = 32
SPARK_BOUNDS = 8
"""The line of a list reaches back over so many bounds."""
SHORTEST_SPARK, LONGEST_SPARK = timedelta(hours=6), timedelta(days=30)
_WITHOUT_BOUND = timedelta(days=1)


def watched(
    runtime: Runtime, session: Session, records: Sequence[SourceRecord], now: datetime
) -> list[tuple[SourceRecord, Plan, out.WatchedSourceOut]]:
    """Each without its course, which costs more: ``with_course`` adds it to those that are shown."""
    ids = [record.id for record in records]
    plans = [(record, stored_plan(record.plan)) for record in records]
    standings = standings_of(session, plans, now)
    runs, held = watch.under_way(session, ids), watch.held(session, ids, now)
    states = tasks.of_sources(session, ids)
    counts = _Counts.read(session, ids)
    found: list[tuple[SourceRecord, Plan, out.WatchedSourceOut]] = []
    for record, plan in plans:
        run = runs.get(record.id)
        seen = watch.watched(
            record, plan, states.get(record.id, []), standings[record.id], run, record.id in held,
            counts.waiting.get(record.id, 0), now,
        )  # fmt: skip
        bounds = [
            out.BoundNowOut(
                kind=each.kind, bound=_seconds(each.bound), staleness=_seconds(each.staleness),
                overdue_since=each.overdue_since,
            )
            for each in standings[record.id]
        ]  # fmt: skip
        found.append((record, plan, _shape(runtime, record, seen, run, counts, bounds)))
    return found


def with_course(
    session: Session, record: SourceRecord, plan: Plan, shown: out.WatchedSourceOut, now: datetime
) -> out.WatchedSourceOut:
    bound = plan.bounds.content
    span = _WITHOUT_BOUND if bound is None else min(max(bound * SPARK_BOUNDS, SHORTEST_SPARK), LONGEST_SPARK)
    points = course(session, record.id, plan, "content", now - span, now, SPARK_POINTS)
    return shown.model_copy(update={"course": shaped(points), "course_hours": span.total_seconds() / 3600})


def shaped(points: Sequence[Point]) -> list[out.CoursePointOut]:
    return [out.CoursePointOut(at=each.at, staleness=_seconds(each.staleness)) for each in points]


@dataclass(frozen=True, slots=True)
class _Counts:
    """Of many sources at once, by source."""

    documents: Mapping[str, int]
    """Only what answers may use."""
    waiting: Mapping[str, int]
    unread: Mapping[str, int]
    unparsed: Mapping[str, int]

    @classmethod
    def read(cls, session: Session, ids: Sequence[str]) -> _Counts:
        of = DocumentRow.source_id
        ready = select(of, func.count()).where(of.in_(ids), DocumentRow.state == "ready").group_by(of)
        failed = select(of, func.count()).where(of.in_(ids), DocumentRow.state == "failed").group_by(of)
        waiting = (
            select(of, func.count())
            .join(OutboxRow, OutboxRow.document_id == DocumentRow.id)
            .where(of.in_(ids))
            .group_by(of)
        )
        item = FailureRow.source_id
        unread = select(item, func.count()).where(item.in_(ids), FailureRow.attempts > 0).group_by(item)
        return cls(*(_numbers(session, each) for each in (ready, waiting, unread, failed)))

    def errors(self, source_id: str) -> int:
        return self.unread.get(source_id, 0) + self.unparsed.get(source_id, 0)


def _numbers(session: Session, query: Select[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for source, number in session.execute(query):
        found[source] = number
    return found


def _shape(
    runtime: Runtime, record: SourceRecord, seen: Watched, run: RunRow | None, counts: _Counts,
    bounds: list[out.BoundNowOut],
) -> out.WatchedSourceOut:  # fmt: skip
    kind = runtime.connecting.catalogue.kinds.get(record.kind)
    errors = counts.errors(record.id)
    return out.WatchedSourceOut(
        name=record.name, kind=record.kind, title=record.kind if kind is None else kind.title, demo=record.demo,
        activity=seen.activity, health=seen.health, attention=seen.needs_attention(errors), task=seen.task,
        since=seen.since, error=seen.error, run=None if run is None else source_shapes.run(run),
        waiting=counts.waiting.get(record.id, 0), documents=counts.documents.get(record.id, 0), errors=errors,
        succeeded_at=seen.succeeded_at, next_task=seen.next_task, next_at=seen.next_at,
        blackout_until=seen.blackout_until, bounds=bounds, course=[], course_hours=0,
    )  # fmt: skip


# What failed


def failing(
    session: Session, record: SourceRecord, now: datetime, *, code: str, text: str, after: tuple[str, str] | None,
    limit: int,
) -> list[out.FailingOut]:  # fmt: skip
    """Items and documents together, by key, from the one after ``after`` (a key and what it is)."""
    found = [
        *_items(session, record, now, code, text, after, limit),
        *_documents(session, record, code, text, after, limit),
    ]
    return sorted(found, key=lambda each: (each.key, each.what))[:limit]


def codes(session: Session, record: SourceRecord, text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for table, code in ((FailureRow, FailureRow.code), (DocumentRow, DocumentRow.failure_code)):
        rows = select(code, func.count()).where(*_failed(table, record.id), *_named(table, text)).group_by(code)
        for name, number in session.execute(rows):
            counts[name or "failed"] = counts.get(name or "failed", 0) + number
    return dict(sorted(counts.items()))


def _items(
    session: Session, record: SourceRecord, now: datetime, code: str, text: str, after: tuple[str, str] | None,
    limit: int,
) -> Iterator[out.FailingOut]:  # fmt: skip
    query = select(FailureRow).where(*_failed(FailureRow, record.id), *_named(FailureRow, text))
    if code:
        query = query.where(FailureRow.code == code)
    if after is not None:
        # Of the same key, the document comes before the item.
        query = query.where(FailureRow.key >= after[0] if after[1] == "document" else FailureRow.key > after[0])
    for row in session.scalars(query.order_by(FailureRow.key).limit(limit)):
        state = "stopped" if row.next_at is None else "waiting" if row.next_at > now else "retrying"
        yield out.FailingOut(
            key=row.key, what="item", document=None, code=row.code, reason=row.reason, state=state,
            attempts=row.attempts, first_at=row.first_at, last_at=row.last_at, next_at=row.next_at,
        )  # fmt: skip


def _documents(
    session: Session, record: SourceRecord, code: str, text: str, after: tuple[str, str] | None, limit: int
) -> Iterator[out.FailingOut]:
    query = (
        select(DocumentRow, OutboxRow.token.is_not(None))
        .outerjoin(OutboxRow, OutboxRow.document_id == DocumentRow.id)
        .where(*_failed(DocumentRow, record.id), *_named(DocumentRow, text))
    )
    if code:
        query = query.where(func.coalesce(DocumentRow.failure_code, "failed") == code)
    if after is not None:
        query = query.where(DocumentRow.key > after[0])
    for row, in_line in session.execute(query.order_by(DocumentRow.key).limit(limit)):
        yield out.FailingOut(
            key=row.key, what="document", document=row.id, code=row.failure_code or "failed",
            reason=row.failure_reason or "", state="retrying" if in_line else "stopped", attempts=None,
            first_at=None, last_at=row.confirmed_at, next_at=None,
        )  # fmt: skip


def _failed(table: type[FailureRow] | type[DocumentRow], source_id: str) -> tuple[ColumnElement[bool], ...]:
    # An item without an attempt is an announced change, in line to be read.
    failed = FailureRow.attempts > 0 if table is FailureRow else DocumentRow.state == "failed"
    return table.source_id == source_id, failed


def _named(table: type[FailureRow] | type[DocumentRow], text: str) -> tuple[ColumnElement[bool], ...]:
    return (table.key.icontains(text, autoescape=True),) if text else ()


# How it came to be as it is


def changes(row: SourceVersionRow, before: SourceVersionRow | None, changed_by: str) -> out.SourceChangeOut:
    was = {} if before is None else _settings(before)
    will = _settings(row)
    return out.SourceChangeOut(
        version=row.version, changed_by=changed_by, changed_at=row.changed_at,
        changes=[
            out.SettingChangeOut(setting=name, before=was.get(name), after=will.get(name))
            for name in sorted({*was, *will})
            if was.get(name) != will.get(name)
        ],
    )  # fmt: skip


def _settings(row: SourceVersionRow) -> dict[str, Any]:
    return dict(_flat({"settings": row.config, "plan": row.plan}, ""))


def _flat(value: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        path = f"{place}.{name}" if place else name
        if isinstance(inner, dict) and inner:
            yield from _flat(cast("dict[str, Any]", inner), path)
        else:
            yield path, inner


def estimate(session: Session, record: SourceRecord) -> out.EstimateOut:
    held = documents.held_count(session, record.id)
    rows = session.scalars(
        select(RunRow)
        .where(RunRow.source_id == record.id, RunRow.task == "poll", RunRow.state == "done")
        .order_by(RunRow.started_at.desc())
        .limit(200)
    )
    basis = max(((_read(row), row.started_at, row) for row in rows), default=None)
    if basis is None or basis[0] == 0 or basis[2].finished_at is None:
        return out.EstimateOut(documents=held, seconds=None, basis_items=None, basis_started_at=None)
    items, _, row = basis
    took = max((basis[2].finished_at - row.started_at).total_seconds(), 0.1)
    return out.EstimateOut(
        documents=held, seconds=held * took / items, basis_items=items, basis_started_at=row.started_at
    )


def _read(row: RunRow) -> int:
    return sum(row.counts.get(name, 0) for name in ("new", "changed", "unchanged", "failed"))


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()
