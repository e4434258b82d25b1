"""One database: SQLite (WAL) embedded, PostgreSQL in server mode. Only edges commit, through ``unit_of_work``."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, DateTime, Engine, MetaData, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

WRITERS = 0x766F756368
"""The advisory lock under which one process at a time writes to PostgreSQL."""


class Moment(TypeDecorator[datetime]):
    """An aware UTC timestamp. SQLite drops the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a timestamp needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def open_engine(url: str) -> Engine:
    """An engine for ``url``. On SQLite (WAL, foreign keys) and on PostgreSQL alike, a transaction that may write takes
    the one write lock when it begins, and waits for it up to 30 seconds. Errors never repeat what was written."""
    return _open_sqlite(url) if url.startswith("sqlite") else _open_postgresql(url)


def _open_postgresql(url: str) -> Engine:
    engine = create_engine(
        url, pool_pre_ping=True, pool_size=20, json_deserializer=orjson.loads, hide_parameters=True,
        # A process that hangs or whose machine is gone must not hold the lock for ever.
        connect_args={"options": "-c lock_timeout=30s -c idle_in_transaction_session_timeout=120s"},
    )  # fmt: skip

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        # Units of work read, decide and write; they were made for one writer at a time, and are short. Whoever reads
        # waits for nobody.
        if not connection.get_execution_options().get("vouch_read_only", False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")

    return engine


def _open_sqlite(url: str) -> Engine:
    options = {"timeout": 30, "check_same_thread": False}
    engine = create_engine(
        url, connect_args=options, pool_size=20, json_deserializer=orjson.loads, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: object) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "cache_size=-16000",
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        # A deferred transaction that turns into a writer fails at once when another one wrote in between;
        # taking the lock first makes writers wait for each other instead.
        read_only = connection.get_execution_options().get("vouch_read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


class Database:
    """Sessions over one engine. ``reading()`` never waits for a writer; ``writing()`` commits at its end."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._write = sessionmaker(engine, expire_on_commit=False)
        self._read = sessionmaker(_for_reading(engine), expire_on_commit=False)

    @contextmanager
    def writing(self) -> Generator[Session]:
        """A unit of work: committed when the block ends, rolled back when it raises."""
        with self._write() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Generator[Session]:
        """A consistent snapshot. Nothing written in it is kept."""
        with self._read() as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def _for_reading(engine: Engine) -> Engine:
    if engine.dialect.name != "postgresql":
        return engine.execution_options(vouch_read_only=True)
    # By default each of PostgreSQL's statements would see what was committed just before it.
    return engine.execution_options(vouch_read_only=True, isolation_level="REPEATABLE READ")


def insert_missing(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert rows, passing over those whose primary key is there already."""
    if not rows:
        return
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(make(table).on_conflict_do_nothing(), rows)
