"""When a task of a source is due next: a pure function of its plan, what came before, the time and a random source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from croniter import croniter

from connectors.blackout import blackout_end
from connectors.plan import Plan, Schedule, Task

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=1)
"""The most that a source's ``Retry-After`` counts: a wrong one must not park the source for good."""
_CLOCK_CHANGE = timedelta(hours=3)
"""No clock is put forward or back by more."""


def next_due(
    plan: Plan,
    task: Task,
    last_started: datetime | None,
    now: datetime,
    random: Random,
    *,
    failures: int = 0,
    retry_after: float | None = None,
) -> datetime | None:
    """When ``task`` is to begin, never before ``now``; None when it has no schedule.

    A first run, and one that was missed while nothing ran, is due at once: several missed ones are one. After
    ``failures`` in a row it is due after a pause that doubles with each, at least ``retry_after`` seconds; then the
    schedule does not count. Whatever would fall into a blackout window comes at its end.
    """
    schedule = plan.schedule(task)
    if schedule is None:
        return None
    spread = schedule.spread * random.random()
    if failures > 0 or retry_after is not None:
        due, spread = now + pause(failures, retry_after, random), timedelta(0)
    elif last_started is None:
        due = now
    else:
        # A start that lies ahead was stamped by a clock that was wrong.
        due = max(now, _regular(schedule, min(last_started, now)) + spread)
    end = blackout_end(plan.blackout, due)
    if end is None:
        return due
    # Drawn once more, so that what waited for the end of a window does not begin all at once.
    return end if blackout_end(plan.blackout, end + spread) is not None else end + spread


class _Punctual(Random):
    """Draws no jitter."""

    def random(self) -> float:
        return 0.0


def upcoming(plan: Plan, task: Task, last_started: datetime | None, now: datetime, count: int) -> tuple[datetime, ...]:
    """The next ``count`` times at which ``task`` begins if all goes well, without jitter; none without a schedule."""
    found: list[datetime] = []
    while len(found) < count:
        due = next_due(plan, task, last_started, now, _Punctual())
        if due is None:
            break
        found.append(due)
        last_started = now = due
    return tuple(found)


def pause(failures: int, retry_after: float | None, random: Random) -> timedelta:
    """How long to wait after ``failures`` in a row: doubling up to an hour, of which half is drawn; never less than
    what the source asked for."""
    longest = min(FIRST_PAUSE * 2 ** min(failures - 1, 20), LONGEST_PAUSE) if failures > 0 else timedelta(0)
    asked = timedelta(seconds=max(0.0, min(retry_after or 0.0, LONGEST_WAIT.total_seconds())))
    return max(longest * (0.5 + random.random() / 2), asked)


def next_fire(cron: str, timezone: str, after: datetime) -> datetime:
    """The first moment after ``after`` at which a cron line fires, in UTC.

    Where the clock is put forward over a time, it fires as much later; where it is put back, a line with fixed hours
    fires once, at the first of both, and one for every hour (``*``) goes on at its pace.
    """
    zone = ZoneInfo(timezone)
    twice = cron.split()[1].startswith("*")
    best: datetime | None = None
    for wall in _walls(cron, after, zone):
        # Only before a second reading of a time can the first reading of a later one come.
        if best is not None and wall > best.replace(tzinfo=None) + (_CLOCK_CHANGE if best.fold else timedelta(0)):
            break
        for fold in (0, 1) if twice else (0,):
            moment = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
            if moment > after and (best is None or moment < best.astimezone(UTC)):
                best = moment.astimezone(zone)
    assert best is not None
    return best.astimezone(UTC)


def _walls(cron: str, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The wall times of a cron line, in order, from the first that may still come after ``after``."""
    start = after.astimezone(zone).replace(tzinfo=None)
    around = [(after + by).astimezone(zone).utcoffset() for by in (-_CLOCK_CHANGE, _CLOCK_CHANGE)]
    if around[0] != around[1]:
        start -= _CLOCK_CHANGE
    # It knows nothing of time zones here: what it makes of a changing clock is not what is promised above.
    lines = croniter(cron, start)
    while True:
        yield lines.get_next(datetime)


def _regular(schedule: Schedule, last_started: datetime) -> datetime:
    if schedule.cron is not None:
        return next_fire(schedule.cron, schedule.timezone, last_started)
    assert schedule.every is not None
    return last_started + schedule.every
