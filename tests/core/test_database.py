"""Both databases keep the same promises: one writer at a time, and reading from one moment."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.database import Database, open_engine, sqlite_url
from tests.core.audit import postgres


class Own(DeclarativeBase):
    """Apart from the product's tables."""


class CountRow(Own):
    __tablename__ = "test_counts"

    name: Mapped[str] = mapped_column(String(10), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


@pytest.fixture(scope="module")
def postgres_url() -> Generator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    sqlite = request.param == "sqlite"
    database = Database(
        open_engine(sqlite_url(tmp_path / "c.db") if sqlite else request.getfixturevalue("postgres_url"))
    )
    Own.metadata.create_all(database.engine)
    with database.writing() as session:
        session.add(CountRow(name="a", count=0))
    yield database
    Own.metadata.drop_all(database.engine)
    database.close()


def test_what_was_read_in_a_unit_of_work_still_holds_when_it_writes(counted: Database) -> None:
    def count_up(_: int) -> None:
        with counted.writing() as session:
            row = session.get_one(CountRow, "a")
            row.count += 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(40)))
    with counted.reading() as session:
        assert session.get_one(CountRow, "a").count == 40


def test_reading_waits_for_no_writer_and_sees_one_moment(counted: Database) -> None:
    written = threading.Event()

    def write() -> None:
        with counted.writing() as session:
            session.get_one(CountRow, "a").count = 7
        written.set()

    with counted.reading() as session:
        assert session.get_one(CountRow, "a").count == 0
        writer = threading.Thread(target=write)
        writer.start()
        assert written.wait(30)
        session.expire_all()
        assert session.get_one(CountRow, "a").count == 0
        writer.join()
    with counted.writing() as held, counted.reading() as session:
        held.get_one(CountRow, "a").count = 8
        held.flush()
        assert session.get_one(CountRow, "a").count == 7


def test_an_error_does_not_repeat_what_was_written(counted: Database) -> None:
    with pytest.raises(IntegrityError) as told, counted.writing() as session:
        session.add(CountRow(name="a", count=4711))
    assert "4711" not in str(told.value)
