"""A worker in a process of its own that reads a register until it is up to date, and waits to be killed meanwhile.

    python -m tests.journeys.syncing DIRECTORY URL AHEAD

It prints a line a commit. Where nothing is due now but something will be, its clock is put forward instead of waiting;
it starts AHEAD seconds ahead, as a process that starts again some time after the last one died. When everything is
done it prints ``end``.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, event, select

import api.runtime
from connectors import repository as sources
from connectors import tasks
from connectors.outbound import Outbound, Patience
from connectors.rates import DatabaseBuckets
from connectors.repository import SourceRecord
from connectors.tables import FailureRow, TaskRow
from core.egress import Egress, EgressSettings
from ingest import repository
from ingest.settings import IngestSettings
from tests.installation import Installation
from tests.sources.driven import add_source
from tests.sources.register_source import RegisterSource

NAME = "register"
PEOPLE = ("ana@x.example", "bo@x.example", "hana@x.example")
PLAN = {"slice_seconds": 1}


class AheadClock:
    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def open_installation(directory: Path, url: str, clock: AheadClock) -> Installation:
    """With small batches, so that there are many moments between two commits."""
    api.runtime.utc_now = clock
    installation = Installation(directory, ingest=IngestSettings(batch_chunks=64, parser_processes=1))
    runtime = installation.runtime
    egress = Egress(EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.0/8",)))
    http = Outbound(
        egress, DatabaseBuckets(runtime.database, clock), clock=clock, sleep=lambda seconds: None,
        patience=Patience(attempts=1, longest_pause=1),
    )  # fmt: skip

    def opened(record: SourceRecord) -> Any:
        return RegisterSource(record.name, url, http.session("register", timeout_seconds=0.5))

    runtime.connecting.work._open = opened
    installation.person("ana@x.example")
    installation.person("bo@x.example")
    installation.person("hana@x.example")
    with runtime.database.reading() as session:
        known = sources.find(session, NAME)
    if known is None:
        add_source(runtime.database, NAME, clock(), PLAN)
    return installation


def ask_for_everything(installation: Installation) -> None:
    """Every task is due now, and has yet to succeed."""
    runtime = installation.runtime
    now = runtime.clock()
    with runtime.database.writing() as session:
        record = sources.by_name(session, NAME)
        tasks.set_due(session, record.id, dict.fromkeys(("poll", "sweep", "access", "principals"), now))


def work_until_done(installation: Installation, clock: AheadClock, began: datetime) -> None:
    """Perform what is due, put the clock forward to what is due next, until all of it has succeeded since ``began``."""
    work = installation.runtime.connecting.work
    queue: Any = work._queue
    for _ in range(2000):
        work.tick()
        while (job := queue.take()) is not None:
            work.perform(job)
        with installation.runtime.database.reading() as session:
            if up_to_date(session, began):
                return
            due = [moment for moment in session.scalars(select(TaskRow.due_at)) if moment is not None]
            sent = [moment for moment in session.scalars(select(TaskRow.sent_at)) if moment is not None]
        next_one = min([*due, *(moment + tasks.RESEND_AFTER for moment in sent)])
        if next_one >= clock():
            clock.ahead += next_one - clock() + timedelta(seconds=1)
    raise AssertionError("it never comes to an end")


def up_to_date(session: Any, began: datetime) -> bool:
    rows = {row.task: row for row in session.scalars(select(TaskRow))}
    wanted = [rows.get(task) for task in ("poll", "sweep", "access", "principals")]
    succeeded = all(row is not None and row.succeeded_at is not None and row.succeeded_at >= began for row in wanted)
    failed = session.scalars(select(FailureRow.key)).first() is not None
    return succeeded and not failed and repository.pending_count(session) == 0


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))

    @event.listens_for(Engine, "commit")
    def committing(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        try:
            os.write(1, b"commit\n")
        except OSError:
            # Without a reader the test is gone, and nothing else would end this process.
            os._exit(1)

    ahead = AheadClock(timedelta(seconds=float(sys.argv[3])))
    opened_now = open_installation(Path(sys.argv[1]), sys.argv[2], ahead)
    started = ahead()
    ask_for_everything(opened_now)
    os.write(1, b"working\n")
    work_until_done(opened_now, ahead, started)
    os.write(1, f"end {ahead.ahead.total_seconds()}\n".encode())
    opened_now.close()
