"""SQL: a table in SQLite and in PostgreSQL, read by time and key, and one that is read whole."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.sources import sql
from tests.connectors import tickets
from tests.contracts.sources.world import NAMES, World
from tests.core.audit.postgres import server

NO_HTTP = "a database has no HTTP; what it does instead is in tests/connectors/test_sql.py"


@cache
def postgres_url() -> str:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(server())


class SqliteWorld(World):
    kind = sql.KIND
    name = "sql-sqlite"
    cannot = dict.fromkeys(("throttle", "failure", "cut", "repeat", "unfiltered", "credentials"), NO_HTTP)

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tickets = stack.enter_context(tickets.sqlite(directory))
        self.secrets = self.tickets.secrets
        self.time.now = tickets.START

    def config(self) -> dict[str, Any]:
        return self.tickets.config(page_rows=2, lag=1)

    def put(self, name: str, text: str) -> None:
        self.time.now += timedelta(seconds=1)
        self.tickets.put(NAMES.index(name), body=text, updated_at=self.time.now)

    def remove(self, name: str) -> None:
        self.tickets.remove(NAMES.index(name))

    def key(self, name: str) -> str:
        return str(NAMES.index(name))

    def revoke(self, name: str) -> None:
        # A change of rights rarely moves the time of change of the row.
        self.tickets.put(NAMES.index(name), teams="others")


class PostgresWorld(SqliteWorld):
    name = "sql-postgresql"
    cannot = dict.fromkeys(("throttle", "failure", "cut", "repeat", "unfiltered"), NO_HTTP)

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tickets = tickets.postgres(postgres_url())
        self.secrets = self.tickets.secrets
        self.time.now = tickets.START

    def refuse_credentials(self) -> None:
        wrong = self.tickets.url.replace("reader:", "stranger:")
        self.secrets = {tickets.SECRET: wrong}


class WholeTableWorld(SqliteWorld):
    name = "sql-whole-table"

    def config(self) -> dict[str, Any]:
        return super().config() | {"updated": []}


WORLDS = [SqliteWorld, PostgresWorld, WholeTableWorld]
