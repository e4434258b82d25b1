"""Jobs in the process that serves: sources are kept up to date while it runs, by a worker and a beat of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select

from api.jobs import Beat, Worker, bind, make_app
from api.runtime import Runtime, open_runtime
from api.settings import DemoSettings, Settings
from connectors import repository as sources
from connectors.tables import RunRow
from core import people
from core.clock import utc_now
from core.errors import Unavailable
from core.leases import Leases
from tests.installation import Installation
from tests.servers import redis_server


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Runtime]:
    runtime = open_runtime(Settings(data_dir=tmp_path / "data", demo=DemoSettings(load=False)), serving=True)
    assert runtime.jobs is not None
    runtime.jobs.work(runtime.connecting.work, 2)
    runtime.jobs.beat(runtime.connecting.work, runtime.connecting.destinations.outbox, runtime.redaction.sweep)
    yield runtime
    runtime.close()


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_source_that_was_added_is_read_and_found_without_a_further_command(serving: Runtime, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "leave.md").write_text("# Leave\n\nEvery employee has 27 days of annual leave.\n")
    with serving.database.writing() as session:
        config = {"path": str(folder), "allow": ["staff"]}
        sources.put(session, "rules", "files", config, by="somebody", now=serving.clock(), plan={})
        ana = people.put(session, "ana@x.example", groups=["staff"], roles=["employee"], now=serving.clock()).id
    until(lambda: serving.index.count() > 0)
    assert serving.desk.search("annual leave", serving.principal(ana), limit=5).passages
    assert serving.jobs is not None
    assert serving.jobs.alive


def test_a_run_whose_process_is_gone_is_failed_and_one_at_work_is_not(installation: Installation) -> None:
    runtime = installation.runtime
    with runtime.database.writing() as session:
        now = runtime.clock()
        ids: dict[str, str] = {}
        for name in ("gone", "at work"):
            record = sources.put(session, name, "files", {"path": "/x", "allow": ["a"]}, by="x", now=now)
            ids[name] = record.id
            sources.start_run(session, record.id, now)
    with Leases(runtime.database, runtime.clock).hold(f"source:{ids['at work']}"):
        with runtime.database.writing() as session:
            sources.end_abandoned(session, runtime.clock())
    with runtime.database.reading() as session:
        states = {row.source_id: row.state for row in session.scalars(select(RunRow))}
    assert states == {ids["gone"]: "failed", ids["at work"]: "running"}


def test_of_two_beats_one_stands_by_and_goes_on_when_the_other_ends(installation: Installation) -> None:
    database, heard = installation.runtime.database, list[str]()
    leases = Leases(database, utc_now)
    first = Beat("tick", lambda: heard.append("first"), database, leases, 0.01)
    second = Beat("tick", lambda: heard.append("second"), database, leases, 0.01)
    first.start()
    until(lambda: len(heard) > 3)
    second.start()
    until(lambda: len(heard) > 10)
    assert set(heard) == {"first"}
    first.stop()
    until(lambda: heard[-1] == "second")
    second.stop()


def test_a_beat_goes_on_after_a_round_that_failed(installation: Installation) -> None:
    rounds: list[int] = []

    def act() -> None:
        rounds.append(1)
        raise (Unavailable("The queue does not answer.") if len(rounds) == 1 else KeyError("a fault"))

    database = installation.runtime.database
    beat = Beat("tick", act, database, Leases(database, utc_now), 0.01)
    beat.start()
    until(lambda: len(rounds) > 3)
    beat.stop()
    with Leases(database, utc_now).hold("tick") as lease:
        assert lease is not None


def test_a_beat_that_never_started_can_be_stopped(installation: Installation) -> None:
    database = installation.runtime.database
    Beat("tick", lambda: None, database, Leases(database, utc_now), timedelta(seconds=1).total_seconds()).stop()


@pytest.mark.filterwarnings("ignore::celery.exceptions.CPendingDeprecationWarning")
@pytest.mark.parametrize("away", [True, False], ids=["away", "back again"])
def test_a_worker_ends_when_its_queue_was_lost(installation: Installation, tmp_path: Path, away: bool) -> None:
    with redis_server.server(tmp_path) as redis:
        app = make_app(redis.url)
        bind(app, installation.runtime.connecting.work)
        worker = Worker(app, 1)
        worker.start()
        with Redis(port=redis.port) as client:
            until(lambda: client.exists("_kombu.binding.vouch") == 1)
        redis.stop()
        # Long enough that it tries to connect again.
        time.sleep(3)
        if not away:
            redis.start()
        assert worker.alive
        ending = threading.Thread(target=worker.stop, daemon=True)
        ending.start()
        ending.join(60)
        assert not worker.alive
        app.close()
