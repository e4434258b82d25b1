"""What goes on with a source, and whether it keeps what it promises: two answers, so that neither hides the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.blackout import blackout_end
from connectors.freshness.status import Standing
from connectors.plan import Plan
from connectors.repository import UNDER_WAY, SourceRecord
from connectors.tables import RunRow
from connectors.tasks import RESEND_AFTER, TaskState
from core.tables import LeaseRow

Activity = Literal["stuck", "running", "queued", "idle", "paused"]
Health = Literal["failing", "breached", "late", "new", "on_time", "unbound"]
ACTIVITIES: tuple[Activity, ...] = get_args(Activity)
HEALTHS: tuple[Health, ...] = get_args(Health)
"""The worst first."""
LATE_AFTER = timedelta(minutes=3)
"""How long past its time a task may begin before its source counts as late."""
NOBODY_AFTER = RESEND_AFTER * 3
"""A task that no worker was told of for so long, though it is due, waits for nobody."""


@dataclass(frozen=True, slots=True)
class Watched:
    """``activity`` is what it does now; ``stuck`` where nobody is at it any more. ``health`` compares it with its plan:
    ``failing`` where the last run failed, ``late`` where a turn was missed within the bounds, ``unbound`` where it
    promises nothing."""

    activity: Activity
    health: Health
    task: str | None
    """What it does, or waits for."""
    since: datetime | None
    """How long the activity lasts, or the trouble where it does nothing."""
    next_task: str | None
    next_at: datetime | None
    blackout_until: datetime | None
    succeeded_at: datetime | None
    """When it was last read to its end."""
    error: str | None
    """Of the task that failed last."""

    def needs_attention(self, errors: int) -> bool:
        """Whether somebody should look. A paused source was left alone on purpose."""
        if self.activity == "paused":
            return False
        return self.activity == "stuck" or self.health in ("failing", "breached", "late") or errors > 0


def watched(
    record: SourceRecord, plan: Plan, states: Collection[TaskState], standings: Sequence[Standing],
    run: RunRow | None, held: bool, waiting: int, now: datetime,
) -> Watched:  # fmt: skip
    """``run`` is one that has not ended, ``held`` whether its process still has the source; ``waiting`` documents are
    on their way into the index."""
    scheduled = sorted((each for each in states if each.due_at is not None), key=lambda each: each.due_at or now)
    due = [each for each in scheduled if each.due_at is not None and each.due_at <= now]
    following = next(iter(scheduled), None)
    failing = [each for each in states if each.failures]
    activity, task, since = _activity(record, run, held, due, waiting, now)
    health = _health(record, standings, failing, due if activity != "running" else [], now)
    overdue = [each.overdue_since for each in standings if each.overdue_since is not None]
    polled = next((each.succeeded_at for each in states if each.task == "poll"), None)
    return Watched(
        activity, health, task,
        since or min(overdue, default=None),
        None if following is None else following.task,
        None if following is None or record.state == "paused" else following.due_at,
        blackout_end(plan.blackout, now),
        polled or record.confirmed_at,
        next((each.error for each in failing if each.error), None),
    )  # fmt: skip


def _activity(
    record: SourceRecord, run: RunRow | None, held: bool, due: Sequence[TaskState], waiting: int, now: datetime
) -> tuple[Activity, str | None, datetime | None]:
    if run is not None:
        return ("running" if held else "stuck"), run.task, run.started_at
    if record.state == "paused":
        return "paused", None, None
    if due:
        first = due[0]
        told = max(filter(None, (first.sent_at, first.due_at)), default=now)
        return ("stuck" if now - told > NOBODY_AFTER else "queued"), first.task, first.due_at
    if waiting:
        return "running", "ingest", None
    return "idle", None, None


def _health(
    record: SourceRecord, standings: Sequence[Standing], failing: Sequence[TaskState], due: Sequence[TaskState],
    now: datetime,
) -> Health:  # fmt: skip
    if failing:
        return "failing"
    if any(each.overdue_since is not None for each in standings):
        return "breached"
    if record.state == "active" and any(each.due_at is not None and now - each.due_at > LATE_AFTER for each in due):
        return "late"
    if any(each.confirmed_at is None for each in standings):
        return "new"
    return "unbound" if all(each.bound is None for each in standings) else "on_time"


def under_way(session: Session, source_ids: Sequence[str]) -> Mapping[str, RunRow]:
    """The runs that have not ended, by source."""
    rows = session.scalars(
        select(RunRow).where(RunRow.source_id.in_(source_ids), RunRow.state.in_(UNDER_WAY)).order_by(RunRow.started_at)
    )
    return {row.source_id: row for row in rows}


def held(session: Session, source_ids: Sequence[str], now: datetime) -> frozenset[str]:
    """Those of the sources that a process has now."""
    names = {f"source:{each}": each for each in source_ids}
    rows = session.scalars(select(LeaseRow.name).where(LeaseRow.name.in_(names), LeaseRow.until > now))
    return frozenset(names[name] for name in rows)
