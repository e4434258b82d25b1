from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.blackout import WEEKDAYS, Blackout, blackout_end, leaves_time
from connectors.plan import ON_REQUEST, Plan, duration_text, parse_duration, plan_of
from core.errors import Invalid

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia")
CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Berlin, forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Berlin, back
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York, forward
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York, back
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, back by half an hour
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),  # Lord Howe, forward by half an hour
)
MOMENTS = st.one_of(
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.builds(
        lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-240, 240)
    ),
)
TIMES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
WINDOWS = st.builds(
    Blackout,
    start=TIMES,
    end=TIMES,
    timezone=st.sampled_from(ZONES),
    weekdays=st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True).map(tuple),
)


@given(st.integers(0, 30 * 86400))
def test_a_duration_reads_back_as_it_was_written(seconds: int) -> None:
    assert parse_duration(duration_text(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("6h", 21600), ("1d", 86400), ("1h30m", 5400)]
)
def test_durations_are_written_with_their_units(text: str, seconds: int) -> None:
    assert parse_duration(text).total_seconds() == seconds


def test_a_source_that_lists_everything_needs_only_its_poll() -> None:
    plan = plan_of({}, lists_everything=True)
    assert plan.poll is not None
    assert (plan.sweep, plan.access, plan.principals) == (None, None, None)
    assert {task for kind in ("content", "deletions", "permissions") for task in plan.confirming(kind)} == {"poll"}


def test_a_source_that_tells_changes_is_swept_and_asked_for_permissions() -> None:
    plan = plan_of({}, lists_everything=False)
    assert plan.confirming("deletions") == ("sweep",)
    assert plan.confirming("permissions") == ("access", "principals")


@pytest.mark.parametrize("lists_everything", [True, False])
def test_the_default_bounds_can_be_kept_by_the_default_schedules(lists_everything: bool) -> None:
    plan = plan_of({}, lists_everything=lists_everything)
    for kind in ("content", "deletions", "permissions"):
        bound = plan.bounds.of(kind)
        for task in plan.confirming(kind):
            schedule = plan.schedule(task)
            assert schedule is not None
            assert schedule.every is not None
            assert bound is not None
            assert 2 * (schedule.every + schedule.spread) <= bound


def test_what_is_declared_counts_and_the_defaults_hold_for_the_rest() -> None:
    declared: dict[str, Any] = {"sweep": None, "bounds": {"content": "10m"}, "stale": "refuse"}
    plan = plan_of(declared, lists_everything=False)
    assert plan.sweep is None
    assert plan.confirming("deletions") == ("poll",)
    assert plan.bounds.content == timedelta(minutes=10)
    assert plan.bounds.deletions == timedelta(hours=14)
    assert plan.stale == "refuse"
    assert (plan.objective, plan.slice_seconds) == (0.99, 30)


def test_a_source_that_is_read_on_request_promises_nothing() -> None:
    plan = plan_of(ON_REQUEST, lists_everything=True)
    assert plan.poll is None
    assert plan.bounds.content is None


@pytest.mark.parametrize("lists_everything", [True, False])
def test_a_plan_reads_back_as_it_was_written(lists_everything: bool) -> None:
    window = {"start": "22:00", "end": "06:00", "timezone": "Europe/Berlin", "weekdays": ["sat", "sun"]}
    cron = {"cron": "30 2 * * mon-fri", "timezone": "Asia/Kolkata", "jitter": "5m"}
    plan = plan_of({"blackout": [window], "poll": cron}, lists_everything=lists_everything)
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_a_time_of_day_that_yaml_took_for_a_number_is_understood() -> None:
    assert Blackout.model_validate({"start": 22 * 60, "end": "06:30"}) == Blackout.model_validate(
        {"start": "22:00", "end": "06:30"}
    )


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"pol": {"every": "5m"}}, "pol is not a setting"),
        ({"poll": {"evry": "5m"}}, "poll.evry is not a setting"),
        ({"poll": {"every": 15}}, "needs its unit"),
        ({"poll": {"every": "PT15M"}}, "not a duration"),
        ({"poll": {"every": "0s"}}, "poll.every"),
        ({"poll": {}}, "either every or cron"),
        ({"poll": {"every": "5m", "cron": "* * * * *"}}, "either every or cron"),
        ({"poll": {"cron": "0 0 30 2 *"}}, "never comes"),
        ({"poll": {"cron": "@hourly"}}, "five fields"),
        ({"poll": {"cron": "99 2 * * *"}}, "'99' for the minute, which goes from 0 to 59"),
        ({"poll": {"cron": "0 2 * * monday"}}, "'monday' for the weekday"),
        ({"poll": {"cron": "0 0 2 * * *"}}, "five fields"),
        ({"poll": {"every": "5m", "timezone": "Mars"}}, "not a time zone"),
        ({"poll": {"every": "5m", "timezone": "Europe"}}, "not a time zone"),
        ({"bounds": {"content": "0s"}}, "bounds.content"),
        ({"bounds": {"freshness": "1h"}}, "bounds.freshness is not a setting"),
        ({"objective": 1}, "objective"),
        ({"stale": "hide"}, "stale"),
        ({"slice_seconds": 0}, "slice_seconds"),
        ({"blackout": [{"start": "22:00:30", "end": "06:00"}]}, "time of day"),
        ({"blackout": [{"start": "00:00", "end": "00:00"}]}, "no time to run"),
        ({"blackout": [{"start": "00:00", "end": "12:00"}, {"start": "11:00", "end": "00:30"}]}, "no time to run"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(declared: dict[str, Any], told: str) -> None:
    with pytest.raises(Invalid, match=told):
        plan_of(declared, lists_everything=False)


@given(st.lists(WINDOWS, min_size=1, max_size=3), MOMENTS)
def test_a_moment_is_in_a_window_as_the_clock_on_its_wall_tells(windows: list[Blackout], moment: datetime) -> None:
    if not leaves_time(windows):
        return
    end = blackout_end(windows, moment)
    if any(_by_the_clock(window, moment) for window in windows):
        assert end is not None
    if end is not None:
        assert end > moment
        assert not any(_by_the_clock(window, end) for window in windows)


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    window = Blackout.model_validate({"start": "22:00", "end": "06:00", "weekdays": ["fri"]})
    saturday = datetime(2026, 11, 21, tzinfo=UTC)
    assert blackout_end([window], saturday + timedelta(hours=5)) == saturday + timedelta(hours=6)
    assert blackout_end([window], saturday + timedelta(hours=23)) is None


def test_windows_that_touch_are_one() -> None:
    windows = [
        Blackout.model_validate({"start": "01:00", "end": "02:00"}),
        Blackout.model_validate({"start": "02:00", "end": "03:00"}),
    ]
    assert blackout_end(windows, datetime(2026, 11, 22, 1, 30, tzinfo=UTC)) == datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "moment", "ends"),
    [
        # 2026-03-29 the clock goes from 02:00 to 03:00, on 2026-10-25 from 03:00 to 02:00.
        ("04:00", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 2, 0, tzinfo=UTC)),
        ("04:00", datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 25, 3, 0, tzinfo=UTC)),
        # Half past two does not exist, or exists twice: the longer of its readings holds.
        ("02:30", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("02:30", datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_window_ends_by_the_wall_clock_in_the_night_in_which_it_changes(
    end: str, moment: datetime, ends: datetime
) -> None:
    window = Blackout.model_validate({"start": "01:00", "end": end, "timezone": "Europe/Berlin"})
    assert blackout_end([window], moment) == ends


def _by_the_clock(window: Blackout, moment: datetime) -> bool:
    """An oracle of its own: what a person sees who looks at the clock on the wall and at the calendar."""
    local = moment.astimezone(ZoneInfo(window.timezone))
    today, yesterday = WEEKDAYS[local.weekday()], WEEKDAYS[local.weekday() - 1]
    at = local.time()
    if window.start < window.end:
        return today in window.weekdays and window.start <= at < window.end
    return (today in window.weekdays and at >= window.start) or (yesterday in window.weekdays and at < window.end)
