"""What the fakes of models' HTTP have in common: a server on loopback that writes a reply piece by piece, as it is told
to, and notices when the one who asked is gone."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import orjson

from answer.models.base import FinishReason, Usage
from answer.models.entry import ModelEntry
from tests.fakes.loopback import Asked

KEY = "sk-hunter2-0123456789"
WAIT_SECONDS = 30
Fault = Literal["busy", "broken", "overflow", "declined", "unknown_model", "no_means"]


@dataclass(frozen=True, slots=True)
class Script:
    """What the model says next."""

    pieces: tuple[str, ...] = ("Notice is ", "sixteen weeks [1].")
    finish: FinishReason = "stop"
    cites: tuple[tuple[int, int, int], ...] = ()
    """Of Anthropic: search result, first block, block behind the last."""
    then: Literal["end", "hold", "cut", "silence", "signs", "fault"] = "end"
    """After the pieces: end well; wait; break the connection; end without an end; give signs of life; an error."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success. Its words repeat the request, as providers' words sometimes do."""

    status: int
    fault: Fault = "broken"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Garbage:
    """An answer with a status of success that is none."""

    body: bytes = b"<html><body>Please sign in</body></html>"
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True)
class Mute:
    """No answer at all to a request that was taken."""


Told = Script | Refusal | Garbage | Mute


class ModelVendor(ABC):
    """A provider's interface. ``told`` is what comes next; ``asked`` what came in; ``silent`` is set when nothing more
    comes of a reply that is held, ``gone`` when its client left."""

    media_type = "text/event-stream"
    usage = Usage(input=120, output=9, cache_read=64, reasoning=3)
    """What the fake reports, in our terms."""
    version = "model-2026-10-01"
    """The version that answers, by its word."""
    request_header = "x-request-id"

    def __init__(self) -> None:
        self.told: Told = Script()
        self.asked: list[Asked] = []
        self.silent, self.gone = threading.Event(), threading.Event()
        self.connections = 0
        self.tokens = 0
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                fake.connections += 1

            def do_POST(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", "0")))
                asked = Asked(self.command, self.path.partition("?")[0], query, headers, body)
                fake.serve(self, asked)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: test output is for tests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @abstractmethod
    def entry(self, **changes: Any) -> ModelEntry:
        """A model at this server."""

    @property
    def secret(self) -> str:
        """What the reference to the key leads to."""
        return KEY

    @property
    def hidden(self) -> tuple[str, ...]:
        """What of it may show nowhere."""
        return (KEY,)

    @abstractmethod
    def accepts(self, asked: Asked) -> bool:
        """Whether the request has the right path and the right key."""

    @abstractmethod
    def opening(self, script: Script) -> list[bytes]: ...

    @abstractmethod
    def piece(self, text: str) -> bytes: ...

    @abstractmethod
    def closing(self, script: Script) -> list[bytes]: ...

    @abstractmethod
    def sign_of_life(self) -> bytes: ...

    @abstractmethod
    def fault_event(self, words: str) -> bytes:
        """An error in the middle of a reply: overloaded."""

    @abstractmethod
    def fault_body(self, fault: Fault, words: str) -> Any: ...

    @abstractmethod
    def schema_in(self, body: Any) -> Any:
        """The JSON schema that a request asks for."""

    @abstractmethod
    def texts_in(self, body: Any) -> list[str]:
        """The texts of a request in the order in which they stand."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ModelVendor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, http: BaseHTTPRequestHandler, asked: Asked) -> None:
        self.asked.append(asked)
        if not self.accepts(asked):
            self._send(http, 401, orjson.dumps(self.fault_body("unknown_model", _echo(asked))))
            return
        match self.told:
            case Refusal() as refusal:
                body = orjson.dumps(self.fault_body(refusal.fault, _echo(asked)))
                self._send(http, refusal.status, body, headers=refusal.headers)
            case Garbage() as garbage:
                self._send(http, 200, garbage.body, garbage.content_type)
            case Mute():
                self._hold(http)
            case Script() as script:
                self._stream(http, script, _echo(asked))

    def _send(
        self, http: BaseHTTPRequestHandler, status: int, body: bytes, content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        http.send_response(status)
        http.send_header("Content-Type", content_type)
        http.send_header("Content-Length", str(len(body)))
        http.send_header(self.request_header, "req-77")
        for name, value in (headers or {}).items():
            http.send_header(name, value)
        http.end_headers()
        http.wfile.write(body)

    def _stream(self, http: BaseHTTPRequestHandler, script: Script, echo: str) -> None:
        http.send_response(200)
        http.send_header("Content-Type", self.media_type)
        http.send_header("Transfer-Encoding", "chunked")
        http.send_header(self.request_header, "req-77")
        http.end_headers()
        try:
            for event in self._events(http, script, echo):
                _chunk(http, event)
            if script.then == "cut":
                http.close_connection = True
                return
            http.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.gone.set()
            http.close_connection = True

    def _events(self, http: BaseHTTPRequestHandler, script: Script, echo: str) -> Iterator[bytes]:
        yield from self.opening(script)
        for text in script.pieces:
            yield self.piece(text)
        match script.then:
            case "end":
                yield from self.closing(script)
            case "fault":
                yield self.fault_event(echo)
            case "hold":
                self._hold(http)
            case "signs":
                # Without a pause, so that there is always something to read.
                while True:
                    yield self.sign_of_life()
            case "cut" | "silence":
                return

    def _hold(self, http: BaseHTTPRequestHandler) -> None:
        """Returns when the other side closes."""
        http.connection.settimeout(WAIT_SECONDS)
        self.silent.set()
        # A side that gives up what it has not read yet resets the connection.
        with suppress(ConnectionError):
            http.connection.recv(1)
        self.gone.set()
        http.close_connection = True


def _chunk(http: BaseHTTPRequestHandler, data: bytes) -> None:
    http.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
    http.wfile.flush()


def _echo(asked: Asked) -> str:
    return f"{asked.body.decode(errors='replace')} {asked.headers}"
