"""Connections to models: where they go, through what, and whom they trust."""

from __future__ import annotations

import logging
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from answer.models.base import Limits, ModelBusy, ModelFailed
from answer.models.calls import Call, present
from answer.models.failures import told
from answer.models.transport import MOST_BYTES, open_client
from core.egress import Egress, EgressSettings
from tests.servers.certificates import certificate

LIMITS = Limits(first=20, between=20, connect=5)


class Answering(BaseHTTPRequestHandler):
    """Says who was asked. As a proxy it opens a tunnel to itself."""

    protocol_version = "HTTP/1.1"
    seen: list[str]
    body = b"here"

    def do_GET(self) -> None:
        self.seen.append(f"{self.path} {self.headers['host']} {dict(self.headers)}")
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.send_header("Set-Cookie", "tracked=1")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: test output is for tests."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    yield from serving(None)


def serving(tls: ssl.SSLContext | None) -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (Answering,), {"seen": []})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        running.socket = tls.wrap_socket(running.socket, server_side=True)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def seen(server: ThreadingHTTPServer) -> list[str]:
    return server.RequestHandlerClass.seen  # type: ignore[attr-defined]


def egress(lookup: dict[str, str] | None = None, **settings: object) -> Egress:
    fields = {"hosts": ("*.example.com", "127.0.0.1"), "private": ("127.0.0.0/8",), **settings}

    def found(host: str, port: int) -> Sequence[str]:
        if host in (lookup or {}):
            return ((lookup or {})[host],)
        if host == "127.0.0.1":
            return (host,)
        raise OSError("no such host")

    return Egress(EgressSettings.model_validate(fields), found)


def get(rule: Egress, url: str) -> tuple[Call, str]:
    call = Call("small", LIMITS)
    with open_client(rule) as http, call.present():
        try:
            return call, http.get(url).text
        except httpx2.HTTPError:
            return call, ""


def test_the_address_that_was_checked_is_the_one_that_is_reached(server: ThreadingHTTPServer) -> None:
    port = server.server_address[1]
    call, text = get(egress({"models.example.com": "127.0.0.1"}), f"http://models.example.com:{port}/v1")
    assert (text, call.failure) == ("here", None)
    assert f"models.example.com:{port}" in seen(server)[0]


def test_a_name_that_leads_to_an_inner_address_is_refused(server: ThreadingHTTPServer) -> None:
    rule = egress({"models.example.com": "169.254.169.254"})
    call, _ = get(rule, "http://models.example.com/v1")
    assert isinstance(call.failure, ModelFailed)
    assert "hands out credentials" in call.failure.message


def test_a_name_without_an_address_may_have_one_later() -> None:
    call, _ = get(egress(), "http://gone.example.com/v1")
    assert isinstance(call.failure, ModelBusy)
    assert "gone.example.com" in call.failure.message


def test_the_administrators_proxy_is_used_and_looks_up_the_name(server: ThreadingHTTPServer) -> None:
    rule = egress(private=(), proxy=f"http://127.0.0.1:{server.server_address[1]}")
    call, text = get(rule, "http://models.example.com/v1")
    assert (text, call.failure) == ("here", None)
    assert seen(server)[0].startswith("http://models.example.com/v1 ")


def test_a_proxy_that_lets_nothing_through_is_named(server: ThreadingHTTPServer) -> None:
    rule = egress(private=(), proxy=f"http://127.0.0.1:{server.server_address[1]}")
    call, _ = get(rule, "https://models.example.com/v1")
    assert isinstance(call.failure, ModelFailed)
    assert "egress.proxy" in call.failure.hint


def test_only_certificates_of_trusted_authorities_are_taken(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    trusted, context = made.public, made.context()
    for server in serving(context):
        url = f"https://127.0.0.1:{server.server_address[1]}/v1"
        call, _ = get(egress(), url)
        assert isinstance(call.failure, ModelFailed)
        assert "ca_file" in call.failure.hint
        assert seen(server) == []
        call, text = get(egress(ca_file=trusted), url)
        assert (text, call.failure) == ("here", None)


def test_cookies_are_not_carried_from_one_call_to_the_next(server: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    with open_client(egress()) as http:
        for _ in range(2):
            with Call("small", LIMITS).present():
                http.get(url)
    assert len(seen(server)) == 2
    assert "tracked" not in seen(server)[1]


def test_a_reply_without_end_is_cut(server: ThreadingHTTPServer) -> None:
    server.RequestHandlerClass.body = b"x" * (MOST_BYTES + 1)  # type: ignore[attr-defined]
    call, text = get(egress(), f"http://127.0.0.1:{server.server_address[1]}/v1")
    assert (type(call.failure), text) == (ModelBusy, "")


def test_a_request_that_belongs_to_no_call_is_not_made(server: ThreadingHTTPServer) -> None:
    with open_client(egress()) as http, pytest.raises(RuntimeError):
        http.get(f"http://127.0.0.1:{server.server_address[1]}/v1")
    assert seen(server) == []


def test_a_server_that_takes_the_connection_and_says_nothing_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        call = Call("small", Limits(first=0.2, between=5, connect=5))
        with open_client(egress()) as http, call.present(), pytest.raises(httpx2.HTTPError):
            http.get(f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
    assert isinstance(call.failure, ModelBusy)
    assert "0.2 seconds" in call.failure.message


@pytest.mark.parametrize("agreed", [False, True], ids=["in-the-handshake", "after-it"])
def test_a_call_over_tls_is_left_while_it_waits(tmp_path: Path, agreed: bool) -> None:
    made = certificate(tmp_path)
    trusted, context = made.public, made.context()
    call = Call("small", Limits(first=60, between=60, connect=60))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        ended: list[Exception] = []

        def ask() -> None:
            with open_client(egress(ca_file=trusted)) as http, call.present():
                try:
                    http.get(url)
                except httpx2.HTTPError as error:
                    ended.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        server, _ = silent.accept()
        server.settimeout(20)
        with context.wrap_socket(server, server_side=True) if agreed else server as taken:
            assert taken.recv(1), "it says what it wants, and waits"
            call.leave()
            asking.join(20)
            assert len(ended) == 1
            while taken.recv(65536):
                """What it had sent before it left."""
    assert isinstance(call.failure, ModelBusy)
    assert "was left" in call.failure.message


@pytest.mark.parametrize("name", ["openai._base_client", "anthropic.x", "google_genai.models", "botocore.parsers"])
def test_what_an_sdk_logs_goes_nowhere_even_when_it_is_asked_to(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    open_client(egress()).close()
    before = logging.getLogger(name).level
    monkeypatch.setattr(logging.getLogger(), "handlers", [Listening()])
    logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger(name).debug("the whole prompt")
    logging.getLogger(name).setLevel(before)
    assert heard == []


def test_no_sdk_is_imported_before_a_model_is_opened() -> None:
    code = (
        "import sys, answer.models.open, answer.models.entry, answer.models.base, answer.models.wording;"
        "print([name for name in ('openai', 'anthropic', 'google.genai', 'httpx2', 'botocore') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_was_not_connected_was_not_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    for rule, url in (
        (egress(), f"http://127.0.0.1:{closed}/v1"),
        (egress(), "http://unlisted.example.org/v1"),
        (egress(), "http://gone.example.com/v1"),
        (egress({"models.example.com": "169.254.169.254"}), "http://models.example.com/v1"),
    ):
        call, _ = get(rule, url)
        assert call.failure is not None
        assert not call.failure.sent
        assert told(call.failure)[0] == "The model was not reached."


def test_a_model_inside_is_connected_to_inside_and_nowhere_else(server: ThreadingHTTPServer) -> None:
    port = server.server_address[1]
    outside = egress({"models.example.com": "93.184.216.34"})
    with open_client(outside, inside=True) as http, Call("small", LIMITS).present():
        with pytest.raises(httpx2.TransportError):
            http.get("http://models.example.com/v1")
        failure = present().failure
    assert isinstance(failure, ModelFailed)
    assert "outside of the own network" in failure.message
    # Neither through a proxy: what is behind it is not inside.
    rule = egress({"models.example.com": "127.0.0.1"}, proxy="http://proxy.example.com:3128")
    with open_client(rule, inside=True) as http, Call("small", LIMITS).present():
        assert http.get(f"http://models.example.com:{port}/v1").text == "here"
