"""Sessions against a server on loopback that does what the test tells it to."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.http import Rate
from connectors.outbound import Outbound, Patience, retry_after
from connectors.rates import MemoryBuckets
from core.egress import Egress, EgressSettings
from tests.connectors.opening import Time
from tests.servers.certificates import certificate

TOKEN = "token-of-the-test"
Answer = tuple[int, dict[str, str], bytes]
Act = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Script:
    """Answers in order, the last one for ever. An act may do anything to the connection."""

    answers: list[Answer | Act] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""
    port: int = 0

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.asked.append((handler.command, handler.path, dict(handler.headers)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer(handler)
            return
        status, headers, body = answer
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


def serving(script: Script, context: ssl.SSLContext | None = None) -> Iterator[Script]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            script.serve(self)

        def do_POST(self) -> None:
            script.serve(self)

        def do_CONNECT(self) -> None:
            script.serve(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A broken connection is part of the test."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        script.port = server.server_port
        script.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield script
        server.shutdown()
        thread.join()


@pytest.fixture
def script() -> Iterator[Script]:
    yield from serving(Script())


@pytest.fixture
def time() -> Time:
    return Time()


def ok(body: bytes = b"{}", **headers: str) -> Answer:
    return 200, {"Content-Type": "application/json", **headers}, body


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"half")
    handler.close_connection = True


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def outbound(time: Time, patience: Patience | None = None, **settings: object) -> Outbound:
    rules = {"hosts": ["127.0.0.1", "localhost"], "private": ["127.0.0.1"], **settings}
    egress = Egress(EgressSettings.model_validate(rules))
    buckets = MemoryBuckets(time)
    return Outbound(egress, buckets, clock=time, sleep=time.sleep, jitter=lambda: 0.0, patience=patience or Patience())


@pytest.mark.parametrize(
    "fault", [(429, {}, b""), (502, {}, b""), (503, {}, b""), (504, {}, b""), breaks_off, hangs_up]
)
def test_passing_faults_are_tried_again_with_growing_pauses(script: Script, time: Time, fault: Answer | Act) -> None:
    script.answers = [fault, fault, ok(b'{"a": 1}')]
    assert outbound(time).session("a").get(script.url).json() == {"a": 1}
    assert time.slept == [0.25, 0.5]


@pytest.mark.parametrize("fault", [(503, {}, b""), breaks_off, hangs_up])
def test_faults_that_stay_end_as_unavailable(script: Script, time: Time, fault: Answer | Act) -> None:
    script.answers = [fault]
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1"):
        outbound(time).session("a").get(script.url)
    assert len(script.asked) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500])
def test_other_statuses_are_returned_as_they_are(script: Script, time: Time, status: int) -> None:
    script.answers = [(status, {}, b"why")]
    answer = outbound(time).session("a").get(script.url)
    assert (answer.status_code, answer.text, len(script.asked)) == (status, "why", 1)
    assert not answer.ok
    assert not answer
    with pytest.raises(SourceUnavailable if status >= 500 else SourceRejected, match=f"answered {status}"):
        answer.raise_for_status()


def test_retry_after_is_obeyed(script: Script, time: Time) -> None:
    script.answers = [(429, {"Retry-After": "7"}, b""), ok()]
    outbound(time).session("a").get(script.url)
    assert sum(time.slept) == pytest.approx(7)


def test_a_long_pause_is_left_to_the_schedule_and_holds_for_every_worker(script: Script, time: Time) -> None:
    script.answers = [(429, {"Retry-After": "120"}, b""), ok()]
    http = outbound(time)
    for _ in range(2):
        with pytest.raises(SourceUnavailable) as refused:
            http.session("a").get(script.url)
        assert refused.value.retry_after == pytest.approx(120)
    assert (len(script.asked), time.slept) == (1, [])
    http.session("another account").get(script.url)
    time.now += timedelta(seconds=121)
    assert http.session("a").get(script.url).ok


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("Sun, 22 Nov 2026 09:00:30 GMT", 30.0), ("Sun, 22 Nov 2026 08:00:00 GMT", 0.0),
     ("999999999", 86400.0), ("soon", None), ("", None), ("-5", None)],
)  # fmt: skip
def test_retry_after_is_read_and_bounded(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}, datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) == seconds


def test_requests_wait_for_their_token(script: Script, time: Time) -> None:
    script.answers = [ok()]
    session = outbound(time).session("a", rate=Rate(per_second=2, burst=2))
    for _ in range(4):
        session.get(script.url)
    assert time.slept == pytest.approx([0.5, 0.5])


def test_a_redirect_on_the_same_host_is_followed(script: Script, time: Time) -> None:
    script.answers = [(302, {"Location": "/there"}, b""), ok(b'"there"')]
    assert outbound(time).session("a").get(f"{script.url}/here").json() == "there"
    assert [path for _, path, _ in script.asked] == ["/here", "/there"]


@pytest.mark.parametrize(
    "place", ["http://localhost:{port}/x?token=s3cret", "//localhost:{port}/x", "http://127.0.0.1:1/"]
)
def test_a_redirect_elsewhere_is_refused_even_when_that_is_allowed(script: Script, time: Time, place: str) -> None:
    script.answers = [(302, {"Location": place.format(port=script.port)}, b""), ok()]
    with pytest.raises(SourceRejected, match="not followed") as refused:
        outbound(time).session("a", headers={"Authorization": TOKEN}).get(script.url)
    assert "s3cret" not in str(refused.value)
    assert len(script.asked) == 1
    script.answers = [(302, {"Location": place.format(port=script.port)}, b"")]
    assert outbound(time).session("a").get(script.url, allow_redirects=False).status_code == 302


def test_a_circle_of_redirects_ends(script: Script, time: Time) -> None:
    script.answers = [(302, {"Location": "/"}, b"")]
    with pytest.raises(SourceRejected, match="circle"):
        outbound(time).session("a").get(script.url)


def test_hosts_that_nobody_allowed_are_refused(script: Script, time: Time) -> None:
    script.answers = [ok()]
    with pytest.raises(SourceRejected, match=r"egress\.hosts"):
        outbound(time, hosts=["api.example.com"]).session("a").get(script.url)
    with pytest.raises(SourceRejected, match=r"egress\.private"):
        outbound(time, private=[]).session("a").get(script.url)
    assert script.asked == []


def test_errors_carry_no_query_no_header_and_no_body(script: Script, time: Time) -> None:
    script.answers = [hangs_up]
    session = outbound(time).session("a", headers={"Authorization": f"Bearer {TOKEN}"})
    with pytest.raises(SourceUnavailable) as failed:
        session.post(f"{script.url}/x?key={TOKEN}", data=TOKEN)
    script.answers = [(403, {}, TOKEN.encode())]
    with pytest.raises(SourceRejected) as refused:
        session.get(f"{script.url}/x?key={TOKEN}").raise_for_status()
    for error in (failed.value, refused.value):
        assert TOKEN not in f"{error} {error!r}"
        assert error.__suppress_context__ or error.__context__ is None


def test_a_netrc_of_the_account_that_runs_it_is_not_sent(
    script: Script, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login operator password {TOKEN}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    script.answers = [ok()]
    outbound(time).session("a").get(script.url)
    assert "Authorization" not in script.asked[0][2]


def test_an_answer_that_is_too_large_is_refused(script: Script, time: Time) -> None:
    bomb = gzip.compress(bytes(3 * 2**20))
    script.answers = [ok(bomb, **{"Content-Encoding": "gzip"})]
    small = outbound(time, Patience(max_answer_bytes=2**20))
    with pytest.raises(SourceRejected, match="more than 1 MiB"):
        small.session("a").get(script.url)
    with small.session("a").get(script.url, stream=True) as answer, pytest.raises(SourceRejected):
        _ = answer.content


def test_what_is_not_json_is_said_without_being_shown(script: Script, time: Time) -> None:
    script.answers = [ok(b'{"name": "Ada"')]
    with pytest.raises(SourceMisbehaves, match="JSON") as failed:
        outbound(time).session("a").get(script.url).json()
    assert "Ada" not in str(failed.value)


def test_a_request_that_must_not_happen_twice_is_sent_again_only_when_it_was_refused(
    script: Script, time: Time
) -> None:
    session = outbound(time).session("a", resend=False)
    for fault in ((502, {}, b""), hangs_up):
        script.answers = [fault, ok()]
        with pytest.raises(SourceUnavailable):
            session.post(script.url, json={})
    script.answers = [(503, {}, b""), ok()]
    assert session.post(script.url, json={}).ok


def test_the_proxy_is_used_for_what_is_outside(script: Script, time: Time) -> None:
    script.answers = [ok(b'"by the proxy"')]
    http = outbound(time, hosts=["api.example.invalid"], proxy=script.url)
    assert http.session("a").get("http://api.example.invalid/x").json() == "by the proxy"
    assert script.asked[0][1] == "http://api.example.invalid/x"
    script.answers = [(407, {}, b"")]
    with pytest.raises(SourceUnavailable, match=r"proxy .* api\.example\.invalid.* egress\.proxy"):
        http.session("a").get("https://api.example.invalid/x")
    assert script.asked[-1][0] == "CONNECT"


def test_a_private_authority_is_trusted_once_it_is_set(time: Time, tmp_path: Path) -> None:
    made = certificate(tmp_path)
    for script in serving(Script([ok(b'"tls"')]), made.context()):
        for verify in (True, False):
            with pytest.raises(SourceRejected, match=r"certificate .* egress\.ca_file"):
                outbound(time).session("a").get(script.url, verify=verify)
        assert script.asked == []
        assert outbound(time, ca_file=str(made.public)).session("a").get(script.url).json() == "tls"


def test_dlt_reads_through_it(script: Script, time: Time) -> None:
    page = b'{"items": [{"id": 1}], "next": "/two"}'
    script.answers = [ok(page), (503, {"Retry-After": "2"}, b""), ok(b'{"items": [{"id": 2}], "next": null}')]
    session = outbound(time).session("a", rate=Rate(10, 10))
    client = RESTClient(script.url, session=session, paginator=JSONLinkPaginator("next"), data_selector="items")
    assert [row["id"] for page in client.paginate("/one") for row in page] == [1, 2]
    assert sum(time.slept) == pytest.approx(2)
    script.answers = [(403, {}, b"secret body")]
    with pytest.raises(SourceRejected, match="403") as refused:
        list(client.paginate("/one?key=s3cret"))
    assert "secret body" not in str(refused.value)
    assert "s3cret" not in str(refused.value)
