# qdrant_client leaves parts of its signatures untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The index on a Qdrant server, shared by all processes of an installation.

Qdrant 1.19 is the first that can scope the IDF of a search (``params.idf``). An older one would ignore that, and let
passages that a reader may not see move the scores of those that they may; it is refused when the index opens.
"""

from __future__ import annotations

import ssl
from collections.abc import Generator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from core.access import Access, AccessFilter
from core.errors import Invalid, Unavailable
from core.secrets import Secret
from ingest.index.base import Candidate, Conditions, IndexDamaged, IndexMismatch, Point, Vector
from ingest.index.bm25 import document_weights, query_terms
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

FORMAT = 1
OLDEST = (1, 19)
_INDEXED_FIELDS = {
    "allow": models.PayloadSchemaType.KEYWORD,
    "deny": models.PayloadSchemaType.KEYWORD,
    "source": models.PayloadSchemaType.KEYWORD,
    "document": models.PayloadSchemaType.KEYWORD,
    "generation": models.PayloadSchemaType.INTEGER,
    "labels": models.PayloadSchemaType.KEYWORD,
    "modified_at": models.PayloadSchemaType.DATETIME,
}


class ServerIndex:
    """A ``VectorIndex`` in one collection of a Qdrant server. Thread-safe, and shared with other processes.

    Writes return when the server has applied them. Opening it creates the collection where there is none. Raises
    ``IndexUnusable`` when it has to be rebuilt, ``Unavailable`` while the server does not answer, and ``Invalid`` when
    it is too old or refuses the API key.
    """

    def __init__(
        self, url: str, *, embedder: str, dimensions: int, collection: str = "vouch", api_key: Secret | None = None,
        timeout_seconds: int = 30,
    ) -> None:  # fmt: skip
        self._name = collection
        self._dimensions = dimensions
        self._closed = False
        self._client = connect(url, api_key, timeout_seconds)
        try:
            with answering():
                _refuse_old(self._client)
                self._open({"format": FORMAT, "embedder": embedder, "dimensions": dimensions})
        except BaseException:
            self._client.close()
            raise

    def upsert(self, points: Sequence[Point]) -> None:
        for start in range(0, len(points), UPSERT_POINTS):
            batch = [self._stored(point) for point in points[start : start + UPSERT_POINTS]]
            with self._calling() as client:
                client.upsert(self._name, batch, wait=True)

    def remove_older(self, document_id: str, generation: int) -> None:
        older = models.FieldCondition(key="generation", range=models.Range(lt=generation))
        self._remove(models.Filter(must=[_any_of("document", [document_id]), older]))

    def remove_documents(self, document_ids: Sequence[str]) -> None:
        for batch in batches(document_ids):
            self._remove(models.Filter(must=[_any_of("document", batch)]))

    def set_access(self, point_ids: Sequence[str], access: Access, modified_at: datetime | None) -> None:
        for batch in batches(point_ids):
            # By filter, because setting by id fails as a whole when one of the points has gone.
            named = models.Filter(must=[models.HasIdCondition(has_id=list(batch))])
            with self._calling() as client:
                client.set_payload(self._name, access_payload(access, modified_at), points=named, wait=True)

    def search(
        self, dense: Vector, text: str, access: AccessFilter, *, pool: int, conditions: Conditions = Conditions()
    ) -> tuple[Candidate, ...]:
        if not access.grants or pool < 1:
            return ()
        check_dimensions(dense, self._dimensions)
        permitted = _permitted(access, conditions)
        beam = models.SearchParams(hnsw_ef=BEAM_PER_RESULT * pool)
        requests = [_query(dense.tolist(), DENSE, permitted, pool, beam)]
        terms = query_terms(text)
        if terms.indices:
            # Hidden passages must not move visible scores: IDF counts what this reader may read, whatever is asked for.
            corpus = models.IdfCorpusParams(corpus=_permitted(access, Conditions()))
            query = models.SparseVector(indices=list(terms.indices), values=list(terms.values))
            requests.append(_query(query, SPARSE, permitted, pool, models.SearchParams(idf=corpus)))
        with self._calling() as client:
            found = client.query_batch_points(self._name, requests)
        by_dense = _scores(found[0])
        by_terms = _scores(found[1]) if len(found) > 1 else {}
        return union(by_dense, by_terms, self._cosines(dense, by_terms.keys() - by_dense.keys()))

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        for batch in batches(ids):
            with self._calling() as client:
                records = client.retrieve(self._name, batch, with_payload=False, with_vectors=[DENSE])
            for record in records:
                stored: Any = record.vector
                found[str(record.id)] = np.asarray(stored[DENSE], dtype=np.float32)
        return found

    def point_ids(self) -> frozenset[str]:
        ids: set[str] = set()
        offset: Any = None
        while True:
            with self._calling() as client:
                records, offset = client.scroll(
                    self._name, limit=ID_BATCH, offset=offset, with_payload=False, with_vectors=False
                )
            ids.update(str(record.id) for record in records)
            if offset is None:
                return frozenset(ids)

    def count(self) -> int:
        with self._calling() as client:
            return client.count(self._name, exact=True).count

    def needs_optimize(self) -> bool:
        """Never: the server sees to that by itself."""
        return False

    def optimize(self) -> None:
        """The server does so by itself."""

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._client.close()

    def _open(self, identity: dict[str, Any]) -> None:
        if not self._client.collection_exists(self._name):
            self._create(identity)
        stored = self._client.get_collection(self._name).config.metadata or {}
        if dict(stored) != identity:
            raise IndexMismatch(
                f"The collection {self._name} was made for {_shown(stored)}; {_shown(identity)} is configured.",
                hint="Rebuild the index, or configure the embedder it was built with.",
            )
        # Each time: whoever created the collection may have been killed before these were there.
        for name, kind in _INDEXED_FIELDS.items():
            self._client.create_payload_index(self._name, name, kind, wait=True)

    def _create(self, identity: dict[str, Any]) -> None:
        try:
            self._client.create_collection(
                self._name,
                vectors_config={DENSE: models.VectorParams(size=self._dimensions, distance=models.Distance.COSINE)},
                sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                metadata=identity,
            )
        except UnexpectedResponse as error:
            # Another process may have been first; its collection is the collection.
            if error.status_code not in (400, 409) or not self._client.collection_exists(self._name):
                raise

    def _remove(self, named: models.Filter) -> None:
        with self._calling() as client:
            client.delete(self._name, points_selector=models.FilterSelector(filter=named), wait=True)

    def _cosines(self, dense: Vector, ids: Set[str]) -> dict[str, float]:
        """Exact cosines of these points, scored by the server."""
        if not ids:
            return {}
        named = models.Filter(must=[models.HasIdCondition(has_id=sorted(ids))])
        request = _query(dense.tolist(), DENSE, named, len(ids), models.SearchParams(exact=True))
        with self._calling() as client:
            return _scores(client.query_batch_points(self._name, [request])[0])

    def _stored(self, point: Point) -> models.PointStruct:
        check_dimensions(point.dense, self._dimensions)
        weights = document_weights(point.text)
        sparse = models.SparseVector(indices=list(weights.indices), values=list(weights.values))
        return models.PointStruct(
            id=point.id, vector={DENSE: point.dense.tolist(), SPARSE: sparse}, payload=payload(point)
        )

    @contextmanager
    def _calling(self) -> Generator[QdrantClient]:
        if self._closed:
            raise Unavailable("The index is closed.", hint="The server is stopping; ask again when it is back.")
        with answering():
            yield self._client


def connect(url: str, api_key: Secret | None, timeout_seconds: int) -> QdrantClient:
    """A client of the REST interface. Touches no network."""
    headers = {} if api_key is None else {"api-key": api_key.text()}
    # Its own check of versions is a warning from a thread; ``_refuse_old`` is an error. Proxies of the environment are
    # not for this hop, and whom it trusts are the machine's authorities, as for the queue.
    return QdrantClient(
        url=url, headers=headers, timeout=timeout_seconds, check_compatibility=False, trust_env=False,
        verify=ssl.create_default_context(),
    )  # fmt: skip


def discard(url: str, *, collection: str = "vouch", api_key: Secret | None = None) -> None:
    """Delete the collection, so that the next opening starts an empty one."""
    client = connect(url, api_key, 30)
    try:
        with answering():
            client.delete_collection(collection)
    finally:
        client.close()


@contextmanager
def answering() -> Generator[None]:
    """The client's errors as ours. None of them repeats what was sent."""
    try:
        yield
    except UnexpectedResponse as error:
        if error.status_code in (401, 403):
            raise Invalid("The Qdrant server refuses the API key.", hint="Check index.api_key.") from None
        if error.status_code == 404:
            raise IndexDamaged(
                "The Qdrant server has lost the collection.", hint="Restart Vouch to rebuild it."
            ) from None
        raise Unavailable(
            f"The Qdrant server answered with status {error.status_code}.", hint="See its log.", retry_after=5
        ) from None
    except ResponseHandlingException as error:
        raise Unavailable(
            f"The Qdrant server does not answer ({type(error.source).__name__}).",
            hint="Check index.url and that the server runs; what was being written is written again.",
            retry_after=5,
        ) from None


def _refuse_old(client: QdrantClient) -> None:
    version = client.info().version
    found = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit())
    if found < OLDEST:
        raise Invalid(
            f"The Qdrant server is version {version}; Vouch needs 1.19 or later.",
            hint="Older ones cannot keep hidden passages out of the scores of visible ones. Upgrade the server.",
        )


def _shown(identity: Mapping[str, Any]) -> str:
    if "embedder" not in identity:
        return "something else"
    return f"{identity['embedder']} with {identity.get('dimensions')} dimensions (format {identity.get('format')})"


def _permitted(access: AccessFilter, conditions: Conditions) -> models.Filter:
    grants = list(access.grants)
    must: list[Any] = [_any_of("allow", each) for each in (grants, *access.beside)]
    if conditions.source_ids:
        must.append(_any_of("source", conditions.source_ids))
    if conditions.document_ids:
        must.append(_any_of("document", conditions.document_ids))
    must.extend(_any_of("labels", (each,)) for each in conditions.labels)
    if conditions.modified_after is not None or conditions.modified_before is not None:
        moments = models.DatetimeRange(gte=conditions.modified_after, lte=conditions.modified_before)
        must.append(models.FieldCondition(key="modified_at", range=moments))
    return models.Filter(must=must, must_not=[_any_of("deny", grants)])


def _any_of(field: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))


def _query(
    query: list[float] | models.SparseVector, using: str, permitted: models.Filter, limit: int,
    params: models.SearchParams,
) -> models.QueryRequest:  # fmt: skip
    return models.QueryRequest(
        query=query, using=using, filter=permitted, limit=limit, params=params, with_payload=False, with_vector=False
    )


def _scores(found: Any) -> dict[str, float]:
    """Point id -> score, best first."""
    return {str(hit.id): hit.score for hit in found.points}
