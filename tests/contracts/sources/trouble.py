"""A reverse proxy on loopback that stands before a real server, or a fake, and makes trouble on demand."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

PER_HOP = ("connection", "transfer-encoding", "content-length", "keep-alive", "host")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    """With the query."""
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cut: int = 0
    """How many bytes of the body are not sent before the connection is closed."""


Matches = Callable[[Request], bool]


def always(request: Request) -> bool:
    return True


@dataclass
class Proxy:
    """``asked`` is every request that came in."""

    upstream: str
    url: str = ""
    asked: list[Request] = field(default_factory=list[Request])
    _refusals: list[Reply] = field(default_factory=list[Reply])
    _cuts: int = 0
    _repeats: Matches | None = None
    _repeated: Reply | None = None
    _rewrite: Callable[[Request], Request] = lambda request: request

    def refuse(self, status: int, times: int, retry_after: int | None = None) -> None:
        """The next requests are answered with ``status`` and go no further."""
        headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
        self._refusals += [Reply(status, headers, b"<trouble/>")] * times

    def cut(self, times: int) -> None:
        """The next answers break off in the middle of their bodies."""
        self._cuts = times

    def repeat(self, matches: Matches) -> None:
        """The first answer to a request that matches answers all later ones too."""
        self._repeats, self._repeated = matches, None

    def rewrite(self, change: Callable[[Request], Request]) -> None:
        """Requests are changed on their way: a filter that is taken out is a server that ignores it."""
        self._rewrite = change

    def calm(self) -> None:
        """No more trouble."""
        self._refusals, self._cuts, self._repeats, self._rewrite = [], 0, None, lambda request: request

    def reply(self, request: Request, headers: dict[str, str]) -> Reply:
        self.asked.append(request)
        if self._refusals:
            return self._refusals.pop()
        repeating = self._repeats is not None and self._repeats(request)
        if repeating and self._repeated is not None:
            return self._repeated
        reply = self._forward(self._rewrite(request), headers)
        if repeating:
            self._repeated = reply
        if self._cuts and len(reply.body) > 1:
            self._cuts -= 1
            return Reply(reply.status, reply.headers, reply.body, cut=len(reply.body) // 2)
        return reply

    def _forward(self, request: Request, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=30)
        try:
            connection.request(request.method, request.path, request.body or None, headers)
            answer = connection.getresponse()
            kept = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in PER_HOP)
            return Reply(answer.status, kept, answer.read())
        finally:
            connection.close()


@contextmanager
def proxy(upstream: str) -> Generator[Proxy]:
    standing = Proxy(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: else each answer waits for the acknowledgement of its head.
        wbufsize = 2**16
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in PER_HOP}
            reply = standing.reply(Request(self.command, self.path, body), headers)
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            if reply.status not in (204, 304):
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD" and reply.status not in (204, 304):
                self.wfile.write(reply.body[: len(reply.body) - reply.cut])
            self.close_connection = self.close_connection or reply.cut > 0

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is written to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    standing.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield standing
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
