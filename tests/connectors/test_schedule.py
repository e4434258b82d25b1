from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.blackout import blackout_end, leaves_time
from connectors.plan import Plan, plan_of
from connectors.schedule import LONGEST_PAUSE, LONGEST_WAIT, next_due, next_fire, pause
from tests.connectors.test_plan import MOMENTS, WINDOWS, ZONES

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPANS = st.timedeltas(timedelta(0), timedelta(days=20))


def _plan(**poll: Any) -> Plan:
    return plan_of({"poll": poll}, lists_everything=True)


def _due(plan: Plan, last: datetime | None, now: datetime = NOW, seed: int = 0, **what: Any) -> datetime:
    due = next_due(plan, "poll", last, now, Random(seed), **what)
    assert due is not None
    return due


def test_a_task_without_a_schedule_is_never_due() -> None:
    assert next_due(_plan(every="5m"), "sweep", None, NOW, Random(0)) is None


def test_a_first_run_is_due_at_once() -> None:
    assert _due(_plan(every="5m"), None) == NOW


@given(MOMENTS, SPANS, st.integers(1, 86400), st.integers(0, 3600), st.integers(0, 99))
def test_an_interval_counts_from_the_last_start_and_jitter_only_adds(
    last: datetime, later: timedelta, every: int, jitter: int, seed: int
) -> None:
    now = last + later
    due = _due(_plan(every=f"{every}s", jitter=f"{jitter}s"), last, now, seed)
    assert now <= due
    assert due <= max(now, last + timedelta(seconds=every + jitter))
    if later < timedelta(seconds=every):
        assert due >= last + timedelta(seconds=every)


def test_jitter_spreads_sources_that_are_due_together() -> None:
    plan = _plan(every="1h", jitter="10m")
    assert len({_due(plan, NOW, seed=seed) for seed in range(50)}) == 50


def test_a_start_stamped_by_a_clock_that_was_ahead_does_not_put_the_next_off() -> None:
    assert _due(_plan(every="5m", jitter="0s"), NOW + timedelta(days=3)) == NOW + timedelta(minutes=5)


def test_runs_missed_while_nothing_ran_are_one_at_once() -> None:
    assert _due(_plan(every="5m"), NOW - timedelta(days=2)) == NOW
    assert _due(_plan(cron="0 2 * * *"), NOW - timedelta(days=2)) == NOW


# Failures


@given(st.integers(1, 1000), st.integers(0, 99))
def test_the_pause_after_failures_grows_to_an_hour_and_no_further(failures: int, seed: int) -> None:
    shorter, longer = pause(failures, None, Random(seed)), pause(failures + 1, None, Random(seed))
    assert timedelta(seconds=15) <= shorter <= longer <= LONGEST_PAUSE


def test_what_the_source_asks_for_is_waited_for_but_not_forever() -> None:
    assert _due(_plan(every="5m"), NOW, failures=1, retry_after=7200) == NOW + 2 * HOUR
    assert _due(_plan(every="5m"), NOW, failures=0, retry_after=7200) == NOW + 2 * HOUR
    assert _due(_plan(every="5m"), NOW, failures=1, retry_after=1e9) == NOW + LONGEST_WAIT
    assert _due(_plan(every="5m"), NOW, failures=1, retry_after=-5) > NOW


def test_a_failed_run_of_a_rare_task_is_tried_again_long_before_its_next_turn() -> None:
    assert _due(_plan(every="1d"), NOW, failures=1) <= NOW + timedelta(seconds=30)


# Blackout


@given(
    st.lists(WINDOWS, min_size=1, max_size=3),
    st.sampled_from([{"every": "7m"}, {"every": "1d", "jitter": "2h"}, {"cron": "30 2 * * *"}]),
    MOMENTS,
    st.none() | SPANS,
    st.integers(0, 3),
    st.integers(0, 99),
)
def test_nothing_is_due_within_a_blackout(
    windows: list[Any], poll: dict[str, Any], now: datetime, since: timedelta | None, failures: int, seed: int
) -> None:
    if not leaves_time(windows):
        return
    plan = plan_of({"poll": poll, "blackout": windows}, lists_everything=True)
    due = _due(plan, None if since is None else now - since, now, seed, failures=failures)
    assert due >= now
    assert blackout_end(windows, due) is None


def test_what_falls_into_a_blackout_comes_at_its_end() -> None:
    plan = plan_of(
        {"poll": {"every": "5m", "jitter": "0s"}, "blackout": [{"start": "08:00", "end": "10:00"}]},
        lists_everything=True,
    )
    assert _due(plan, NOW) == NOW + HOUR
    assert _due(plan, NOW, failures=1) == NOW + HOUR


# Cron, and clocks that change


@example("15,45 1-3 * * *", "Europe/Berlin", datetime(2026, 3, 29, 1, 5, tzinfo=UTC))
@example("*/15 * * * *", "Europe/Berlin", datetime(2026, 10, 25, 0, 50, tzinfo=UTC))
@given(
    st.sampled_from(["*/15 * * * *", "0 * * * *", "30 2 * * *", "15,45 1-3 * * *", "0 6 * * mon-fri", "0 0 1 * *"]),
    st.sampled_from(ZONES),
    MOMENTS,
)
def test_cron_fires_later_than_asked_at_a_time_that_the_line_names(cron: str, zone: str, after: datetime) -> None:
    fire = next_fire(cron, zone, after)
    assert fire > after
    again = next_fire(cron, zone, fire)
    assert again > fire
    # Nothing is passed over: asked from in between, the answer is the same.
    assert next_fire(cron, zone, fire - timedelta(seconds=1)) == fire
    assert next_fire(cron, zone, after + (fire - after) / 2) == fire


@given(st.sampled_from(ZONES), MOMENTS)
@example("Europe/Berlin", datetime(2026, 10, 24, 23, 50, tzinfo=UTC))
@example("Europe/Berlin", datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
@example("Europe/Berlin", datetime(2026, 3, 29, 0, 10, tzinfo=UTC))
@example("Australia/Lord_Howe", datetime(2026, 4, 4, 14, 10, tzinfo=UTC))
@example("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 10, tzinfo=UTC))
def test_a_line_for_every_quarter_of_an_hour_keeps_its_pace_whatever_the_clock_does(zone: str, after: datetime) -> None:
    fires = [after]
    for _ in range(12):
        fires.append(next_fire("*/15 * * * *", zone, fires[-1]))
    gaps = {later - earlier for earlier, later in pairwise(fires[1:])}
    # Lord Howe changes by half an hour, which quarters of an hour do not notice either.
    assert gaps == {timedelta(minutes=15)}


@pytest.mark.parametrize(
    ("zone", "year"), [("Europe/Berlin", 2026), ("America/New_York", 2026), ("Australia/Lord_Howe", 2026)]
)
@pytest.mark.parametrize("cron", ["30 2 * * *", "15 1 * * *", "0 3 * * *", "45 1 * * *"])
def test_a_daily_line_fires_once_on_every_day_of_the_year(cron: str, zone: str, year: int) -> None:
    at = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)) - timedelta(seconds=1)
    days: list[str] = []
    for _ in range(365):
        at = next_fire(cron, zone, at)
        days.append(at.astimezone(ZoneInfo(zone)).date().isoformat())
    assert len(set(days)) == 365
    assert days[-1] == f"{year}-12-31"


@pytest.mark.parametrize(
    ("after", "fires"),
    [
        # The time does not exist on 2026-03-29: it comes an hour later by the clock.
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # It exists twice on 2026-10-25: the first counts, and then the next day.
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
        # Asked after the clock went forward and before it comes.
        (datetime(2026, 3, 29, 1, 10, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_half_past_two_on_the_days_on_which_the_clock_changes(after: datetime, fires: datetime) -> None:
    assert next_fire("30 2 * * *", "Europe/Berlin", after) == fires
