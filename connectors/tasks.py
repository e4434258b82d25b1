"""What each source is to do next. These rows are the truth; a queue only carries their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, or_, select, update
from sqlalchemy.orm import Session

from connectors.tables import SourceRow, TaskRow
from core.database import insert_missing

RESEND_AFTER = timedelta(minutes=2)
"""A message that nobody has taken up for so long is taken for lost and sent again."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task of a source: when it is due, and how the last attempts went."""

    source_id: str
    task: str
    due_at: datetime | None
    failures: int
    error: str | None
    succeeded_at: datetime | None
    sent_at: datetime | None = None
    """When a worker was last told of it, while it is due."""


def of_source(session: Session, source_id: str) -> dict[str, TaskState]:
    rows = session.scalars(select(TaskRow).where(TaskRow.source_id == source_id))
    return {row.task: _state(row) for row in rows}


def of_sources(session: Session, source_ids: Sequence[str]) -> dict[str, list[TaskState]]:
    """The same of many, by source; those without a task are not in it."""
    found: dict[str, list[TaskState]] = {}
    for row in session.scalars(select(TaskRow).where(TaskRow.source_id.in_(source_ids))):
        found.setdefault(row.source_id, []).append(_state(row))
    return found


def set_due(session: Session, source_id: str, due: dict[str, datetime | None]) -> None:
    """When these tasks are due next; None leaves one to wait until somebody asks."""
    blank = [{"source_id": source_id, "task": task, "failures": 0} for task in due]
    insert_missing(session, TaskRow, blank)
    for task, moment in due.items():
        session.execute(_row(source_id, task).values(due_at=moment, sent_at=None))


def take_due(
    session: Session, now: datetime, limit: int = 100, *, source_id: str | None = None
) -> list[tuple[str, str]]:
    """(source id, task) pairs of active sources, or of one, that are due and not on their way, longest due first; they
    count as sent from now on."""
    rows = session.execute(
        select(TaskRow.source_id, TaskRow.task)
        .join(SourceRow, SourceRow.id == TaskRow.source_id)
        .where(
            SourceRow.state == "active",
            TaskRow.due_at <= now,
            or_(TaskRow.sent_at.is_(None), TaskRow.sent_at < now - RESEND_AFTER),
            *(() if source_id is None else (TaskRow.source_id == source_id,)),
        )
        .order_by(TaskRow.due_at, TaskRow.source_id, TaskRow.task)
        .limit(limit)
    ).all()
    taken = [(source, task) for source, task in rows]
    mark_sent(session, taken, now)
    return taken


def mark_sent(session: Session, tasks: Iterable[tuple[str, str]], now: datetime) -> None:
    for source_id, task in tasks:
        session.execute(_row(source_id, task).values(sent_at=now))


def forget_sent(session: Session) -> None:
    """Whatever was on its way is lost: what is due is sent again."""
    session.execute(update(TaskRow).values(sent_at=None))


def postpone(session: Session, source_id: str, task: str, now: datetime, due: datetime) -> None:
    """Another task of the source is at work: this one, where it is still due, comes up again."""
    session.execute(_row(source_id, task).where(TaskRow.due_at <= now).values(due_at=due, sent_at=None))


def succeeded(session: Session, source_id: str, task: str, started: datetime, due: datetime | None) -> None:
    """The task has seen everything up to ``started`` and is due next at ``due``, or earlier where somebody has asked
    for it since then."""
    state = of_source(session, source_id).get(task)
    if state is not None and state.due_at is not None and state.due_at > started:
        due = state.due_at if due is None else min(due, state.due_at)
    set_due(session, source_id, {task: due})
    session.execute(_row(source_id, task).values(failures=0, error=None, succeeded_at=started))


def unfinished(session: Session, source_id: str, task: str, now: datetime) -> None:
    """Its slice of time has ended: it goes on behind whatever else waits."""
    set_due(session, source_id, {task: now})


def failed(session: Session, source_id: str, task: str, error: str, due: datetime | None) -> None:
    set_due(session, source_id, {task: due})
    session.execute(_row(source_id, task).values(failures=TaskRow.failures + 1, error=error[:500]))


def _row(source_id: str, task: str) -> Update:
    return update(TaskRow).where(TaskRow.source_id == source_id, TaskRow.task == task)


def _state(row: TaskRow) -> TaskState:
    return TaskState(row.source_id, row.task, row.due_at, row.failures, row.error, row.succeeded_at, row.sent_at)
