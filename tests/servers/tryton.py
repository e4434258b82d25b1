"""A real Tryton 8.2 on loopback, for tests: initialised once, copied and served for each run.

``running()`` serves a fresh copy on SQLite; ``running_on(url)`` on PostgreSQL (its initialisation takes minutes, and
``CREATE DATABASE ... TEMPLATE`` copies it). ``Tryton.sign_in`` gives a plain JSON-RPC caller of any user: the oracle
of what Tryton lets them read.
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import requests

from tests.servers.environment import locked, prepared, server_program

DATABASE = "tryton"
ADMIN = "admin"
PASSWORD = "admin-of-the-tests"
MODULES = (
    "party", "company", "product", "sale", "purchase", "sale_opportunity", "project", "timesheet", "user_role",
    "party_relationship", "sale_history",
)  # fmt: skip
BULK = 25
"""Records of one create: SQLite's parser gives up on much larger ones."""
START_SECONDS = 60


class TrytonError(Exception):
    """A call that the server refused; ``args`` are what it said."""


@dataclass(frozen=True)
class Caller:
    """One user's session."""

    http: requests.Session
    address: str
    user_id: int
    context: dict[str, Any]

    def call(self, method: str, *params: Any, **context: Any) -> Any:
        body = {"id": 1, "method": method, "params": [*params, {**self.context, **context}]}
        reply = self.http.post(self.address, json=body, timeout=120)
        if reply.status_code != 200:
            raise TrytonError(method, reply.status_code, reply.text[:300])
        content = reply.json()
        if content.get("error"):
            raise TrytonError(method, content["error"])
        return content["result"]

    def renewed(self) -> Caller:
        """The same session, with the user's preferences as they are now."""
        bare = Caller(self.http, self.address, self.user_id, {})
        return Caller(self.http, self.address, self.user_id, bare.call("model.res.user.get_preferences", True))

    def create(self, model: str, rows: Sequence[dict[str, Any]], **context: Any) -> list[int]:
        made: list[int] = []
        for start in range(0, len(rows), BULK):
            made += self.call(f"model.{model}.create", list(rows[start : start + BULK]), **context)
        return made

    def write(self, model: str, ids: Sequence[int], values: dict[str, Any]) -> None:
        self.call(f"model.{model}.write", list(ids), values)

    def delete(self, model: str, ids: Sequence[int]) -> None:
        self.call(f"model.{model}.delete", list(ids))

    def search(self, model: str, domain: Sequence[Any] = (), **context: Any) -> list[int]:
        return self.call(f"model.{model}.search", list(domain), 0, None, [["id", "ASC"]], **context)

    def read(self, model: str, ids: Sequence[int], names: Sequence[str]) -> list[dict[str, Any]]:
        return self.call(f"model.{model}.read", list(ids), list(names))


@dataclass(frozen=True)
class Tryton:
    """A server that runs."""

    url: str
    process: subprocess.Popen[bytes]
    database: str = DATABASE

    def sign_in(self, user: str = ADMIN, password: str = PASSWORD) -> Caller:
        http = requests.Session()
        http.headers["Accept-Encoding"] = "gzip"
        address = f"{self.url}/{self.database}/rpc/"
        params = [user, {"password": password}, "en"]
        reply = http.post(address, json={"id": 0, "method": "common.db.login", "params": params}, timeout=60)
        if reply.status_code != 200:
            raise TrytonError("common.db.login", reply.status_code)
        user_id, token = reply.json()["result"][:2]
        session = base64.b64encode(f"{user}:{user_id}:{token}".encode()).decode()
        http.headers["Authorization"] = f"Session {session}"
        return Caller(http, address, user_id, {}).renewed()


@contextmanager
def running() -> Generator[Tryton]:
    """A server on a fresh copy of an initialised SQLite database."""
    original = _initialised()
    with tempfile.TemporaryDirectory(prefix="vouch-tryton-") as name:
        folder = Path(name)
        shutil.copy(original, folder / f"{DATABASE}.sqlite")
        with _served(folder, f"uri=sqlite://\npath={folder}") as tryton:
            yield tryton


@contextmanager
def running_on(postgres: str) -> Generator[Tryton]:
    """A server on a PostgreSQL server (the address of any database of it), in a database made and initialised now."""
    address = postgres.replace("+psycopg", "").rsplit("/", 1)[0]
    name = f"tryton_{uuid4().hex[:12]}"
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        try:
            with tempfile.TemporaryDirectory(prefix="vouch-tryton-") as folder:
                _initialise(Path(folder), f"uri={address}", name)
                with _served(Path(folder), f"uri={address}", name) as tryton:
                    yield tryton
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _initialised() -> Path:
    """The initialised SQLite file; made once for this set of packages (a minute)."""
    folder = prepared("tryton")
    made = folder / f"{DATABASE}.sqlite"
    if made.exists():
        return made
    with locked("tryton"):
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=folder) as name:
                draft = Path(name) / f"{DATABASE}.sqlite"
                draft.touch()
                _initialise(Path(name), f"uri=sqlite://\npath={name}")
                draft.rename(made)
    return made


def _initialise(folder: Path, database: str, name: str = DATABASE) -> None:
    password = folder / "password"
    password.write_text(PASSWORD)
    command = [
        str(server_program("trytond-admin")), "-c", str(_configured(folder, database, 0)), "-d", name, "--all",
        "--email", "admin@example.com", "-u", "ir", "res", *MODULES, "--activate-dependencies",
    ]  # fmt: skip
    environment = {**os.environ, "TRYTONPASSFILE": str(password)}
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TrytonError("trytond-admin", done.stderr[-2000:])


def _configured(folder: Path, database: str, port: int) -> Path:
    path = folder / "trytond.conf"
    # A short session would end in the middle of a slow test; the connector's own test sets it short.
    path.write_text(f"[database]\n{database}\n[web]\nlisten=127.0.0.1:{port}\n[session]\ntimeout=3600\n")
    return path


@contextmanager
def _served(folder: Path, database: str, name: str = DATABASE) -> Generator[Tryton]:
    port = _free_port()
    command = [str(server_program("trytond")), "-c", str(_configured(folder, database, port)), "-d", name]
    with (folder / "trytond.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        _wait(process, port, folder / "trytond.log")
        yield Tryton(f"http://127.0.0.1:{port}", process, name)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise TrytonError("trytond", log.read_text()[-2000:])
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TrytonError("trytond", f"did not answer in {START_SECONDS} s")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
