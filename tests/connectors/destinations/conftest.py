from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from connectors.tables import DeliveryRow, DestinationRow
from core.database import Base, Database, open_engine, sqlite_url
from tests.core.audit import postgres

TABLES: Any = (DestinationRow.__table__, DeliveryRow.__table__)


@pytest.fixture(scope="session")
def postgres_url() -> Generator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else sqlite_url(tmp_path / "out.db")


@pytest.fixture
def store(database_url: str) -> Generator[Database]:
    """A database with the tables of destinations, on SQLite and on PostgreSQL."""
    database = Database(open_engine(database_url))
    Base.metadata.create_all(database.engine, tables=TABLES)
    yield database
    Base.metadata.drop_all(database.engine, tables=TABLES)
    database.close()
