"""Several processes, one chain: whoever holds the lease extends it, and another one takes over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api import migrate
from core.audit import AuditLog, Event, verify
from core.audit.events import NO_SUBJECT
from core.audit.leased import LONGEST_WAIT, NAME, LeasedSequencer
from core.audit.tables import PendingRow
from core.clock import utc_now
from core.database import Database, open_engine, sqlite_url
from core.errors import Refused
from core.leases import Leases
from core.secrets import Keyring
from core.tables import LeaseRow
from tests.conftest import StandingClock


class Process:
    """What one process of an installation has of the log."""

    def __init__(self, database: Database, directory: Path, clock: Callable[[], object] = utc_now) -> None:
        keyring = Keyring(directory / "keys")
        self.database, self.head, self.public = database, directory / "audit-head", keyring.public_key()
        self.log = AuditLog(database, keyring, clock)  # pyright: ignore[reportArgumentType]
        self.sequencer = LeasedSequencer(self.log, database, keyring, self.head, clock)  # pyright: ignore[reportArgumentType]

    def write(self) -> None:
        details = {"version": "0", "mode": "server", "model": "extractive"}
        self.log.append(Event("installation.started", NO_SUBJECT, "start", "done", utc_now(), details=details))

    def records(self) -> int:
        found = verify(self.database, self.public, self.head)
        assert found.ok, found
        return found.records

    def waiting(self) -> int:
        with self.database.reading() as session:
            return len(session.scalars(select(PendingRow.id)).all())


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Database]:
    engine = open_engine(sqlite_url(tmp_path / "test.db"))
    migrate.upgrade(engine)
    database = Database(engine)
    yield database
    database.close()


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_any_process_writes_is_chained_by_the_one_that_leads(shared: Database, tmp_path: Path) -> None:
    first, second = Process(shared, tmp_path), Process(shared, tmp_path)
    first.sequencer.start()
    second.sequencer.start()
    for _ in range(3):
        first.write()
        second.write()
    until(lambda: not first.waiting())
    second.sequencer.stop()
    first.sequencer.stop()
    assert first.records() == 6


def test_another_process_goes_on_where_a_killed_one_ended(shared: Database, tmp_path: Path) -> None:
    killed, other = Process(shared, tmp_path), Process(shared, tmp_path)
    with Leases(shared, utc_now).hold(NAME):
        # As it is when the one that leads has been killed: its lease stands, and what was acknowledged waits.
        killed.write()
        other.sequencer.drain()
        other.write()
        assert other.waiting() == 2
        with shared.writing() as session:
            session.execute(update(LeaseRow).values(until=utc_now() - timedelta(seconds=1)))
        other.sequencer.drain()
    assert (other.waiting(), other.records()) == (0, 2)


def test_one_that_lost_its_lease_chains_nothing(shared: Database, tmp_path: Path) -> None:
    late, other = Process(shared, tmp_path), Process(shared, tmp_path)
    late.write()
    with Leases(shared, utc_now).hold(NAME) as lease:
        assert lease is not None
        late.sequencer._lease = lease
        with shared.writing() as session:
            session.execute(update(LeaseRow).values(owner="another process"))
        with pytest.raises(Exception, match="took over"):
            late.sequencer.drain()
        with shared.writing() as session:
            session.execute(update(LeaseRow).values(until=utc_now() - timedelta(seconds=1)))
    other.sequencer.drain()
    assert (other.waiting(), other.records()) == (0, 1)


def test_every_process_refuses_while_nobody_chains(shared: Database, tmp_path: Path) -> None:
    clock = StandingClock()
    process = Process(shared, tmp_path, clock)
    with Leases(shared, clock).hold(NAME):
        process.write()
        process.sequencer._look()
        process.write()
        clock.tick(seconds=LONGEST_WAIT.total_seconds() + 1)
        process.sequencer._look()
        with pytest.raises(Refused, match="have waited"):
            process.write()
