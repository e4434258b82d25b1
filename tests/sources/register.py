"""A register: a small HTTP service over SQLite in a process of its own, which a test fills, changes and disturbs.

    python -m tests.sources.register FILE

It prints its address. Its tables are read at each request, so a test changes what it serves by writing to the same
file (``Register``). ``trouble`` makes every n-th request fail, by turns as the list says: 429, 500, slow, truncated,
repeated (the answer before this one, once more).
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TABLES = """
CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, text TEXT, modified TEXT, groups TEXT, salary TEXT,
    salary_groups TEXT, damaged INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS by_time ON entries (modified, key);
CREATE TABLE IF NOT EXISTS accounts (key TEXT PRIMARY KEY, email TEXT, groups TEXT, active INTEGER, verified INTEGER);
CREATE TABLE IF NOT EXISTS trouble (every INTEGER, kinds TEXT);
"""
START = datetime(2026, 10, 1, tzinfo=UTC)
SLOW_SECONDS = 1.0


@dataclass
class Register:
    """What the service holds, as a test changes it. ``skew`` is how far its clock is ahead."""

    file: Path
    skew: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        with closing(self._open()) as connection:
            connection.executescript("PRAGMA journal_mode=WAL;" + TABLES)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.file, timeout=30, isolation_level=None)

    def run(self, statement: str, rows: Iterable[Sequence[Any]] = ((),)) -> None:
        with closing(self._open()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, rows)
            connection.execute("COMMIT")

    def keys(self) -> list[str]:
        with closing(self._open()) as connection:
            return [key for (key,) in connection.execute("SELECT key FROM entries ORDER BY key")]

    def fill(self, numbers: Iterable[int], texts: Sequence[str], groups: Sequence[Sequence[str]]) -> None:
        """Entries of long ago, ten minutes apart; a tenth have a salary of their own readers."""
        rows = [
            (
                f"e{number:06}", texts[number % len(texts)], (START + number * timedelta(minutes=10)).isoformat(),
                json.dumps(groups[number % len(groups)]),
                *((f"{number % 7} euros", '["hr"]') if number % 10 == 0 else (None, None)),
            )
            for number in numbers
        ]  # fmt: skip
        self.run("INSERT INTO entries (key, text, modified, groups, salary, salary_groups) VALUES (?,?,?,?,?,?)", rows)

    def edit(self, keys: Iterable[str], text: str) -> None:
        self._touch("text", [(text, key) for key in keys])

    def allow(self, keys: Iterable[str], *groups: str) -> None:
        """An access change leaves the time of the entry as it is, as in many systems."""
        self.run("UPDATE entries SET groups = ? WHERE key = ?", [(json.dumps(groups), key) for key in keys])

    def delete(self, keys: Iterable[str]) -> None:
        self.run("DELETE FROM entries WHERE key = ?", [(key,) for key in keys])

    def damage(self, keys: Iterable[str], damaged: bool = True) -> None:
        self.run("UPDATE entries SET damaged = ? WHERE key = ?", [(damaged, key) for key in keys])

    def account(self, key: str, email: str, *groups: str, active: bool = True) -> None:
        row = (key, email, json.dumps(["reader", *groups]), active, True)
        self.run("INSERT OR REPLACE INTO accounts VALUES (?,?,?,?,?)", [row])

    def trouble(self, every: int, *kinds: str) -> None:
        self.run("DELETE FROM trouble")
        if kinds:
            self.run("INSERT INTO trouble VALUES (?,?)", [(every, json.dumps(kinds))])

    def _touch(self, column: str, rows: list[tuple[Any, str]]) -> None:
        now = (datetime.now(UTC) + self.skew).isoformat()
        self.run(f"UPDATE entries SET {column} = ?, modified = ? WHERE key = ?", [(v, now, key) for v, key in rows])


@contextmanager
def serving(file: Path):
    """The service in its own process; yields its address."""
    command = [sys.executable, "-m", "tests.sources.register", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    file: Path
    requests = count(1)
    troubled = count()
    last = b"{}"

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        self._answer(split.path, {name: values[0] for name, values in parse_qs(split.query).items()})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(urlsplit(self.path).path, json.loads(body))

    def _answer(self, path: str, asked: dict[str, Any]) -> None:
        with closing(sqlite3.connect(self.file, timeout=30)) as database:
            database.row_factory = sqlite3.Row
            kind = self._trouble(database)
            body = json.dumps(getattr(self, "answer_" + path.strip("/"))(database, asked)).encode()
        if kind == "slow":
            time.sleep(SLOW_SECONDS)
        if kind == "429":
            self._send(429, b"{}", {"Retry-After": "90"})
        elif kind == "500":
            self._send(500, b"{}")
        elif kind == "truncated":
            self._send(200, body[: len(body) // 2])
        elif kind == "repeated" and path == "/entries":
            self._send(200, Handler.last)
        else:
            Handler.last = body if path == "/entries" else Handler.last
            self._send(200, body)

    def _trouble(self, database: sqlite3.Connection) -> str | None:
        row = database.execute("SELECT every, kinds FROM trouble").fetchone()
        number = next(Handler.requests)
        if row is None or number % row["every"]:
            return None
        kinds = json.loads(row["kinds"])
        return kinds[next(Handler.troubled) % len(kinds)]

    def answer_entries(self, database: sqlite3.Connection, asked: dict[str, Any]) -> Any:
        """Entries after (modified, key), oldest first."""
        rows = database.execute(
            "SELECT * FROM entries WHERE (modified, key) > (?, ?) ORDER BY modified, key LIMIT ?",
            (asked.get("modified", ""), asked.get("key", ""), int(asked.get("limit", 100))),
        )
        return [_entry(row) for row in rows]

    def answer_read(self, database: sqlite3.Connection, asked: dict[str, Any]) -> Any:
        marks = ",".join("?" * len(asked["keys"]))
        rows = database.execute(f"SELECT * FROM entries WHERE key IN ({marks})", asked["keys"])
        return [_entry(row) for row in rows]

    def answer_keys(self, database: sqlite3.Connection, asked: dict[str, Any]) -> Any:
        query = "SELECT key FROM entries WHERE key > ? ORDER BY key LIMIT 500"
        return [key for (key,) in database.execute(query, (asked.get("after", ""),))]

    def answer_accounts(self, database: sqlite3.Connection, asked: dict[str, Any]) -> Any:
        return [
            {**dict(row), "groups": json.loads(row["groups"])} for row in database.execute("SELECT * FROM accounts")
        ]

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def _entry(row: sqlite3.Row) -> dict[str, Any]:
    salary_groups = row["salary_groups"]
    return {
        **dict(row),
        "groups": json.loads(row["groups"]),
        "salary_groups": json.loads(salary_groups) if salary_groups else None,
    }


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients are killed in the middle of an answer: that is what it is for."""


if __name__ == "__main__":
    Handler.file = Path(sys.argv[1])
    server = Server(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
