"""One contract for the buckets in memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event

from connectors.http import Rate
from connectors.rates import Buckets, DatabaseBuckets, MemoryBuckets
from connectors.tables import BucketRow
from core.database import Base, Database, open_engine
from tests.conftest import StandingClock
from tests.core.audit import postgres

BUCKETS: Any = BucketRow.__table__


@pytest.fixture(scope="module")
def postgres_database() -> Generator[Database]:
    with postgres.server() as url:
        engine = open_engine(url)
        Base.metadata.create_all(engine, tables=[BUCKETS])
        database = Database(engine)
        yield database
        Base.metadata.drop_all(engine, tables=[BUCKETS])
        database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Database:
    if request.param == "sqlite":
        return request.getfixturevalue("database")
    kept: Database = request.getfixturevalue("postgres_database")
    with kept.writing() as session:
        session.execute(delete(BucketRow))
    return kept


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def buckets(request: pytest.FixtureRequest, clock: StandingClock) -> Buckets:
    if request.param == "memory":
        return MemoryBuckets(clock)
    if request.param == "sqlite":
        return DatabaseBuckets(request.getfixturevalue("database"), clock)
    kept: Database = request.getfixturevalue("postgres_database")
    with kept.writing() as session:
        session.execute(delete(BucketRow))
    return DatabaseBuckets(kept, clock)


def taken(buckets: Buckets, account: str, rate: Rate, tries: int = 100) -> int:
    return sum(buckets.take(account, rate) == 0.0 for _ in range(tries))


def test_a_burst_and_then_the_rate(buckets: Buckets, clock: StandingClock) -> None:
    rate = Rate(per_second=2, burst=5)
    assert taken(buckets, "a", rate) == 5
    clock.tick(seconds=2)
    assert taken(buckets, "a", rate) == 4
    clock.tick(seconds=3600)
    assert taken(buckets, "a", rate) == 5


def test_it_says_when_to_ask_again(buckets: Buckets, clock: StandingClock) -> None:
    rate = Rate(per_second=0.5)
    assert buckets.take("a", rate) == 0.0
    wait = buckets.take("a", rate)
    assert wait == pytest.approx(2.0)
    clock.tick(seconds=wait)
    assert buckets.take("a", rate) == 0.0


def test_accounts_do_not_share(buckets: Buckets) -> None:
    assert taken(buckets, "a", Rate(1, 3)) == 3
    assert taken(buckets, "b", Rate(1, 3)) == 3
    assert taken(buckets, "c" * 500, Rate(1, 3)) == 3


def test_a_block_holds_for_all_until_it_ends(buckets: Buckets, clock: StandingClock) -> None:
    buckets.block("a", 60)
    buckets.block("a", 5)
    for rate in (Rate(10, 10), None):
        assert buckets.take("a", rate) == pytest.approx(60)
    assert buckets.take("b", Rate(10, 10)) == 0.0
    clock.tick(seconds=61)
    for rate in (Rate(10, 10), None):
        assert buckets.take("a", rate) == 0.0


def test_without_a_rate_nothing_is_counted(buckets: Buckets) -> None:
    assert all(buckets.take("a", None) == 0.0 for _ in range(50))


def test_a_clock_that_goes_back_fills_nothing(buckets: Buckets, clock: StandingClock) -> None:
    rate = Rate(1, 2)
    assert taken(buckets, "a", rate) == 2
    clock.now -= timedelta(hours=1)
    assert taken(buckets, "a", rate) == 0
    clock.now += timedelta(hours=1)
    assert taken(buckets, "a", rate) == 0


def test_many_threads_together_get_no_more_than_there_is(buckets: Buckets) -> None:
    rate = Rate(per_second=1, burst=40)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: buckets.take("a", rate) == 0.0, range(120))) == 40


def test_workers_at_the_same_time_take_no_more_than_there_is(shared: Database, clock: StandingClock) -> None:
    workers = [DatabaseBuckets(shared, clock) for _ in range(4)]
    rate = Rate(per_second=0.5, burst=40)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda worker: taken(worker, "a", rate, 30), workers)) == 40


def test_workers_share_one_bucket(database: Database, clock: StandingClock) -> None:
    first, second = DatabaseBuckets(database, clock), DatabaseBuckets(database, clock)
    rate = Rate(per_second=5, burst=20)
    assert taken(first, "a", rate, 12) + taken(second, "a", rate) <= 20
    assert taken(first, "a", rate) + taken(second, "a", rate) <= 20
    first.block("b", 30)
    assert second.take("b", rate) == pytest.approx(30)


def test_a_worker_notices_a_block_by_another_within_a_second(database: Database, clock: StandingClock) -> None:
    first, second = DatabaseBuckets(database, clock), DatabaseBuckets(database, clock)
    rate = Rate(per_second=50, burst=50)
    assert second.take("a", rate) == 0.0
    first.block("a", 30)
    clock.tick(seconds=1.1)
    assert second.take("a", rate) > 25


def test_a_fast_account_writes_once_a_second_and_not_once_a_request(database: Database, clock: StandingClock) -> None:
    writes: list[str] = []
    buckets, rate = DatabaseBuckets(database, clock), Rate(per_second=50, burst=50)

    @event.listens_for(database.engine, "before_cursor_execute")
    def count(_c: object, _k: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE rate_buckets"):
            writes.append(statement)

    assert taken(buckets, "a", rate, 50) == 50
    assert len(writes) == 1


def test_tokens_that_were_held_too_long_are_not_used(database: Database, clock: StandingClock) -> None:
    buckets, rate = DatabaseBuckets(database, clock), Rate(per_second=10, burst=10)
    assert buckets.take("a", rate) == 0.0
    clock.tick(seconds=1.0)
    # Nine were held and dropped, ten came in: a burst never exceeds what was declared for one worker.
    assert taken(buckets, "a", rate) == 10
