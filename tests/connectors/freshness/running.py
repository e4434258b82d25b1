"""Runs of sources as the engine keeps them."""

from __future__ import annotations

from datetime import datetime

from connectors import repository as sources
from connectors.plan import Task
from connectors.repository import SourceRecord
from core.database import Database


def run(database: Database, record: SourceRecord, started: datetime, task: Task = "poll", state: str = "done") -> None:
    with database.writing() as session:
        run_id = sources.start_run(session, record.id, started, task)
        session.flush()
        if state != "running":
            sources.finish_run(session, run_id, state, {}, started)
