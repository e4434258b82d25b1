"""Opening the index: in this process, or on the Qdrant server that all processes share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from api.parts.services import Resolve
from api.settings import REFERENCES, Settings
from core.database import Database
from core.errors import Unavailable
from core.leases import Leases
from ingest.embed.base import Embedder
from ingest.index.base import IndexUnusable, VectorIndex
from ingest.index.edge import EdgeIndex
from ingest.index.home import discard
from ingest.repository import enqueue_all_ready

Tell = Callable[[str], None]


def open_index(
    settings: Settings, embedder: Embedder, database: Database, leases: Leases, resolve: Resolve, tell: Tell
) -> VectorIndex:
    """The index; built anew from the database when it holds the vectors of another embedder."""
    if settings.mode == "server":
        return _open_shared(settings, embedder, database, leases, resolve, tell)
    return _open_own(settings.data_dir.resolve() / "index", embedder, database, tell)


def _open_own(directory: Path, embedder: Embedder, database: Database, tell: Tell) -> VectorIndex:
    try:
        return EdgeIndex(directory, embedder=embedder.identity, dimensions=embedder.dimensions)
    except IndexUnusable as unusable:
        tell(f"{unusable.message} The index is built anew.")
        discard(directory)
        with database.writing() as session:
            enqueue_all_ready(session)
        return EdgeIndex(directory, embedder=embedder.identity, dimensions=embedder.dimensions)


def _open_shared(
    settings: Settings, embedder: Embedder, database: Database, leases: Leases, resolve: Resolve, tell: Tell
) -> VectorIndex:
    # Imported here: it takes a second that an embedded installation need not wait for.
    from ingest.index import server

    wanted = settings.index
    url = resolve(wanted.url).text() if wanted.url.startswith(REFERENCES) else wanted.url
    key = resolve(wanted.api_key) if wanted.api_key else None

    def opened() -> VectorIndex:
        return server.ServerIndex(
            url, embedder=embedder.identity, dimensions=embedder.dimensions, collection=wanted.collection, api_key=key,
            timeout_seconds=wanted.timeout_seconds,
        )  # fmt: skip

    try:
        return opened()
    except IndexUnusable:
        with leases.hold("index") as lease:
            if lease is None:
                raise Unavailable("Another process builds the index anew.", hint="Start again in a minute.") from None
            try:
                # That process may have been done just now.
                return opened()
            except IndexUnusable as unusable:
                tell(f"{unusable.message} The index is built anew.")
            server.discard(url, collection=wanted.collection, api_key=key)
            with database.writing() as session:
                enqueue_all_ready(session)
            return opened()
