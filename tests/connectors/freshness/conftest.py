from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from api import migrate
from connectors import repository as sources
from connectors.repository import SourceRecord
from connectors.tables import BreachRow, LagRow, RunRow, SourceRow, SourceVersionRow, TaskRow
from core.database import Database, open_engine, sqlite_url
from tests.conftest import StandingClock
from tests.core.audit import postgres


@pytest.fixture(scope="session")
def postgres_database() -> Generator[Database]:
    with postgres.server() as url:
        engine = open_engine(url)
        migrate.upgrade(engine)
        database = Database(engine)
        yield database
        database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "postgresql":
        shared: Database = request.getfixturevalue("postgres_database")
        yield shared
        with shared.writing() as session:
            for table in (BreachRow, LagRow, RunRow, TaskRow, SourceVersionRow, SourceRow):
                session.execute(delete(table))
        return
    engine = open_engine(sqlite_url(tmp_path / "test.db"))
    migrate.upgrade(engine)
    opened = Database(engine)
    yield opened
    opened.close()


@pytest.fixture
def record(database: Database, clock: StandingClock) -> SourceRecord:
    """A source named ``erp``, added now."""
    with database.writing() as session:
        return sources.put(session, "erp", "tryton", {}, by="somebody", now=clock())
