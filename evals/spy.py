"""A provider on loopback that keeps every byte it is sent, and answers with the sentences it was given.

It speaks Chat Completions (platform.openai.com/docs/api-reference/chat) and Messages (platform.claude.com/docs:
api/messages, build-with-claude/streaming), streamed.
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from evals import wire

VERSION = "spy-2026-10-01"
MOST_SENTENCES = 6
Reply = Callable[["Request"], str | None]
"""From what came in to what the model says; None for a server that is overloaded."""
Usage = Callable[["Request", str], tuple[int, int]]

_UNIT = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Request:
    """``raw`` is all that came over the connection for it: request line, headers and body as they were."""

    path: str
    raw: bytes = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)

    @property
    def texts(self) -> list[str]:
        """Every text of the body, in its order."""
        return list(_strings(self.body))

    @property
    def instructions(self) -> str:
        system = self.body.get("system")
        if system is not None:
            return "\n".join(_strings(system))
        return str(self.body["messages"][0]["content"])

    @property
    def units(self) -> list[tuple[int, str]]:
        """The numbered sentences."""
        return [(int(number), text) for text in self.texts for number, text in _UNIT.findall(text)]

    @property
    def question(self) -> str:
        """The last text of the last message."""
        return list(_strings(self.body["messages"][-1]["content"]))[-1].rpartition("</passages>")[2].strip()


def parrot(request: Request) -> str | None:
    """Says the first sentences word for word, with their numbers, those with pseudonyms first; and to a request without
    evidence its last question."""
    units = request.units
    if not units:
        return request.question.splitlines()[-1]
    ranked = sorted(units, key=lambda unit: re.search(r"\[[A-Z_]+_[0-9A-Z]{8}", unit[1]) is None)[:MOST_SENTENCES]
    return " ".join(f"{text.rstrip('. ')} [{number}]." for number, text in ranked)


class Spy:
    """``requests`` in the order in which they came. ``reply`` may be changed at any time; ``usage`` says how many
    tokens a request and what was said to it have."""

    def __init__(self, reply: Reply = parrot, usage: Usage = lambda request, said: (100, 10)) -> None:
        self.reply, self.usage = reply, usage
        self.requests: list[Request] = []
        spy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                self.rfile = cast("io.BufferedIOBase", _Tee(self.rfile))  # pyright: ignore[reportAttributeAccessIssue]

            def do_POST(self) -> None:
                tee = cast("_Tee", self.rfile)
                body = tee.read(int(self.headers.get("content-length", "0")))
                request = Request(self.path, tee.taken(), json.loads(body))
                spy.requests.append(request)
                spy.answer(self, request)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: what comes in is kept, not printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Spy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, http: BaseHTTPRequestHandler, request: Request) -> None:
        said = self.reply(request)
        if said is None:
            send(http, 503, "application/json", b'{"error": {"type": "overloaded_error", "message": "Later."}}')
            return
        read, written = self.usage(request, said)
        events = (_messages if request.path.endswith("/messages") else _completions)(said, read, written)
        send(http, 200, "text/event-stream", b"".join(events))


class _Tee:
    """Keeps what is read through it."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self._kept: list[bytes] = []

    def readline(self, limit: int = -1) -> bytes:
        return self._keep(self._file.readline(limit))

    def read(self, size: int = -1) -> bytes:
        return self._keep(self._file.read(size))

    def taken(self) -> bytes:
        kept, self._kept = b"".join(self._kept), []
        return kept

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def _keep(self, data: bytes) -> bytes:
        self._kept.append(data)
        return data


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in cast("Mapping[str, object]", value).values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _strings(each)


def _completions(said: str, read: int, written: int) -> Iterator[bytes]:
    yield wire.chunk(VERSION, {"role": "assistant", "content": said})
    yield wire.chunk(VERSION, {}, "stop")
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    yield wire.chunk_of_usage(VERSION, usage)
    yield wire.DONE


def _messages(said: str, read: int, written: int) -> Iterator[bytes]:
    begun = wire.opened(VERSION, {"input_tokens": read, "output_tokens": 1})
    for event in (*begun, wire.text_delta(said), *wire.closed("end_turn", {"output_tokens": written})):
        yield wire.sse(event, event["type"])


def send(http: BaseHTTPRequestHandler, status: int, content_type: str, body: bytes) -> None:
    http.send_response(status)
    http.send_header("Content-Type", content_type)
    http.send_header("Content-Length", str(len(body)))
    http.end_headers()
    http.wfile.write(body)
