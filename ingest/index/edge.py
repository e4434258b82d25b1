# qdrant_edge is a compiled module whose stubs are partly untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The index in this process: Qdrant Edge, with writes in its write-ahead log and heavy work in a child process.

Every call of the engine holds the interpreter's lock, so calls stay small: at most 250 points in one upsert, and
compaction happens on a copy (``optimize``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence, Set
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    HasIdCondition,
    IdfParams,
    MatchAny,
    MatchValue,
    Memory,
    Modifier,
    PayloadSchemaType,
    Query,
    QueryBatchRequest,
    QueryRequest,
    RangeDateTime,
    RangeFloat,
    ScoredPoint,
    ScrollRequest,
    SearchParams,
    UpdateOperation,
)
from qdrant_edge import Point as EdgePoint

from core.access import Access, AccessFilter
from core.errors import Unavailable
from ingest.index.base import Candidate, Conditions, IndexDamaged, Point, Vector
from ingest.index.bm25 import document_weights, query_terms
from ingest.index.home import IndexHome, copy_tree
from ingest.index.points import (
    BEAM_PER_RESULT,
    DENSE,
    ID_BATCH,
    SPARSE,
    UPSERT_POINTS,
    access_payload,
    batches,
    check_dimensions,
    payload,
    union,
)

_FLUSH_POINTS = 5_000
_SEARCH_THREADS = 2
_DRIFT_POINTS = 30_000
_JOURNAL_POINTS = 20_000
_ROOT = Path(__file__).resolve().parents[2]
_INDEXED_FIELDS = {
    "allow": PayloadSchemaType.Keyword,
    "deny": PayloadSchemaType.Keyword,
    "source": PayloadSchemaType.Keyword,
    "document": PayloadSchemaType.Keyword,
    "generation": PayloadSchemaType.Integer,
    "modified_at": PayloadSchemaType.Datetime,
    "labels": PayloadSchemaType.Keyword,
}
_log = structlog.get_logger(__name__)


class EdgeIndex:
    """A ``VectorIndex`` in a directory that this process alone has open. Thread-safe.

    Raises ``Conflict`` when another process has it open, ``IndexUnusable`` when it has to be rebuilt.
    """

    def __init__(self, directory: Path, *, embedder: str, dimensions: int) -> None:
        self._embedder = embedder
        self._dimensions = dimensions
        self._home = IndexHome(directory)
        # Writers wait for each other and for the copy that a compaction starts from; readers only for single calls.
        self._write_lock = threading.RLock()
        self._call_lock = threading.RLock()
        self._optimize_lock = threading.Lock()
        self._journal: list[UpdateOperation] | None = None
        self._journal_points = 0
        self._unflushed = 0
        self._compaction: subprocess.Popen[bytes] | None = None
        self._closed = False
        try:
            self._path, self._shard = self._open()
        except BaseException:
            self._home.release()
            raise

    def upsert(self, points: Sequence[Point]) -> None:
        for start in range(0, len(points), UPSERT_POINTS):
            batch = [self._stored(point) for point in points[start : start + UPSERT_POINTS]]
            self._write(UpdateOperation.upsert_points(batch), len(batch))

    def remove_older(self, document_id: str, generation: int) -> None:
        older: list[Any] = [
            FieldCondition("document", match=MatchValue(document_id)),
            FieldCondition("generation", range=RangeFloat(lt=float(generation))),
        ]
        self._write(UpdateOperation.delete_points_by_filter(Filter(must=older)), 1)

    def remove_documents(self, document_ids: Sequence[str]) -> None:
        for batch in batches(document_ids):
            named = FieldCondition("document", match=MatchAny(batch))
            self._write(UpdateOperation.delete_points_by_filter(Filter(must=[named])), 1)

    def set_access(self, point_ids: Sequence[str], access: Access, modified_at: datetime | None) -> None:
        for batch in batches(point_ids):
            # By filter, because setting by id fails as a whole when one of the points has gone.
            named = Filter(must=[HasIdCondition(set(batch))])
            self._write(UpdateOperation.set_payload_by_filter(named, access_payload(access, modified_at)), len(batch))

    def search(
        self, dense: Vector, text: str, access: AccessFilter, *, pool: int, conditions: Conditions = Conditions()
    ) -> tuple[Candidate, ...]:
        if not access.grants or pool < 1:
            return ()
        check_dimensions(dense, self._dimensions)
        permitted = _permitted(access, conditions)
        queries = [
            QueryRequest(
                limit=pool,
                query=Query.Nearest(dense.tolist(), DENSE),
                filter=permitted,
                with_payload=False,
                params=SearchParams(hnsw_ef=BEAM_PER_RESULT * pool),
            )
        ]
        terms = query_terms(text)
        if terms.indices:
            # Hidden passages must not move visible scores: IDF counts what this reader may read, whatever is asked for.
            scoped = SearchParams(idf=IdfParams(_permitted(access, Conditions())))
            queries.append(
                QueryRequest(
                    limit=pool,
                    query=Query.Nearest(terms, SPARSE),
                    filter=permitted,
                    with_payload=False,
                    params=scoped,
                )
            )
        with self._call_lock:
            shard = self._open_shard()
            found = shard.query_batch(QueryBatchRequest(queries))
            by_dense, by_terms = _scores(found[0]), _scores(found[1]) if len(found) > 1 else {}
            cosines = _cosines(shard, dense, by_terms.keys() - by_dense.keys())
        return union(by_dense, by_terms, cosines)

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        for batch in batches(ids):
            with self._call_lock:
                records = self._open_shard().retrieve(list(batch), with_payload=False, with_vector=[DENSE])
            for record in records:
                stored: Any = record.vector
                found[str(record.id)] = np.asarray(stored[DENSE], dtype=np.float32)
        return found

    def point_ids(self) -> frozenset[str]:
        ids: set[str] = set()
        offset: Any = None
        while True:
            with self._call_lock:
                request = ScrollRequest(offset=offset, limit=ID_BATCH, with_payload=False, with_vector=False)
                records, offset = self._open_shard().scroll(request)
            ids.update(str(record.id) for record in records)
            if offset is None:
                return frozenset(ids)

    def count(self) -> int:
        with self._call_lock:
            return self._open_shard().count(CountRequest(exact=True))

    def needs_optimize(self) -> bool:
        """Whether ``optimize`` would pay: 30,000 points without a graph, or 30,000 more deleted than live.

        Below 30,000 points an exact scan takes 3 ms, and no graph is worth building.
        """
        with self._call_lock:
            info = self._open_shard().info()
        # The engine counts the indexed vectors of both kinds, deleted ones included; the sparse ones are always
        # indexed. So this is positive for points without a graph and negative for vectors without a point.
        drift = 2 * info.points_count - info.indexed_vectors_count
        return abs(drift) >= _DRIFT_POINTS

    def optimize(self) -> None:
        """Compact a copy in a child process, replay what was written meanwhile, and swap it in.

        Reads go on throughout; writes wait while the directory is copied. Raises ``Unavailable`` when the child fails
        or is overtaken by too many writes; the index then serves on as it is.
        """
        with self._optimize_lock:
            copy = self._start_copy()
            try:
                self._compact(copy)
                replacement = EdgeShard.load(str(copy))
                try:
                    self._catch_up(replacement)
                    self._swap(copy, replacement)
                except BaseException:
                    replacement.close()
                    raise
            except BaseException:
                shutil.rmtree(copy, ignore_errors=True)
                raise
            finally:
                with self._write_lock:
                    self._journal = None

    def flush(self) -> None:
        """Write everything to its place, so that the next opening has no log to replay."""
        with self._write_lock, self._call_lock:
            self._open_shard().flush()
            self._unflushed = 0

    def close(self) -> None:
        """Stop a compaction, flush and let go of the directory. Closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        if self._compaction is not None:
            self._compaction.terminate()
        with self._optimize_lock, self._write_lock, self._call_lock:
            self._shard.flush()
            self._shard.close()
            self._home.release()

    def _open(self) -> tuple[Path, EdgeShard]:
        path = self._home.live_shard(self._embedder, self._dimensions)
        if path is not None:
            try:
                shard = EdgeShard.load(str(path), _config(self._dimensions))
                _index_fields(shard)
                return path, shard
            except Exception as error:
                # The engine raises bare exceptions only.
                raise IndexDamaged(
                    f"The index at {self._home.directory} cannot be read ({error}).", hint="Rebuild the index."
                ) from error
        path = self._home.new_shard()
        shard = EdgeShard.create(str(path), _config(self._dimensions))
        _index_fields(shard)
        shard.flush()
        self._home.make_live(path, self._embedder, self._dimensions)
        return path, shard

    def _open_shard(self) -> EdgeShard:
        if self._closed:
            raise Unavailable("The index is closed.", hint="The server is stopping; ask again when it is back.")
        return self._shard

    def _write(self, operation: UpdateOperation, points: int) -> None:
        with self._write_lock:
            with self._call_lock:
                self._open_shard().update(operation)
            if self._journal is not None:
                self._journal.append(operation)
                self._journal_points += points
            self._unflushed += points
            if self._unflushed >= _FLUSH_POINTS:
                self.flush()

    def _stored(self, point: Point) -> EdgePoint:
        check_dimensions(point.dense, self._dimensions)
        return EdgePoint(point.id, {DENSE: point.dense.tolist(), SPARSE: document_weights(point.text)}, payload(point))

    def _start_copy(self) -> Path:
        copy = self._home.new_shard()
        with self._write_lock:
            self.flush()
            copy_tree(self._path, copy, lambda: self._closed)
            self._journal, self._journal_points = [], 0
        return copy

    def _compact(self, copy: Path) -> None:
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-m", "ingest.index.compact", str(copy)]
        self._compaction = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if self._closed:
            self._compaction.terminate()
        status = self._compaction.wait()
        self._compaction = None
        self._open_shard()
        if status != 0:
            raise Unavailable(f"The compaction of the index ended with status {status}.", hint="It is tried again.")

    def _catch_up(self, replacement: EdgeShard) -> None:
        while True:
            with self._write_lock:
                pending, self._journal = self._journal or [], []
                overtaken = self._journal_points > _JOURNAL_POINTS
                self._journal_points = 0
            if overtaken:
                raise Unavailable("Writes overtook the compaction of the index.", hint="It is tried again later.")
            for operation in pending:
                replacement.update(operation)
            if len(pending) <= 1:
                replacement.flush()
                return

    def _swap(self, copy: Path, replacement: EdgeShard) -> None:
        with self._write_lock, self._call_lock:
            old, old_path = self._open_shard(), self._path
            for operation in self._journal or []:
                replacement.update(operation)
            # True from this line on: both shards hold every write that was acknowledged.
            self._home.make_live(copy, self._embedder, self._dimensions)
            self._shard, self._path = replacement, copy
        old.close()
        shutil.rmtree(old_path, ignore_errors=True)
        _log.info("index.compacted", points=self.count())


def _index_fields(shard: EdgeShard) -> None:
    """Index the fields that are not yet: an index of an earlier release has fewer."""
    there = shard.info().payload_schema
    for name, kind in _INDEXED_FIELDS.items():
        if name not in there:
            shard.update(UpdateOperation.create_field_index(name, kind))


def _config(dimensions: int) -> EdgeConfig:
    return EdgeConfig(
        vectors={DENSE: EdgeVectorParams(size=dimensions, distance=Distance.Cosine, memory=Memory.Cached)},
        sparse_vectors={SPARSE: EdgeSparseVectorParams(modifier=Modifier.Idf)},
        payload_memory=Memory.Cold,
        max_search_threads=_SEARCH_THREADS,
    )


def _permitted(access: AccessFilter, conditions: Conditions) -> Filter:
    grants = list(access.grants)
    must = [FieldCondition("allow", match=MatchAny(list(each))) for each in (grants, *access.beside)]
    if conditions.source_ids:
        must.append(FieldCondition("source", match=MatchAny(list(conditions.source_ids))))
    if conditions.document_ids:
        must.append(FieldCondition("document", match=MatchAny(list(conditions.document_ids))))
    must.extend(FieldCondition("labels", match=MatchValue(each)) for each in conditions.labels)
    if conditions.modified_after is not None or conditions.modified_before is not None:
        after, before = conditions.modified_after, conditions.modified_before
        moments = RangeDateTime(gte=after.isoformat() if after else None, lte=before.isoformat() if before else None)
        must.append(FieldCondition("modified_at", range=moments))
    return Filter(must=list(must), must_not=[FieldCondition("deny", match=MatchAny(grants))])


def _scores(found: Sequence[ScoredPoint]) -> dict[str, float]:
    """Point id -> score, best first."""
    return {str(hit.id): hit.score for hit in found}


def _cosines(shard: EdgeShard, dense: Vector, ids: Set[str]) -> dict[str, float]:
    """Exact cosines of these points, scored in the engine: carrying their vectors over would take ten times as long."""
    if not ids:
        return {}
    request = QueryRequest(
        limit=len(ids),
        query=Query.Nearest(dense.tolist(), DENSE),
        filter=Filter(must=[HasIdCondition(set(ids))]),
        params=SearchParams(exact=True),
    )
    return _scores(shard.query(request))
