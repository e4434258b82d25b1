from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.freshness import lags, repository
from connectors.freshness.lags import LADDER, bucket_of, exact, interval, observe, quantile
from connectors.freshness.status import Window, freshness_of
from connectors.plan import plan_of
from connectors.repository import SourceRecord
from core.database import Database
from tests.conftest import StandingClock

PLAN = plan_of({}, lists_everything=False)
MINUTE = timedelta(minutes=1)
LAGS = st.lists(st.timedeltas(timedelta(0), timedelta(days=400)), min_size=1, max_size=50)


@given(LAGS)
def test_a_lag_is_never_over_its_bucket_and_always_over_the_one_below(those: list[timedelta]) -> None:
    for lag in those:
        bucket = bucket_of(lag)
        below = LADDER[LADDER.index(bucket) - 1] if bucket != LADDER[0] else -1.0
        assert below < lag.total_seconds() <= bucket


@given(LAGS, st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_an_upper_bound_of_the_share_of_the_lags(those: list[timedelta], share: float) -> None:
    histogram: dict[float, int] = {}
    for lag in those:
        histogram[bucket_of(lag)] = histogram.get(bucket_of(lag), 0) + 1
    upper = quantile(histogram, share)
    assert upper is not None
    assert sum(lag <= upper for lag in those) >= share * len(those)
    assert quantile({}, share) is None


def test_lags_count_from_the_time_stamp_of_the_source_where_it_has_one() -> None:
    agreed = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    changed = [agreed - 5 * MINUTE, None, agreed + MINUTE]
    assert exact(changed, agreed) == (5 * MINUTE, timedelta(0))


def test_what_a_sweep_found_counts_from_the_start_of_the_sweep_before() -> None:
    agreed = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    assert interval(3, agreed - timedelta(hours=6), agreed) == (timedelta(hours=6),) * 3
    assert interval(3, None, agreed) == ()


def test_observations_of_several_runs_add_up(database: Database, record: SourceRecord, clock: StandingClock) -> None:
    for _ in range(3):
        with database.writing() as session:
            observe(session, record.id, "content", [MINUTE] * 8 + [40 * MINUTE] * 2, timedelta(minutes=30), clock())
    with database.reading() as session:
        fresh = freshness_of(session, record, PLAN, clock())
    assert [(each.days, each.count, each.late) for each in fresh.content.windows] == [
        (7, 30, 6),
        (30, 30, 6),
        (90, 30, 6),
    ]
    assert fresh.content.p50 == MINUTE
    assert fresh.content.p95 == 45 * MINUTE
    assert fresh.deletions.windows[0].count == 0
    assert fresh.deletions.p50 is None


def test_nothing_observed_writes_nothing(database: Database, record: SourceRecord, clock: StandingClock) -> None:
    with database.writing() as session:
        observe(session, record.id, "content", [], MINUTE, clock())
    with database.reading() as session:
        assert freshness_of(session, record, PLAN, clock()).content.windows[0].attainment is None


def test_late_counts_against_the_bound_of_the_day(
    database: Database, record: SourceRecord, clock: StandingClock
) -> None:
    with database.writing() as session:
        observe(session, record.id, "content", [10 * MINUTE], 5 * MINUTE, clock())
        observe(session, record.id, "content", [10 * MINUTE], 10 * MINUTE, clock())
        observe(session, record.id, "content", [10 * MINUTE], None, clock())
    with database.reading() as session:
        assert freshness_of(session, record, PLAN, clock()).content.windows[0].late == 1


def test_each_window_holds_its_days_and_no_others(
    database: Database, record: SourceRecord, clock: StandingClock
) -> None:
    for ago in (0, 6, 7, 29, 30, 89, 90):
        with database.writing() as session:
            observe(session, record.id, "content", [MINUTE], MINUTE, clock() - timedelta(days=ago))
    with database.reading() as session:
        windows = freshness_of(session, record, PLAN, clock()).content.windows
        assert [each.count for each in windows] == [2, 4, 6]
    with database.writing() as session:
        repository.forget(session, lags.day_of(clock() - timedelta(days=89)))
        observe(session, record.id, "content", [], None, clock())
        kept = repository.observed(session, record.id, "0000-00-00", "9999-99-99")
    assert len(kept) == 6


@given(st.integers(1, 10**6), st.data(), st.floats(0.01, 0.999))
def test_attainment_budget_and_burn_rate_tell_the_same(count: int, data: st.DataObject, objective: float) -> None:
    late = data.draw(st.integers(0, count))
    window = Window(30, count, late, objective)
    assert window.attainment is not None
    assert (window.budget_left >= -1e-9) == (window.attainment >= objective - 1e-9 * (1 - objective))
    assert abs(window.burn_rate * (1 - objective) + window.attainment - 1) < 1e-9


def test_an_objective_just_met_burns_its_whole_budget() -> None:
    window = Window(7, 1000, 10, 0.99)
    assert abs(window.burn_rate - 1) < 1e-9
    assert abs(window.budget_left) < 1e-9
    assert Window(7, 0, 0, 0.99).budget_left == 1
