"""Reading a source because somebody asks, by a worker or here where there is none; and following how far that is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.runtime import Runtime
from connectors import failures, repository, tasks
from connectors.plan import TASKS, stored_plan
from connectors.repository import SourceRecord
from connectors.tables import RunRow
from core.errors import Conflict, Unavailable, VouchError
from core.jobs import Job, MemoryQueue
from ingest import repository as documents
from ingest.sync import Failure, Task
from ingest.tables import DocumentRow

LOOK_AGAIN_SECONDS = 0.2
COUNTS = ("new", "changed", "unchanged", "access_changed", "deleted", "suppressed")
FAILURES_TOLD = 1000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for, at ``at``: the ``tasks`` of the source; ``due`` are others that were due anyway.
    ``before`` is how its tasks stood. ``faults`` gets what the work here ended with, unless it ended well."""

    record: SourceRecord
    tasks: tuple[str, ...]
    due: tuple[str, ...]
    at: datetime
    before: Mapping[str, tasks.TaskState]
    faults: list[Exception] = field(default_factory=list[Exception])


@dataclass(frozen=True, slots=True)
class Far:
    """How far it is. ``total`` is None while the source has not said how much there is."""

    phase: str
    """``waiting`` for a worker, ``reading`` (in ``task``), or ``ingesting``."""
    task: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it: items by what became of them, and everything of the source that cannot be read now."""

    source: str
    counts: Mapping[str, int]
    failures: tuple[Failure, ...]


def attended(runtime: Runtime) -> bool:
    """Whether workers take jobs off the queue of this process. The queue in memory has none."""
    return not isinstance(runtime.connecting.queue, MemoryQueue)


def ask(runtime: Runtime, record: SourceRecord, *, full: bool = False, confirm_empty: bool = False) -> Asked:
    """Have a source read, all of it when ``full``. The work goes on whether or not somebody follows it.

    A source that had items and lists none counts as not mounted, unless ``confirm_empty``; then it is read here.
    """
    _refuse_paused(record)
    before = _states(runtime, record)
    if not before:
        runtime.connecting.work.plan(record)
    at = runtime.clock()
    runtime.connecting.work.ask_for(record, full=full)
    plan = stored_plan(record.plan)
    wanted = ("poll", *(task for task in TASKS if full and task != "poll" and plan.schedule(task) is not None))
    states = _states(runtime, record)
    due = (name for name, state in states.items() if state.due_at is not None and state.due_at <= at)
    others = tuple(name for name in due if name not in wanted)
    begun = Asked(record, wanted, others, at, before)
    _begin(runtime, begun, confirm_empty=confirm_empty)
    return begun


def ask_again(runtime: Runtime, record: SourceRecord, keys: Sequence[str] | None = None) -> Asked:
    """Have everything read and parsed again that failed, or just these items."""
    _refuse_paused(record)
    before = _states(runtime, record)
    at = runtime.clock()
    runtime.connecting.work.retry(record, keys)
    begun = Asked(record, ("retry",), (), at, before)
    _begin(runtime, begun)
    return begun


def follow(runtime: Runtime, asked: Asked) -> Iterator[Far | Came]:
    """How far it is, whenever that changes, and at last what came of it. Raises what stopped it."""
    before: Far | None = None
    most = 0
    while True:
        if asked.faults:
            raise asked.faults[0]
        with runtime.database.reading() as session:
            record = repository.by_id(session, asked.record.id)
            reading = not _all_ended(tasks.of_source(session, asked.record.id), asked)
            waiting = documents.pending_of(session, asked.record.id)
            run = repository.last_run(session, asked.record.id)
            stopped = repository.was_stopped(session, asked.record.id, asked.at)
        if not reading and not waiting:
            break
        if stopped:
            raise Conflict(
                f"The reading of {asked.record.name} was stopped meanwhile.", hint="It goes on at its next turn."
            )
        if record is None or record.state != "active":
            raise Conflict(f"{asked.record.name} was paused or removed meanwhile.", hint="vouch sources list tells.")
        most = max(most, waiting)
        now = _far(run) if reading else Far("ingesting", "", most - waiting, most)
        if now != before:
            yield now
            before = now
        time.sleep(LOOK_AGAIN_SECONDS)
    with runtime.database.reading() as session:
        _raise_failed(tasks.of_source(session, asked.record.id), asked)
        yield _came(session, asked)


def unread(session: Session, source_id: str) -> tuple[Failure, ...]:
    """Everything of the source that cannot be read, or not be parsed, now."""
    items = [
        Failure(row.key, row.code, row.reason)
        for row in failures.of_source(session, source_id, FAILURES_TOLD)
        if row.attempts
    ]
    rows = session.execute(
        select(DocumentRow.key, DocumentRow.failure_code, DocumentRow.failure_reason)
        .where(DocumentRow.source_id == source_id, DocumentRow.state == "failed")
        .order_by(DocumentRow.key)
        .limit(FAILURES_TOLD)
    )
    return (*items, *(Failure(key, code or "failed", reason or "") for key, code, reason in rows))


def _begin(runtime: Runtime, asked: Asked, *, confirm_empty: bool = False) -> None:
    if attended(runtime) and not confirm_empty:
        return

    def work() -> None:
        try:
            _perform(runtime, asked, confirm_empty)
        except Exception as error:
            if not isinstance(error, VouchError):
                log.error("source.sync_failed", source=asked.record.name, exc_info=error)
            asked.faults.append(error)

    threading.Thread(target=work, name="source-sync", daemon=True).start()


def _perform(runtime: Runtime, asked: Asked, confirm_empty: bool) -> None:
    """The part of a worker, in this process, until nothing of it is due."""
    work = runtime.connecting.work
    for task in (*asked.tasks, *asked.due):
        while _wanted(runtime, asked, task):
            work.read(asked.record.id, cast("Task", task), confirm_empty=confirm_empty)
            if _wanted(runtime, asked, task):
                # Its slice ended, or another run has the source.
                time.sleep(LOOK_AGAIN_SECONDS)
    while _waiting(runtime, asked.record):
        work.perform(Job("ingest"))
        if _waiting(runtime, asked.record):
            time.sleep(LOOK_AGAIN_SECONDS)


def _wanted(runtime: Runtime, asked: Asked, task: str) -> bool:
    with runtime.database.reading() as session:
        record = repository.by_id(session, asked.record.id)
        states = tasks.of_source(session, asked.record.id)
        stopped = repository.was_stopped(session, asked.record.id, asked.at)
    return record is not None and record.state == "active" and not stopped and not _ended(states, asked, task)


def _waiting(runtime: Runtime, record: SourceRecord) -> bool:
    with runtime.database.reading() as session:
        return documents.pending_of(session, record.id) > 0


def _all_ended(states: Mapping[str, tasks.TaskState], asked: Asked) -> bool:
    return all(_ended(states, asked, task) for task in (*asked.tasks, *asked.due))


def _ended(states: Mapping[str, tasks.TaskState], asked: Asked, task: str) -> bool:
    """It failed or went through since it was asked for; one that was only due may have been at it already then."""
    state, before = states.get(task), asked.before.get(task)
    if state is None or _failed(state, asked):
        return True
    if task in asked.due:
        return state.succeeded_at != (None if before is None else before.succeeded_at)
    return state.succeeded_at is not None and state.succeeded_at >= asked.at


def _failed(state: tasks.TaskState, asked: Asked) -> bool:
    before = asked.before.get(state.task)
    return state.failures > (0 if before is None else before.failures)


def _raise_failed(states: Mapping[str, tasks.TaskState], asked: Asked) -> None:
    for task in (*asked.tasks, *asked.due):
        state = states.get(task)
        if state is not None and _failed(state, asked):
            name = asked.record.name
            raise Unavailable(
                f"{name} could not be read ({task}): {state.error or 'no reason was given'}",
                hint=f"It is tried again by itself. To try it step by step: vouch sources check {name}",
            )


def _far(run: RunRow | None) -> Far:
    if run is None or run.state not in (*repository.UNDER_WAY, "stopped"):
        return Far("waiting", "", 0, None)
    return Far("reading", run.task, run.counts.get("read", 0), run.counts.get("total"))


def _came(session: Session, asked: Asked) -> Came:
    rows = session.scalars(
        select(RunRow).where(RunRow.source_id == asked.record.id, RunRow.started_at >= asked.at)
    ).all()
    found = unread(session, asked.record.id)
    counts = {name: sum(row.counts.get(name, 0) for row in rows) for name in COUNTS}
    return Came(asked.record.name, {**counts, "failed": len(found)}, found)


def _states(runtime: Runtime, record: SourceRecord) -> dict[str, tasks.TaskState]:
    with runtime.database.reading() as session:
        return tasks.of_source(session, record.id)


def _refuse_paused(record: SourceRecord) -> None:
    if record.state != "active":
        raise Conflict(f"{record.name} is paused.", hint=f"Let it be read again: vouch sources resume {record.name}")
