"""A stand-in for a Qdrant server on loopback: the part of its REST interface that ``ingest/index/server.py`` uses,
answered by qdrant-client's own local mode, which keeps everything in memory and compares every vector.

It shows what several processes share and that requests and answers have the right form. It is no Qdrant: no disk, no
graph, no versions of points, and nothing about speed. ``VOUCH_TEST_QDRANT_URL`` points the same tests at a live one.
As a process: ``python -m tests.servers.qdrant_standin PORT``; it prints its address.
"""

from __future__ import annotations

import re
import ssl
import sys
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import orjson
from pydantic import TypeAdapter, ValidationError
from qdrant_client import QdrantClient, models

VERSION = "1.19.0"
Answer = Callable[["LocalQdrant", str, Any], Any]
_SELECTOR: TypeAdapter[Any] = TypeAdapter(models.PointsSelector)
_POINTS: TypeAdapter[list[models.PointStruct]] = TypeAdapter(list[models.PointStruct])


class Refusal(Exception):
    """What the server answers with a status of its own."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class LocalQdrant:
    """Each method answers one operation with what stands under ``result``. One at a time."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._client = QdrantClient(":memory:", force_disable_check_same_thread=True)
        self._lock = threading.Lock()

    def serve(self, method: str, path: str, body: Any) -> Any:
        for (wanted, pattern), answer in ROUTES.items():
            found = re.fullmatch(pattern, path)
            if wanted == method and found:
                with self._lock, warnings.catch_warnings():
                    # Local mode warns that it ignores indexes and beams, and that it is slow.
                    warnings.simplefilter("ignore")
                    return answer(self, *found.groups(), body) if found.groups() else answer(self, "", body)
        raise Refusal(404, f"the stand-in does not answer {method} {path}")

    def collections(self, _: str, body: Any) -> Any:
        return self._client.get_collections()

    def exists(self, name: str, body: Any) -> Any:
        return {"exists": self._client.collection_exists(name)}

    def info(self, name: str, body: Any) -> Any:
        self._known(name)
        return self._client.get_collection(name)

    def create(self, name: str, body: Any) -> Any:
        if self._client.collection_exists(name):
            raise Refusal(409, f"Collection `{name}` already exists!")
        wanted = models.CreateCollection.model_validate(body)
        return self._client.create_collection(
            name, vectors_config=wanted.vectors, sparse_vectors_config=wanted.sparse_vectors, metadata=wanted.metadata
        )

    def drop(self, name: str, body: Any) -> Any:
        return self._client.delete_collection(name)

    def index_field(self, name: str, body: Any) -> Any:
        self._known(name)
        wanted = models.CreateFieldIndex.model_validate(body)
        return self._client.create_payload_index(name, wanted.field_name, wanted.field_schema)

    def upsert(self, name: str, body: Any) -> Any:
        self._known(name)
        return self._client.upsert(name, _POINTS.validate_python(body["points"]))

    def delete(self, name: str, body: Any) -> Any:
        self._known(name)
        return self._client.delete(name, _SELECTOR.validate_python(body))

    def set_payload(self, name: str, body: Any) -> Any:
        self._known(name)
        wanted = models.SetPayload.model_validate(body)
        target: Any = wanted.filter if wanted.filter is not None else wanted.points
        return self._client.set_payload(name, wanted.payload, target)

    def query(self, name: str, body: Any) -> Any:
        self._known(name)
        wanted = models.QueryRequestBatch.model_validate(body)
        return self._client.query_batch_points(name, wanted.searches)

    def scroll(self, name: str, body: Any) -> Any:
        self._known(name)
        wanted = models.ScrollRequest.model_validate(body)
        points, following = self._client.scroll(
            name, wanted.filter, wanted.limit or 10, offset=wanted.offset, with_payload=bool(wanted.with_payload),
            with_vectors=bool(wanted.with_vector),
        )  # fmt: skip
        return {"points": points, "next_page_offset": following}

    def count(self, name: str, body: Any) -> Any:
        self._known(name)
        return self._client.count(name, models.CountRequest.model_validate(body).filter, exact=True)

    def retrieve(self, name: str, body: Any) -> Any:
        self._known(name)
        wanted = models.PointRequest.model_validate(body)
        return self._client.retrieve(name, wanted.ids, bool(wanted.with_payload), wanted.with_vector or False)

    def _known(self, name: str) -> None:
        if not self._client.collection_exists(name):
            raise Refusal(404, f"Not found: Collection `{name}` doesn't exist!")


_COLLECTION = "/collections/([^/]+)"
ROUTES: dict[tuple[str, str], Answer] = {
    ("GET", "/collections"): LocalQdrant.collections,
    ("GET", _COLLECTION): LocalQdrant.info,
    ("PUT", _COLLECTION): LocalQdrant.create,
    ("DELETE", _COLLECTION): LocalQdrant.drop,
    ("GET", f"{_COLLECTION}/exists"): LocalQdrant.exists,
    ("PUT", f"{_COLLECTION}/index"): LocalQdrant.index_field,
    ("PUT", f"{_COLLECTION}/points"): LocalQdrant.upsert,
    ("POST", f"{_COLLECTION}/points"): LocalQdrant.retrieve,
    ("POST", f"{_COLLECTION}/points/delete"): LocalQdrant.delete,
    ("POST", f"{_COLLECTION}/points/payload"): LocalQdrant.set_payload,
    ("POST", f"{_COLLECTION}/points/query/batch"): LocalQdrant.query,
    ("POST", f"{_COLLECTION}/points/scroll"): LocalQdrant.scroll,
    ("POST", f"{_COLLECTION}/points/count"): LocalQdrant.count,
}


class StandIn:
    """The server. ``version`` is what it says of itself; with ``api_key`` it refuses whoever does not send that;
    ``tls`` is the context that it speaks with."""

    def __init__(
        self, port: int = 0, *, version: str = VERSION, api_key: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._scheme = "http" if tls is None else "https"
        self.local = LocalQdrant()
        self.down = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                status, reply = 503, {"status": {"error": "down"}}
                if not outer.down:
                    key = self.headers.get("api-key")
                    status, reply = outer.answer(self.command, urlsplit(self.path).path, content, key, version, api_key)
                body = orjson.dumps(reply)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 (the names that http.server calls)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: test output is for tests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def run(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(
        self, method: str, path: str, content: bytes, key: str | None, version: str, api_key: str | None
    ) -> tuple[int, Any]:
        if api_key is not None and key != api_key:
            return 401, {"status": {"error": "Invalid API key or JWT"}}
        if path == "/":
            return 200, {"title": "qdrant - vector search engine (stand-in)", "version": version}
        try:
            result = self.local.serve(method, path, orjson.loads(content) if content else None)
        except Refusal as refusal:
            return refusal.status, {"status": {"error": str(refusal)}}
        except (ValidationError, ValueError) as error:
            return 400, {"status": {"error": str(error)}}
        return 200, {"result": _plain(result), "status": "ok", "time": 0.0}


@contextmanager
def running(**options: Any) -> Generator[StandIn]:
    """One in a thread of this process."""
    server = StandIn(**options)
    thread = threading.Thread(target=server.run, name="qdrant-stand-in", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


if __name__ == "__main__":
    standing = StandIn(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    sys.stdout.write(standing.url + "\n")
    sys.stdout.flush()
    standing.run()
