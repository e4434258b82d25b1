"""A web site on loopback, of the standard library's server: pages, a sitemap, robots.txt, conditional requests."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from xml.sax.saxutils import escape

SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass
class Published:
    """What is at one path. ``lastmod`` None keeps it out of the sitemap, "" lists it without one."""

    body: bytes
    status: int = 200
    lastmod: str | None = ""
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    etag: bool = True


class WebSite:
    """What it serves, and what it was asked for: (method, path, status)."""

    def __init__(self) -> None:
        self.pages: dict[str, Published] = {}
        self.asked: list[tuple[str, int]] = []
        self.agents: set[str] = set()
        self.url = ""

    def put(self, path: str, text: str, lastmod: str | None = "", **more: object) -> None:
        body = f"<html><head><title>{path}</title></head><body><p>{text}</p></body></html>".encode()
        self.pages[path] = Published(body, lastmod=lastmod, **more)  # type: ignore[arg-type]

    def file(self, path: str, body: str | bytes, **more: object) -> None:
        """Something that no sitemap lists by itself."""
        raw = body.encode() if isinstance(body, str) else body
        self.pages[path] = Published(raw, lastmod=None, **more)  # type: ignore[arg-type]

    def remove(self, path: str) -> None:
        del self.pages[path]

    def sitemap(self) -> bytes:
        listed = {path: page.lastmod for path, page in self.pages.items() if page.lastmod is not None}
        urls = "".join(
            f"<url><loc>{escape(self.url + path)}</loc>{f'<lastmod>{mod}</lastmod>' if mod else ''}</url>"
            for path, mod in listed.items()
        )
        return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{SPACE}">{urls}</urlset>'.encode()

    def requested(self, path: str) -> list[int]:
        """The statuses with which a path was answered; forgets what was asked so far."""
        found = [status for asked, status in self.asked if asked == path]
        self.asked.clear()
        return found

    def answer(self, path: str, condition: str | None) -> tuple[int, bytes, dict[str, str]]:
        page = self.pages.get(path)
        if page is None and path == "/sitemap.xml":
            return 200, self.sitemap(), {"Content-Type": "application/xml"}
        if page is None:
            return 404, b"not found", {"Content-Type": "text/plain"}
        etag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
        headers = {"Content-Type": page.kind} | ({"ETag": etag} if page.etag else {}) | page.headers
        if page.etag and page.status == 200 and condition == etag:
            return 304, b"", headers
        return page.status, page.body, headers


@contextmanager
def site() -> Generator[WebSite]:
    serving = WebSite()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: else each answer waits for the acknowledgement of its head.
        wbufsize = 2**16
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            status, body, headers = serving.answer(self.path, self.headers.get("If-None-Match"))
            serving.asked.append((self.path, status))
            serving.agents.add(self.headers.get("User-Agent", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is written to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serving.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield serving
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
