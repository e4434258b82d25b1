"""The composition root: everything an installation is made of, wired once."""

from __future__ import annotations

import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from answer.archive import Archive
from answer.ask import MODEL, Asker
from answer.support import shipped
from api import migrate
from api.connecting import Connecting, connect
from api.limits import Limiter
from api.ownership import Owner, Ownership
from api.settings import Settings
from connectors.sources.base import Item
from core import people
from core.access import Principal
from core.audit import AuditLog, Event, Sequencer
from core.audit.events import NO_SUBJECT
from core.clock import Clock, utc_now
from core.database import Database, open_engine, sqlite_url
from core.jobs import MemoryQueue
from core.secrets import Keyring
from ingest.blobs import BlobStore
from ingest.embed.base import Embedder
from ingest.embed.open import open_embedder
from ingest.index.base import IndexUnusable, VectorIndex
from ingest.index.edge import EdgeIndex
from ingest.index.home import discard
from ingest.keep import Keeper
from ingest.parse import ParserPool
from ingest.parsed import Chunk, Parsed
from ingest.pipeline import Pipeline
from ingest.repository import enqueue_all_ready
from ingest.split import split_with_packaged_tokens
from ingest.sync import Sync
from retrieval.desk import Desk
from retrieval.rerank import CrossEncoderReranker, Reranker
from retrieval.search import Searcher

log = structlog.get_logger()
VERSION = "0.1.0"


@dataclass(slots=True)
class Runtime:
    """The parts of one installation, and how to close them."""

    settings: Settings
    database: Database
    keyring: Keyring
    audit: AuditLog
    sequencer: Sequencer
    blobs: BlobStore
    pool: ParserPool
    split: Callable[[Parsed], tuple[Chunk, ...]]
    embedder: Embedder
    index: VectorIndex
    pipeline: Pipeline
    sync: Sync
    desk: Desk
    asker: Asker
    archive: Archive
    limiter: Limiter
    connecting: Connecting
    ownership: Ownership
    operator_token: str
    clock: Clock
    closing: ExitStack
    maintenance: threading.Thread | None = None

    @property
    def head_file(self) -> Path:
        return self.settings.data_dir / "audit-head"

    def principal(self, person_id: str) -> Principal:
        with self.database.reading() as session:
            return people.principal(session, person_id, self.audit.subject)

    def announce(self, url: str, pid: int) -> None:
        self.ownership.announce(Owner(pid, url, self.operator_token))

    def warm(self) -> Future[Any]:
        """Start one parser beside everything else, so that the first documents do not wait for it. The future is done
        when it is ready."""
        text = "A sentence for the parser to begin with, so that all it needs is there. " * 40
        return self.pool.parse(Item("warm", text.encode(), "warm.txt"), self.split)

    @property
    def session_life(self) -> timedelta:
        return timedelta(hours=self.settings.session_hours)

    def close(self) -> None:
        self.closing.close()


def open_runtime(settings: Settings, tell: Callable[[str], None] = lambda line: None) -> Runtime:
    """Open the installation in ``settings.data_dir``, creating it when it is new. ``tell`` gets a line a step."""
    with ExitStack() as undo:
        directory = settings.data_dir.resolve()
        ownership = Ownership(directory)
        undo.callback(ownership.release)
        keyring = Keyring(directory / "keys")
        engine = open_engine(sqlite_url(directory / "vouch.db"))
        database = Database(engine)
        undo.callback(database.close)
        migrate.upgrade(engine)
        clock = utc_now
        audit = AuditLog(database, keyring, clock)
        sequencer = Sequencer(audit, database, keyring, directory / "audit-head", clock)
        sequencer.start()
        undo.callback(sequencer.stop)

        tell("Opening the embedder")
        embedder = open_embedder(
            settings.embedder.model, cache_dir=_model_cache(directory), threads=settings.embedder.threads
        )
        undo.callback(embedder.close)
        index = _open_index(directory / "index", embedder, database, tell)
        undo.callback(index.close)
        pool = ParserPool(
            workers=settings.ingest.parser_processes,
            timeout_seconds=settings.ingest.parse_timeout_seconds,
            memory_mb=settings.ingest.parse_memory_mb,
        )
        undo.callback(pool.close)
        split = partial(split_with_packaged_tokens, settings=settings.split)
        blobs = BlobStore(directory / "blobs")
        pipeline = Pipeline(
            database,
            blobs,
            pool,
            split,
            embedder,
            index,
            clock,
            settings.ingest,
        )
        keeper = Keeper(database, blobs, clock)
        sync = Sync(database, keeper, pipeline, clock)
        searcher = Searcher(database, index, embedder, settings.retrieval, _reranker(settings, tell))

        def principal_of(person_id: str) -> Principal:
            with database.reading() as session:
                return people.principal(session, person_id, audit.subject)

        asker = Asker(database, searcher, embedder.embed, shipped(), audit, clock, settings.answer, principal_of)
        runtime = Runtime(
            settings=settings,
            database=database,
            keyring=keyring,
            audit=audit,
            sequencer=sequencer,
            blobs=blobs,
            pool=pool,
            split=split,
            embedder=embedder,
            index=index,
            pipeline=pipeline,
            sync=sync,
            desk=Desk(database, searcher, audit, clock),
            asker=asker,
            archive=Archive(database, audit, clock),
            limiter=Limiter(settings.ask_per_minute),
            connecting=connect(settings, database, audit, sync, pipeline, MemoryQueue(), clock),
            ownership=ownership,
            operator_token=secrets.token_urlsafe(32),
            clock=clock,
            closing=undo.pop_all(),
        )
    _record_start(runtime, embedder.identity)
    resumed = sync.resume()
    if resumed.documents:
        tell(f"Completed {resumed.documents} documents that the last stop had cut off")
    return runtime


def _open_index(directory: Path, embedder: Embedder, database: Database, tell: Callable[[str], None]) -> VectorIndex:
    """The index; built anew from the database when it holds the vectors of another embedder."""
    try:
        return EdgeIndex(directory, embedder=embedder.identity, dimensions=embedder.dimensions)
    except IndexUnusable as unusable:
        tell(f"{unusable.message} The index is built anew.")
        discard(directory)
        with database.writing() as session:
            enqueue_all_ready(session)
        return EdgeIndex(directory, embedder=embedder.identity, dimensions=embedder.dimensions)


def _reranker(settings: Settings, tell: Callable[[str], None]) -> Reranker | None:
    rerank = settings.retrieval.rerank
    if rerank.model is None:
        return None
    tell(f"Loading the cross-encoder {rerank.model}")
    return CrossEncoderReranker(rerank.model, rerank.candidates, settings.embedder.threads)


def _model_cache(directory: Path) -> Path:
    """Where converted models lie: beside the installed packages they come from, so that every data directory shares
    them; in the data directory where the installation may not be written."""
    shared = Path(sys.prefix) / "share" / "vouch" / "models"
    try:
        shared.mkdir(parents=True, exist_ok=True)
    except OSError:
        return directory / "models"
    return shared if os.access(shared, os.W_OK) else directory / "models"


def _record_start(runtime: Runtime, embedder: str) -> None:
    runtime.audit.append(
        Event(
            kind="installation.started",
            subject=NO_SUBJECT,
            action="start",
            outcome="done",
            at=runtime.clock(),
            details={"version": VERSION, "mode": "embedded", "model": MODEL},
        )
    )
    log.debug("installation.started", embedder=embedder)
