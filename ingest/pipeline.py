"""The outbox, worked off: content is parsed, split, embedded and settled; then the index follows the database.

Every step can be repeated. A kill between two of them leaves an intent in the outbox, and ``drain`` at the next start
takes it from there.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, Thread
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from sqlalchemy.orm import Session

from connectors import repository as sources
from connectors.freshness import lags
from connectors.plan import stored_plan
from connectors.sources.base import Item
from core import access_sets
from core.access import Access, both
from core.clock import Clock
from core.database import Database
from core.errors import Unavailable
from core.ids import stable_id
from core.text import quote
from ingest import codec, repository, withheld
from ingest.blobs import BlobStore
from ingest.blocks import Structure
from ingest.embed.base import Embedder
from ingest.index.base import Point, VectorIndex, label
from ingest.label import personnel
from ingest.label.levels import levels_of
from ingest.parse import ParseFailed, ParserPool
from ingest.parsed import Chunk, Parsed
from ingest.repository import HELD, Intent
from ingest.settings import IngestSettings
from ingest.tables import ChunkRow, DocumentRow
from ingest.withheld import Admits, everything

log = structlog.get_logger()

Split = Callable[[Parsed], tuple[Chunk, ...]]
Vectors = dict[str, npt.NDArray[np.float32]]
FETCH = 200
"""Intents read from the outbox at a time."""


@dataclass(frozen=True, slots=True)
class Order:
    """Content to be parsed: what the document held when its intent was read."""

    intent: Intent
    content_hash: str
    restricted: tuple[str, ...]

    @property
    def version_id(self) -> str:
        # The same content is split otherwise where other fields have access of their own.
        return stable_id("version", self.intent.document_id, self.content_hash, *self.restricted)


@dataclass(frozen=True, slots=True)
class Draft:
    """A parsed and split document on its way to being settled."""

    order: Order
    parsed: Parsed = field(repr=False)
    chunks: tuple[Chunk, ...] = field(repr=False)

    @property
    def document_id(self) -> str:
        return self.order.intent.document_id


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors by ``vector_key``; ``fresh`` are those that are not in the cache yet."""

    vectors: Vectors = field(repr=False)
    fresh: Vectors = field(repr=False)


@dataclass(slots=True)
class Outcome:
    """What ``drain`` did. ``failures`` are (document id, code, reason)."""

    documents: int = 0
    chunks: int = 0
    tokens: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])


class Pipeline:
    """One worker of the outbox. ``drain`` is exclusive: a second caller waits, then finds nothing left to do."""

    def __init__(
        self, database: Database, blobs: BlobStore, pool: ParserPool, split: Split, embedder: Embedder,
        index: VectorIndex, clock: Clock, settings: IngestSettings, admits: Admits = everything,
    ) -> None:  # fmt: skip
        """``admits``: whether the data policy lets text of a sensitivity go to the embedder; asked anew each time."""
        self._database, self._blobs, self._pool, self._split = database, blobs, pool, split
        self._embedder, self._index, self._clock, self._settings = embedder, index, clock, settings
        self._admits = admits
        self._alone = Lock()
        self._tidying: Thread | None = None

    def drain(
        self, progress: Callable[[int, int], None] | None = None, over: Callable[[], bool] = lambda: False
    ) -> Outcome:
        """Work until the outbox is empty, or until ``over`` says that others want their turn: then some is left.
        ``progress`` gets documents done and chunks done."""
        outcome = Outcome()
        tell = progress or _silent
        with self._alone:
            self._follow(outcome, tell)
            # Two, so that the embedder finds the next batch waiting where one ends.
            with ThreadPoolExecutor(2, "embed") as embedding:
                waiting: deque[tuple[list[Draft], Future[Embedded]]] = deque()
                for drafts in self._drafts(outcome, lambda: all(future.done() for _, future in waiting), over):
                    waiting.append((drafts, embedding.submit(self._embed_drafts, drafts)))
                    # While this batch is being embedded, the one before it is written.
                    if len(waiting) > 1:
                        self._settle(*waiting.popleft(), outcome, tell)
                if waiting:
                    self._settle(*waiting.popleft(), outcome, tell)
            self._follow(outcome, tell)
        self._tidy()
        return outcome

    def _tidy(self) -> None:
        """Let the index merge what came in, beside everything else; a stop in between loses nothing."""
        if self._index.needs_optimize() and (self._tidying is None or not self._tidying.is_alive()):
            self._tidying = Thread(target=self._optimize, name="index-optimize", daemon=True)
            self._tidying.start()

    def _optimize(self) -> None:
        try:
            self._index.optimize()
        except Unavailable as error:
            log.warning("index.optimize_failed", reason=error.message)

    # Content

    def _drafts(self, outcome: Outcome, idle: Callable[[], bool], over: Callable[[], bool]) -> Iterator[list[Draft]]:
        """Parsed documents, in groups of about ``batch_chunks`` chunks, or of a quarter where the embedder is idle."""
        group: list[Draft] = []
        size = 0
        waiting: deque[Order] = deque()

        def items() -> Iterator[Item]:
            for order, item in self._orders(over):
                waiting.append(order)
                yield item

        for _, result in self._pool.parse_each(items(), self._split):
            order = waiting.popleft()
            if isinstance(result, ParseFailed):
                self._fail(order, result, outcome)
                continue
            chunks = result.value
            group.append(Draft(order, result.parsed, chunks))
            size += len(chunks)
            if size >= self._settings.batch_chunks or (size * 4 >= self._settings.batch_chunks and idle()):
                yield group
                group, size = [], 0
        if group:
            yield group

    def _orders(self, over: Callable[[], bool]) -> Iterator[tuple[Order, Item]]:
        after: dict[str, str] = {}
        while not over():
            with self._database.reading() as session:
                intents = repository.pending_by_source(session, FETCH, "content", after)
                rows = repository.documents(session, (intent.document_id for intent in intents))
                bodies = self._blobs.get_all(session, {row.content_hash for row in rows.values()})
                orders = [_order(intent, rows[intent.document_id], bodies) for intent in intents]
            if not intents:
                return
            # Small ones first, so that the embedder has work while the large ones are read.
            for order in sorted(orders, key=lambda order: len(order[1].body)):
                if over():
                    return
                yield order

    def _fail(self, order: Order, failure: ParseFailed, outcome: Outcome) -> None:
        with self._database.writing() as session:
            row = session.get_one(DocumentRow, order.intent.document_id)
            repository.finish(session, (order.intent,))
            if not _still_wanted(order, row):
                return
            row.state, row.failure_code, row.failure_reason = "failed", failure.reason, str(failure)
            row.current_version = None
            # An earlier version must not speak for content that can no longer be read.
            if row.generation:
                repository.enqueue(session, row.id, "remove")
        outcome.documents += 1
        outcome.failures.append((order.intent.document_id, failure.reason, str(failure)))

    # Embedding

    def _embed_drafts(self, drafts: Sequence[Draft]) -> Embedded:
        with self._database.reading() as session:
            rows = repository.documents(session, (draft.document_id for draft in drafts))
            levels = levels_of(session, rows.values())
        admitted = withheld.admitted(self._admits)
        texts = (
            chunk.embedded_text
            for draft in drafts
            for chunk in draft.chunks
            if levels[draft.document_id].of_chunk(draft.order.version_id, chunk.part) in admitted
        )
        return self._embed({vector_key(text): text for text in texts})

    def _embed(self, texts: dict[str, str]) -> Embedded:
        """A vector for every key, from the cache or embedded now."""
        with self._database.reading() as session:
            cached = repository.cached_vectors(session, texts, self._embedder.identity)
        missing = [key for key in texts if key not in cached]
        fresh = dict(zip(missing, self._embedder.embed([texts[key] for key in missing]), strict=True))
        return Embedded(cached | fresh, fresh)

    # Settling, and the index after it

    def _settle(
        self, drafts: list[Draft], future: Future[Embedded], outcome: Outcome, tell: Callable[[int, int], None]
    ) -> None:
        now = self._clock()
        # Made before the vectors are there: the processor has time then, and the transaction stays short.
        rows_of = {
            draft.order.version_id: (_version_values(draft, now), list(_chunk_values(draft))) for draft in drafts
        }
        embedded = future.result()
        with self._database.writing() as session:
            repository.cache_vectors(session, embedded.fresh, self._embedder.identity)
            rows = repository.documents(session, (draft.document_id for draft in drafts))
            settled = [draft for draft in drafts if _still_wanted(draft.order, rows[draft.document_id])]
            there = repository.existing_versions(session, (draft.order.version_id for draft in settled))
            fresh = [rows_of[draft.order.version_id] for draft in settled if draft.order.version_id not in there]
            repository.add_versions(
                session, [version for version, _ in fresh], [chunk for _, chunks in fresh for chunk in chunks]
            )
            for draft in settled:
                row = rows[draft.document_id]
                row.current_version = draft.order.version_id
                row.title, row.state, row.labels = draft.parsed.title, "ready", dict(draft.parsed.labels)
                row.generation += 1
                row.failure_code = row.failure_reason = None
            personnel.remember(session, {draft.document_id: personnel.told_by(draft.parsed) for draft in settled})
            ids = [draft.document_id for draft in settled]
            repository.enqueue_each(session, ids, "index")
            intents = repository.intents_of(session, ids)
        self._index_documents(intents, embedded.vectors)
        outcome.documents += len(drafts)
        outcome.chunks += sum(len(draft.chunks) for draft in drafts)
        tell(outcome.documents, outcome.chunks)

    def _follow(self, outcome: Outcome, tell: Callable[[int, int], None]) -> None:
        """Work off what needs no parsing: points to write, access to rewrite, documents to remove."""
        for stage, work in (
            ("remove", self._remove_documents),
            ("access", self._rewrite_access),
            ("index", self._index_documents),
        ):
            while intents := self._pending(stage):
                work(intents)
                if stage == "index":
                    outcome.documents += len(intents)
                    tell(outcome.documents, outcome.chunks)

    def _pending(self, stage: str) -> list[Intent]:
        with self._database.reading() as session:
            return repository.pending(session, FETCH, stage)

    def _index_documents(self, intents: list[Intent], vectors: Vectors | None = None) -> None:
        known = vectors or {}
        with self._database.reading() as session:
            documents = repository.documents(session, (intent.document_id for intent in intents))
            ready = {row.current_version: row for row in documents.values() if row.state == "ready"}
            chunks = repository.chunks_of_versions(session, [version for version in ready if version])
            access = access_of(session, documents.values())
            kept = withheld.withheld_ids(chunks, levels_of(session, ready.values()), self._admits)
        admitted = [row for row in chunks if row.id not in kept]
        if missing := {row.vector_key: row.embedded_text for row in admitted if row.vector_key not in known}:
            embedded = self._embed(missing)
            with self._database.writing() as session:
                repository.cache_vectors(session, embedded.fresh, self._embedder.identity)
            known = known | embedded.vectors
        # What may not be there any more goes first, with the rest of its document, which comes back at once.
        if parted := {row.document_id for row in chunks if row.id in kept and not row.withheld}:
            self._index.remove_documents(sorted(parted))
        self._index.upsert([self._point(row, ready[row.version_id], access, known) for row in admitted])
        for row in ready.values():
            if row.generation > 1:
                self._index.remove_older(row.id, row.generation)
        if any(row.withheld != (row.id in kept) for row in chunks):
            with self._database.writing() as session:
                withheld.mark(session, chunks, kept)
        self._finish(intents)

    def _rewrite_access(self, intents: list[Intent]) -> None:
        with self._database.writing() as session:
            documents = repository.documents(session, (intent.document_id for intent in intents))
            access = access_of(session, documents.values())
            ready = {row.current_version: row for row in documents.values() if row.state == "ready"}
            chunks = repository.chunks_of_versions(session, [version for version in ready if version])
        groups: dict[tuple[Access, Any], list[str]] = {}
        for chunk in chunks:
            if chunk.withheld:
                continue
            row = ready[chunk.version_id]
            groups.setdefault((part_access(access, row.id, chunk.part), row.modified_at), []).append(chunk.id)
        for (own, modified_at), ids in groups.items():
            self._index.set_access(ids, own, modified_at)
        self._finish(intents)

    def _remove_documents(self, intents: list[Intent]) -> None:
        self._index.remove_documents([intent.document_id for intent in intents])
        self._finish(intents)

    def _finish(self, intents: list[Intent]) -> None:
        now = self._clock()
        with self._database.writing() as session:
            observe_content(session, repository.finish(session, intents), now)

    @staticmethod
    def _point(
        chunk: ChunkRow, row: DocumentRow, access: dict[tuple[str, str | None], Access], known: Vectors
    ) -> Point:
        return Point(
            chunk.id, row.id, row.source_id, row.generation, part_access(access, row.id, chunk.part), row.modified_at,
            known[chunk.vector_key], chunk.embedded_text, tuple(label(*pair) for pair in sorted(row.labels.items())),
        )  # fmt: skip

    # Reconciliation

    def reconcile(self) -> int:
        """Compare the index with the database, and that with the data policy, and ask for what differs. Returns the
        number of documents to redo."""
        with self._database.reading() as session:
            differing = withheld.differing(session, self._admits)
        if differing:
            with self._database.writing() as session:
                repository.enqueue_each(session, differing, "index")
        with self._database.reading() as session:
            wanted = repository.live_chunk_count(session)
        if wanted == self._index.count():
            return len(differing)
        held = self._index.point_ids()
        with self._database.writing() as session:
            live = repository.live_chunk_ids(session)
            lost = repository.documents_of_chunks(session, live - held)
            stray = repository.documents_of_chunks(session, held - live)
            for document_id, row in repository.documents(session, lost | stray).items():
                repository.enqueue(session, document_id, "index" if row.state == "ready" else "remove")
        log.warning("index.reconciled", lost=len(lost), stray=len(stray))
        return len(lost | stray | set(differing))


def observe_content(session: Session, dated: Sequence[tuple[str, datetime]], now: datetime) -> None:
    """Count how long these changes took from their source (id, moment) to an index that agrees."""
    by_source: dict[str, list[datetime]] = {}
    for source_id, changed_at in dated:
        by_source.setdefault(source_id, []).append(changed_at)
    for source_id, moments in by_source.items():
        record = sources.by_id(session, source_id)
        if record is not None:
            bound = stored_plan(record.plan).bounds.content
            lags.observe(session, source_id, "content", lags.exact(moments, now), bound, now)


def _silent(documents: int, chunks: int) -> None:
    """Nobody follows."""


def _order(intent: Intent, row: DocumentRow, bodies: dict[str, bytes]) -> tuple[Order, Item]:
    # The title is read anew from the content: the one that is stored is that of the version before.
    item = Item(row.key, bodies[row.content_hash], row.filename, None, row.media_type)
    return Order(intent, row.content_hash, tuple(sorted(row.restricted))), item


def vector_key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _still_wanted(order: Order, row: DocumentRow) -> bool:
    """Whether the document still asks for this content: it may have changed again, gone, or been suppressed."""
    split_alike = tuple(sorted(row.restricted)) == order.restricted
    # Without a fingerprint it is to be read anew: what was read before may show a field that is restricted by now.
    return row.content_hash == order.content_hash and row.state in HELD and split_alike and row.fingerprint != ""


def _version_values(draft: Draft, now: datetime) -> dict[str, Any]:
    parsed = draft.parsed
    return {
        "id": draft.order.version_id,
        "document_id": draft.document_id,
        "content_hash": draft.order.content_hash,
        "title": parsed.title,
        "text": parsed.text,
        "media_type": parsed.media_type,
        "layout": codec.pack(parsed.elements, parsed.pages),
        "parts": [[part.name, part.span.start, part.span.end] for part in parsed.parts],
        "restricted": list(draft.order.restricted),
        "warnings": list(parsed.warnings),
        "created_at": now,
    }


def _chunk_values(draft: Draft) -> Iterator[dict[str, Any]]:
    version = draft.order.version_id
    structure = Structure(draft.parsed)
    for chunk in draft.chunks:
        text = quote(draft.parsed.text, chunk.spans)
        yield {
            "id": stable_id("chunk", version, str(chunk.ordinal)),
            "version_id": version,
            "document_id": draft.document_id,
            "ordinal": chunk.ordinal,
            "spans": [[span.start, span.end] for span in chunk.spans],
            "page": chunk.page,
            "headings": list(chunk.headings),
            "blocks": [[block.kind, block.span.start, block.span.end] for block in structure.of(chunk.spans)],
            "part": chunk.part,
            "context": chunk.embedded_text.removesuffix(text),
            "text": text,
            "vector_key": vector_key(chunk.embedded_text),
        }


def access_of(session: Session, documents: Collection[DocumentRow]) -> dict[tuple[str, str | None], Access]:
    """Effective access of every document and of each of its restricted parts."""
    keys = {key for row in documents for key in (row.access_key, *row.restricted.values())}
    sets = access_sets.by_keys(session, keys)
    effective: dict[tuple[str, str | None], Access] = {}
    for row in documents:
        whole = sets[row.access_key]
        effective[row.id, None] = whole
        for name, key in row.restricted.items():
            effective[row.id, name] = both(whole, sets[key])
    return effective


def part_access(access: Mapping[tuple[str, str | None], Access], document_id: str, part: str | None) -> Access:
    """The access of a chunk. A field that was restricted when it was split but no longer is has its document's."""
    return access.get((document_id, part), access[document_id, None])
