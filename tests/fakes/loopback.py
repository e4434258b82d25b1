"""What fakes of vendors' HTTP have in common: a server on loopback that answers from memory and fails when told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cut: bool = False
    """Send half of the body and close the connection."""

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        return cls(status, orjson.dumps(value), {"Content-Type": "application/json", **(headers or {})})


Spoil = Callable[[Asked, Reply], Reply]


class LoopbackServer:
    """A fake answers in ``answer``. ``spoil_next`` changes the coming answers: that is how faults are told."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._spoils: list[tuple[str, Spoil]] = []
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body go out in two writes; waiting for the acknowledgement of the first costs 40 ms.
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", "0")))
                reply = fake.serve(Asked(self.command, parts.path, query, headers, body))
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if reply.cut:
                    self.wfile.write(reply.body[: len(reply.body) // 2])
                    self.close_connection = True
                else:
                    self.wfile.write(reply.body)

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815 (the names that http.server calls)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: test output is for tests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> LoopbackServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def serve(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            reply = self.answer(asked)
            for place, (part, spoil) in enumerate(self._spoils):
                if part in asked.path:
                    del self._spoils[place]
                    return spoil(asked, reply)
            return reply

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def spoil_next(self, part: str, spoil: Spoil, times: int = 1) -> None:
        """Send what ``spoil`` makes of the next ``times`` answers to requests whose path holds ``part``."""
        self._spoils.extend([(part, spoil)] * times)

    def throttle_next(self, part: str = "", status: int = 429, retry_after: str | None = "0", times: int = 1) -> None:
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        self.spoil_next(part, lambda _asked, _reply: Reply(status, b"slow down", headers), times)

    def cut_next(self, part: str = "", times: int = 1) -> None:
        """Break the connection in the middle of the body."""
        self.spoil_next(part, lambda _asked, reply: Reply(reply.status, reply.body, reply.headers, cut=True), times)

    def malform_next(self, part: str = "", times: int = 1) -> None:
        """Send half of the JSON as if it were all."""
        self.spoil_next(
            part, lambda _asked, reply: Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers), times
        )
