"""A table of tickets in a real database, that tests fill."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Engine,
    Integer,
    MetaData,
    NullPool,
    Numeric,
    String,
    Table,
    create_engine,
    text,
)

SECRET = "env:TICKETS_DATABASE"
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TEMPLATE: dict[str, Any] = {
    "title": "Ticket {number}: {subject}",
    "text": "{body}",
    "fields": {"State": "state", "Cost": "cost"},
    "labels": ["state"],
}


class Tickets:
    """The table, and the address under which it is read."""

    def __init__(self, url: str, reader_url: str) -> None:
        self.url = reader_url
        self.engine: Engine = create_engine(url, poolclass=NullPool)
        self.table = Table(
            "tickets",
            MetaData(),
            Column("number", Integer, primary_key=True),
            Column("subject", String(200)),
            Column("body", String(5000)),
            Column("state", String(20)),
            Column("cost", Numeric(10, 2)),
            Column("teams", String(200)),
            Column("gone", Boolean, default=False),
            Column("created_at", DateTime(timezone=True)),
            Column("updated_at", DateTime(timezone=True)),
        )
        self.table.metadata.drop_all(self.engine)
        self.table.metadata.create_all(self.engine)

    def put(self, number: int, **values: Any) -> None:
        """Create a ticket, or change it."""
        row = {"subject": f"subject {number}", "body": "text", "state": "open", "teams": "staff", "updated_at": START}
        with self.engine.begin() as connection:
            changed = connection.execute(
                self.table.update().where(self.table.c.number == number).values(**{"number": number} | values)
            )
            if changed.rowcount == 0:
                connection.execute(self.table.insert().values(**row | values, number=number))

    def remove(self, number: int) -> None:
        self.execute("delete from tickets where number = :number", number=number)

    def execute(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def config(self, **more: Any) -> dict[str, Any]:
        return {
            "connection": SECRET, "table": "tickets", "key": "number", "updated": "updated_at",
            "access": {"column": "teams"}, **TEMPLATE,
        } | more  # fmt: skip

    @property
    def secrets(self) -> dict[str, str]:
        return {SECRET: self.url}


@contextmanager
def sqlite(directory: Path) -> Generator[Tickets]:
    path = directory / "tickets.db"
    yield Tickets(f"sqlite:///{path}", f"sqlite:///{path}")


def postgres(url: str) -> Tickets:
    """In the database behind ``url``, read by an account of its own that may only select."""
    tickets = Tickets(url, url.replace("vouch@", "reader:pg-hunter2@").replace("+psycopg", ""))
    with tickets.engine.begin() as connection:
        known = connection.execute(text("select 1 from pg_roles where rolname = 'reader'")).scalar()
        if not known:
            connection.execute(text("create role reader login password 'pg-hunter2'"))
        connection.execute(text("grant select on all tables in schema public to reader"))
    return tickets
