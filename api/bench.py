"""The product as the subject of a bench: an installation in this process, or a serving process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import orjson
from rich.console import Console
from sqlalchemy import select

from api import sources
from api.cli.client import Client, connect
from api.http.models import IngestIn
from api.runtime import Runtime, open_runtime
from api.settings import DemoSettings, Settings
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource
from core import people
from core.access import filter_for
from core.clock import utc_now
from core.egress import EgressSettings
from core.errors import Unavailable
from core.secrets import Secret
from evals.bench.corpora import Corpus
from evals.bench.peer import Peer, open_peer
from evals.bench.product import Installation, OpenInstallation, Piece, Server, StartServer
from evals.bench.report import Report, show
from evals.bench.sync import Subject
from evals.bench.timing import keep_to, this_machine
from evals.bench.tryton import MODEL, PAGE, TrytonServer
from ingest.embed.base import Embedder, Matrix
from ingest.embed.model_files import model_directory
from ingest.settings import EmbedderSettings, IngestSettings
from ingest.tables import ChunkRow, DocumentRow

READER = "reader@bench.example"
GROUP = "bench"
TOP = 10
READY_WITHIN_SECONDS = 120
OK = 200
ROOT = Path(__file__).resolve().parents[1]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One bench: its folder for temporary data, the peer unless it is left out, and what was found so far."""

    folder: Path
    peer: Peer | None
    report: Report

    def finish(self, console: Console, json_file: Path | None) -> None:
        if self.peer is not None:
            self.report.peer = self.peer.versions
        show(self.report, console)
        if json_file is not None:
            json_file.write_bytes(orjson.dumps(self.report.as_json(), option=orjson.OPT_INDENT_2))


@contextmanager
def bench(name: str, threads: int, with_peer: bool, work: Path | None, tell: Tell) -> Generator[Run]:
    """Prepare a bench on ``threads`` cores. The peer is installed on first use."""
    keep_to(threads)
    with tempfile.TemporaryDirectory(prefix="vouch-bench-", dir=work) as scratch:
        folder = Path(scratch)
        peer = None
        if with_peer:
            tell("Preparing the peer")
            peer = open_peer(model_directory(EmbedderSettings().model), threads, folder)
        yield Run(folder, peer, Report(this_machine(threads), utc_now(), name))


def installations(threads: int) -> OpenInstallation:
    """Opens installations with the default settings, but for the demo company and the threads."""

    @contextmanager
    def open_(directory: Path) -> Generator[Installation]:
        settings = Settings(
            data_dir=directory,
            demo=DemoSettings(load=False),
            embedder=EmbedderSettings(threads=threads),
            ingest=IngestSettings(parser_processes=threads),
        )
        runtime = open_runtime(settings)
        # As in a process that serves; there it is ready long before somebody adds a source.
        runtime.warm().result()
        try:
            yield InProcess(runtime, _reader(runtime))
        finally:
            runtime.close()

    return open_


@dataclass(frozen=True, slots=True)
class InProcess:
    """An installation in this process."""

    runtime: Runtime
    person_id: str

    @property
    def embedder(self) -> Embedder:
        return self.runtime.embedder

    def ingest(self, corpus: Corpus) -> int:
        wanted = IngestIn(path=str(corpus.path), source=corpus.name, allow=[GROUP])
        record = sources.configure(self.runtime, wanted)
        return sources.run(self.runtime, record, lambda progress: None, confirm_empty=False).new

    def pieces(self) -> tuple[Piece, ...]:
        with self.runtime.database.reading() as session:
            rows = session.scalars(
                select(ChunkRow)
                .join(DocumentRow, DocumentRow.current_version == ChunkRow.version_id)
                .where(DocumentRow.state == "ready")
                .order_by(DocumentRow.key, ChunkRow.ordinal)
            )
            return tuple(Piece(row.id, row.embedded_text) for row in rows)

    def vectors(self, pieces: Sequence[Piece]) -> Matrix:
        return self.embedder.embed([piece.text for piece in pieces])

    def search(self, query: str) -> int:
        principal = self.runtime.principal(self.person_id)
        return len(self.runtime.desk.search(query, principal, limit=TOP).passages)


@contextmanager
def subject(directory: Path, threads: int) -> Generator[Subject]:
    """What ``vouch bench sync`` measures, on an installation of its own."""
    settings = Settings(
        data_dir=directory,
        demo=DemoSettings(load=False),
        embedder=EmbedderSettings(threads=threads),
        ingest=IngestSettings(parser_processes=threads),
        egress=EgressSettings.model_validate({"hosts": ["127.0.0.1"], "private": ["127.0.0.0/8"]}),
    )
    runtime = open_runtime(settings)
    reader = _reader(runtime)
    vector = runtime.embedder.embed(["pumps for Noordveen"])[0]

    def find(query: str) -> int:
        return len(runtime.desk.search(query, runtime.principal(reader), limit=TOP).passages)

    def indexed() -> int:
        permitted = filter_for(runtime.principal(reader))
        return len(runtime.index.search(vector, "", permitted, pool=2 * runtime.index.count() + 1))

    def open_tryton(record: SourceRecord, served: TrytonServer) -> AnySource:
        config = {
            "url": served.url, "database": "tryton", "user": served.user, "password": "env:PASSWORD",
            "models": [MODEL], "page_size": PAGE, "requests_per_second": 10_000,
        }  # fmt: skip

        def secret(reference: str) -> Secret:
            return Secret(served.password.encode())

        known = replace(runtime.connecting.opening(record.name), secret=secret)
        return runtime.connecting.catalogue.open("tryton", config, known)

    try:
        yield Subject(runtime.database, runtime.sync, runtime.pipeline, runtime.clock, find, indexed, open_tryton)
    finally:
        runtime.close()


def _reader(runtime: Runtime) -> str:
    with runtime.database.writing() as session:
        return people.put(session, READER, groups=(GROUP,), roles=("employee",), now=runtime.clock()).id


def servers(threads: int) -> StartServer:
    """Starts ``vouch serve`` with the default settings, but for the demo company and the threads."""

    @contextmanager
    def start(directory: Path) -> Generator[Server]:
        port = _free_port()
        settings = Settings(data_dir=directory, port=port)
        began = time.perf_counter()
        process = _serve(directory, port, threads)
        try:
            _await_ready(process, port)
            ready = time.perf_counter() - began
            with connect(settings) as client:
                client.call("POST", "/v1/operator/people", {"email": READER, "groups": [GROUP], "roles": ["employee"]})
                yield Served(process.pid, ready, client)
        finally:
            process.terminate()
            process.wait()

    return start


@dataclass(frozen=True, slots=True)
class Served:
    """A serving process, and the command line's client of it."""

    pid: int
    seconds_to_ready: float
    client: Client

    def ingest(self, corpus: Corpus) -> int:
        body = {"path": str(corpus.path), "source": corpus.name, "allow": [GROUP]}
        for event in self.client.lines("/v1/operator/ingest", body):
            if event["event"] == "report":
                return event["counts"]["new"]
        raise Unavailable("The server's run ended without a report.")

    def search(self, query: str) -> int:
        return len(self.client.call("POST", "/v1/search", {"query": query, "limit": TOP}, acting=READER)["passages"])


def _serve(directory: Path, port: int, threads: int) -> subprocess.Popen[bytes]:
    directory.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOUCH_")} | {
        "PYTHONPATH": str(ROOT),
        "VOUCH_DATA_DIR": str(directory),
        "VOUCH_PORT": str(port),
        "VOUCH_DEMO__LOAD": "false",
        "VOUCH_EMBEDDER__THREADS": str(threads),
        "VOUCH_INGEST__PARSER_PROCESSES": str(threads),
    }
    # In a folder of its own, so that no vouch.yaml of whoever runs the bench applies.
    with (directory.parent / "server.log").open("ab") as log:
        command = [sys.executable, "-m", "api.cli.main", "serve"]
        return subprocess.Popen(command, env=environment, cwd=directory, stdout=log, stderr=log)


def _await_ready(process: subprocess.Popen[bytes], port: int) -> None:
    """Ask /readyz until it answers 200. Raises ``Unavailable``."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=5) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get("/readyz").status_code == OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.01)
    raise Unavailable("The server did not get ready.", hint="See what it says: vouch serve")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
