"""A whole installation for a test: the real parts, in a directory of its own.

Its first start takes most of a second, for the empty schema, the empty index and the embedder; a worker's tests make
these once. Starts from nothing are what ``tests/journeys`` and ``tests/api/test_cold_start.py`` are about.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from answer.answers import Answer
from api import migrate, runtime, sources
from api.http.models import IngestIn
from api.runtime import Runtime
from api.settings import DemoSettings, Settings, WebSettings
from core import people
from core.access import Principal
from core.database import open_engine, sqlite_url
from ingest.embed.base import Embedder
from ingest.embed.open import open_embedder
from ingest.index.edge import EdgeIndex
from ingest.index.home import copy_tree
from ingest.parse.pool import ParserPool
from ingest.sync import Progress, Report
from retrieval.evidence import Passage

Opened = TypeVar("Opened", Embedder, ParserPool)


class Installation:
    """Short names for what a person would do."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.directory = directory
        # One address stands for every visitor of a test.
        settings.setdefault("web", WebSettings(hosts=("testserver",), failures_per_minute=100_000))
        settings.setdefault("demo", DemoSettings(load=False))
        self.settings = Settings(data_dir=directory / "data", **settings)
        if self.settings.mode == "embedded" and not self.settings.data_dir.exists():
            copy_tree(_empty(), self.settings.data_dir)
        self.runtime: Runtime = _opened(self.settings)

    def reopen(self) -> None:
        self.runtime.close()
        self.runtime = _opened(self.settings)

    def close(self) -> None:
        self.runtime.close()

    def person(self, email: str, *groups: str, roles: Iterable[str] = ("employee",)) -> str:
        """Add a person, or give them exactly these groups; returns their id."""
        with self.runtime.database.writing() as session:
            return people.put(session, email, groups=groups, roles=roles, now=self.runtime.clock()).id

    def principal(self, email: str) -> Principal:
        with self.runtime.database.reading() as session:
            person_id = people.by_email(session, email).id
        return self.runtime.principal(person_id)

    def ingest(self, path: Path, source: str, allow: Iterable[str] = ("everyone",), **more: Any) -> Report:
        confirm_empty = more.pop("confirm_empty", False)
        wanted = IngestIn(path=str(path), source=source, allow=list(allow), **more)
        record = sources.configure(self.runtime, wanted)
        return sources.run(self.runtime, record, ignore, confirm_empty=confirm_empty)

    def records(self, source: str, records: Iterable[dict[str, Any]], **more: Any) -> Report:
        path = self.directory / f"{source}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
        return self.ingest(path, source, **more)

    def search(self, query: str, email: str, limit: int = 10, **more: Any) -> tuple[Passage, ...]:
        return self.runtime.desk.search(query, self.principal(email), limit=limit, **more).passages

    def found(self, query: str, email: str, limit: int = 50) -> set[str]:
        """The uris of the documents found."""
        return {passage.document.uri for passage in self.search(query, email, limit)}

    def ask(self, question: str, email: str, conversation: str | None = None) -> Answer:
        person_id = self.principal(email).person_id
        happenings = self.runtime.asker.ask(question, person_id, conversation_id=conversation)
        return next(happening for happening in happenings if isinstance(happening, Answer))


def _opened(settings: Settings) -> Runtime:
    with patch.multiple(runtime, open_embedder=_embedder, ParserPool=_pool):
        return runtime.open_runtime(settings)


@cache
def _embedder(model: str, *, cache_dir: Path, threads: int) -> Embedder:
    """One for all installations: nothing in it belongs to one of them."""
    return _kept(open_embedder(model, cache_dir=cache_dir, threads=threads))


@cache
def _pool(workers: int, timeout_seconds: float, memory_mb: int) -> ParserPool:
    """As the embedder. Its processes end when they have been idle for a minute."""
    return _kept(ParserPool(workers, timeout_seconds=timeout_seconds, memory_mb=memory_mb))


def _kept(opened: Opened) -> Opened:
    """It is closed with the tests, and by no installation."""
    atexit.register(opened.close)
    opened.close = nothing
    return opened


@cache
def _empty() -> Path:
    """The schema and the index as a first start lays them out."""
    made = Path(tempfile.mkdtemp(prefix="vouch-empty-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    engine = open_engine(sqlite_url(made / "vouch.db"))
    migrate.upgrade(engine)
    engine.dispose()
    standard = Settings(data_dir=made).embedder
    embedder = _embedder(standard.model, cache_dir=runtime._model_cache(made), threads=standard.threads)
    EdgeIndex(made / "index", embedder=embedder.identity, dimensions=embedder.dimensions).close()
    return made


def ignore(progress: Progress) -> None:
    """Nobody follows."""


def nothing() -> None:
    """Somebody else closes it."""
