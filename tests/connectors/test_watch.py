"""What a source does, and how it keeps its plan: neither hides the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.credentials import expiry
from connectors.freshness.status import Standing
from connectors.plan import Plan
from connectors.repository import SourceRecord
from connectors.schedule import upcoming
from connectors.tables import RunRow
from connectors.tasks import TaskState
from connectors.watch import Watched, watched
from core.secrets import Secret

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RUN = RunRow(id="r", source_id="s", task="poll", state="running", counts={}, started_at=NOW - MINUTE)


def record(state: str = "active") -> SourceRecord:
    return SourceRecord("s", "wiki", "s3", {}, {}, state, 1, False, NOW - HOUR)


def task(due: timedelta = MINUTE, failures: int = 0, sent: timedelta | None = None) -> TaskState:
    error = "The bucket refused it." if failures else None
    return TaskState("s", "poll", NOW + due, failures, error, NOW - HOUR, None if sent is None else NOW + sent)


def standing(overdue: datetime | None = None, bound: timedelta | None = 2 * HOUR) -> Standing:
    return Standing("content", bound, "ok" if overdue is None else "breach", NOW - HOUR, HOUR, overdue)


def seen(
    states: list[TaskState], source: SourceRecord | None = None, run: Any = None, *, held: bool = True,
    waiting: int = 0, at: Standing | None = None,
) -> Watched:  # fmt: skip
    return watched(source or record(), Plan(), states, [at or standing()], run, held, waiting, NOW)


@pytest.mark.parametrize(
    ("what", "activity", "health"),
    [
        (seen([task()]), "idle", "on_time"),
        (seen([task()], at=standing(bound=None)), "idle", "unbound"),
        (seen([task(-MINUTE, sent=-MINUTE)]), "queued", "on_time"),
        (seen([task(-4 * MINUTE, sent=-MINUTE)]), "queued", "late"),
        (seen([task(-HOUR, sent=-HOUR)]), "stuck", "late"),
        (seen([task(-HOUR, sent=-MINUTE)]), "queued", "late"),
        (seen([task(-HOUR)], run=RUN), "running", "on_time"),
        (seen([task(-MINUTE)], run=RUN, held=False), "stuck", "on_time"),
        (seen([task(-MINUTE, failures=2)], run=RUN), "running", "failing"),
        (seen([task(failures=2)], at=standing(NOW - HOUR)), "idle", "failing"),
        (seen([task()], at=standing(NOW - HOUR)), "idle", "breached"),
        (seen([task()], waiting=3), "running", "on_time"),
        (seen([task(-HOUR)], record("paused")), "paused", "on_time"),
    ],
)  # fmt: skip
def test_each_state_has_its_name(what: Watched, activity: str, health: str) -> None:
    assert (what.activity, what.health) == (activity, health)


def test_a_paused_source_asks_for_nothing() -> None:
    paused = seen([task(-HOUR, failures=3)], record("paused"), at=standing(NOW - HOUR))
    assert not paused.needs_attention(5)
    assert paused.next_at is None
    assert seen([task()]).needs_attention(1)
    assert not seen([task()]).needs_attention(0)


def test_upcoming_turns_wait_for_the_end_of_a_window() -> None:
    plan = Plan.model_validate({"poll": {"every": "1h"}, "blackout": [{"start": "13:30", "end": "16:00"}]})
    hours = [each.hour for each in upcoming(plan, "poll", NOW - HOUR, NOW, 4)]
    assert hours == [12, 13, 16, 17]
    assert upcoming(plan, "sweep", None, NOW, 4) == ()


def test_a_signed_token_says_until_when_it_holds() -> None:
    token = b"eyJhbGciOiJub25lIn0.eyJleHAiOjE3OTU0NDk2MDB9.c2lnbmVk"
    assert expiry(Secret(token)) == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert expiry(Secret(b"correct horse")) is None
    assert expiry(Secret(b"a.b.c")) is None
