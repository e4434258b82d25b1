"""Server mode as it is deployed: API, workers and beat as processes of their own, on a real PostgreSQL and Redis.

The index is on the stand-in of ``tests/servers/qdrant_standin.py``, or on the Qdrant server that
``VOUCH_TEST_QDRANT_URL`` names.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest
from sqlalchemy import create_engine, func, select, text, update

from api import tokens
from api.runtime import Runtime, open_runtime
from api.settings import Settings
from connectors import repository as sources
from connectors.repository import SourceRecord
from connectors.tables import RunRow, TaskRow
from core import people
from core.audit import verify
from core.tables import LeaseRow
from ingest import repository
from ingest.index.server import discard
from ingest.tables import DocumentRow, OutboxRow
from tests.core.audit import postgres
from tests.servers import redis_server
from tests.servers.redis_server import RedisServer

REPOSITORY = Path(__file__).parents[2]
VOUCH = Path(sys.executable).with_name("vouch")
ANA, BO = "ana@x.example", "bo@x.example"
DOCUMENTS = 60
PATIENCE_SECONDS = 120
"""Until a test that waits for something gives up."""


@dataclass
class Deployment:
    """The services, and the processes on them. ``operator`` is this test: one more process of the installation."""

    directory: Path
    redis: RedisServer
    environment: dict[str, str]
    operator: Runtime
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict[str, subprocess.Popen[str]])
    url: str = ""

    def start(self, name: str, *command: str, ready: str) -> None:
        with (self.directory / f"{name}.log").open("a") as log:
            process = subprocess.Popen(
                [VOUCH, *command], cwd=self.directory, env=self.environment, text=True, stdout=subprocess.PIPE,
                stderr=log,
            )  # fmt: skip
        self.processes[name] = process
        assert process.stdout is not None
        found = next((match for line in process.stdout if (match := re.search(ready, line))), None)
        assert found, f"{name} ended by itself: {self.log(name)}"
        if name == "api":
            self.url = found[1]

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()

    def kill(self, name: str) -> None:
        """At once, and with it the parsers that worked for it."""
        process = self.processes.pop(name)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate()
        _, left = psutil.wait_procs(children, timeout=30)
        assert not left, "a parsing process outlived the one that it worked for"

    def stop(self) -> None:
        """All of them as an operator does: every one ends by itself and well."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for name, process in self.processes.items():
            process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 0, f"{name}: {self.log(name)}"
        self.processes.clear()

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.communicate()
        self.operator.close()

    def person(self, email: str, *groups: str) -> str:
        """A key of a person in these groups."""
        now = self.operator.clock()
        with self.operator.database.writing() as session:
            person = people.put(session, email, groups=groups, roles=["employee"], now=now)
            return tokens.issue(session, "key", person.id, "operator", now, timedelta(days=1))

    def add_folder(self, name: str, folder: Path, *allow: str) -> SourceRecord:
        config = {"path": str(folder), "allow": list(allow)}
        plan = {"poll": {"every": "1h"}}
        with self.operator.database.writing() as session:
            return sources.put(session, name, "files", config, by="operator", now=self.operator.clock(), plan=plan)

    def due(self, record: SourceRecord) -> None:
        """The source is to be read again now."""
        with self.operator.database.writing() as session:
            now = self.operator.clock()
            session.execute(
                update(TaskRow)
                .where(TaskRow.source_id == record.id, TaskRow.task == "poll")
                .values(due_at=now, sent_at=None)
            )

    def minutes_pass(self) -> None:
        """What a process that is gone held runs out, and messages that nobody took up count as lost."""
        past = self.operator.clock() - timedelta(minutes=5)
        with self.operator.database.writing() as session:
            session.execute(update(LeaseRow).values(until=past))
            session.execute(update(TaskRow).where(TaskRow.sent_at.is_not(None)).values(sent_at=past))

    def counts(self) -> dict[str, int]:
        with self.operator.database.reading() as session:
            rows = session.execute(select(DocumentRow.state, func.count()).group_by(DocumentRow.state)).all()
        return {row[0]: row[1] for row in rows}

    def waiting(self) -> int:
        with self.operator.database.reading() as session:
            return session.scalar(select(func.count()).select_from(OutboxRow)) or 0

    def ask(self, question: str, key: str) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {key}"}
        found = httpx.post(f"{self.url}/v1/ask", json={"question": question}, headers=headers, timeout=60)
        assert found.status_code == 200, found.text
        return found.json()


@contextmanager
def deployed(directory: Path) -> Generator[Deployment]:
    with ExitStack() as undo:
        database = undo.enter_context(own_database())
        redis = undo.enter_context(redis_server.server(directory))
        qdrant, collection = undo.enter_context(qdrant_server()), f"journey-{uuid4().hex}"
        (directory / "database-url").write_text(database)
        settings = {
            "mode": "server",
            "data_dir": str(directory / "shared"),
            "database": {"url": f"file:{directory / 'database-url'}"},
            "index": {"url": qdrant, "collection": collection},
            "queue": {"url": redis.url},
        }
        undo.callback(discard, qdrant, collection=collection)
        operator = open_runtime(Settings.model_validate(settings))
        deployment = Deployment(directory, redis, environment(settings), operator)
        undo.callback(deployment.end)
        yield deployment


def environment(settings: dict[str, object]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in settings.items():
        inner = value if isinstance(value, dict) else {"": value}
        for part, each in inner.items():
            flat[f"VOUCH_{name}__{part}".upper().removesuffix("__")] = str(each)
    own = {name: value for name, value in os.environ.items() if not name.startswith("VOUCH_")}
    return own | flat | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1"}


@contextmanager
def own_database() -> Generator[str]:
    with postgres.server() as url:
        name = f"vouch_{uuid4().hex}"
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield url.rsplit("/", 1)[0] + f"/{name}"
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


@contextmanager
def qdrant_server() -> Generator[str]:
    if url := os.environ.get("VOUCH_TEST_QDRANT_URL"):
        yield url
        return
    command = [sys.executable, "-m", "tests.servers.qdrant_standin"]
    with subprocess.Popen(command, cwd=REPOSITORY, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def until(happened: Callable[[], bool], what: str) -> None:
    """Look again and again; there is nobody here who would tell."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.05)


def write_policies(folder: Path, count: int, first: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(first, first + count):
        sentences = " ".join(f"Rule {number}.{line} holds for every depot of the company." for line in range(40))
        cap = f"The hotel cap in depot {number} is {100 + number} euros a night."
        (folder / f"policy-{number}.md").write_text(f"# Depot {number}\n\n{cap}\n\n{sentences}\n")


@pytest.mark.slow
def test_a_deployment_loses_nothing_when_a_worker_is_killed_and_redis_restarts(tmp_path: Path) -> None:
    with deployed(tmp_path) as deployment:
        ana, bo = deployment.person(ANA, "staff"), deployment.person(BO, "sales")
        folder = tmp_path / "policies"
        write_policies(folder, DOCUMENTS)
        deployment.start("api", "serve", "--port", "0", ready=r"Vouch is at (http://\S+)")
        deployment.start("beat", "beat", ready="at work")
        deployment.start("first", "worker", "--concurrency", "2", ready="at work")
        record = deployment.add_folder("policies", folder, "staff")

        # The beat finds the source, the worker reads it; it is killed when some documents are in and others wait.
        until(lambda: 0 < deployment.counts().get("ready", 0) < DOCUMENTS, "a part of the documents")
        deployment.kill("first")
        assert deployment.waiting()
        deployment.minutes_pass()
        deployment.start("second", "worker", "--concurrency", "2", ready="at work")
        deployment.start("third", "worker", "--concurrency", "2", ready="at work")
        until(lambda: deployment.counts() == {"ready": DOCUMENTS} and not deployment.waiting(), "the whole folder")

        answer = deployment.ask("What is the hotel cap in depot 17?", ana)
        assert "117 euros" in str(answer["sentences"])
        assert "117 euros" not in str(deployment.ask("What is the hotel cap in depot 17?", bo))

        # Redis is gone with every message in it, while there is news; and comes back empty.
        deployment.redis.stop()
        write_policies(folder, 5, first=DOCUMENTS)
        (folder / "policy-3.md").unlink()
        deployment.due(record)
        deployment.redis.start()
        deployment.minutes_pass()
        whole = {"ready": DOCUMENTS + 4, "gone": 1}
        until(lambda: deployment.counts() == whole and not deployment.waiting(), "the news")
        assert "162 euros" in str(deployment.ask("What is the hotel cap in depot 62?", ana)["sentences"])

        deployment.stop()
        assert_nothing_is_left_behind(deployment)


def assert_nothing_is_left_behind(deployment: Deployment) -> None:
    runtime = deployment.operator
    runtime.sequencer.drain()
    with runtime.database.reading() as session:
        assert runtime.index.point_ids() == repository.live_chunk_ids(session)
        assert set(session.scalars(select(RunRow.state))) <= {"done", "failed", "stopped"}
        held = set(session.scalars(select(LeaseRow.name).where(LeaseRow.until > runtime.clock())))
    assert held <= {"audit-sequencer"}
    found = verify(runtime.database, runtime.keyring.public_key(), runtime.head_file)
    assert found.ok, found
