from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pydantic import ValidationError

from core.egress import Egress, EgressRefused, EgressSettings
from core.errors import Invalid, Unavailable
from core.pinned import PinnedAdapter, PinnedSession

OUTSIDE = "93.184.215.14"


class Names:
    """A name service whose answers the test decides, and that may change them at each look-up."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(rounds) for name, rounds in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.answers:
            if host.replace(".", "").isdigit() or ":" in host:
                return [host]
            raise socket.gaierror(-2, "unknown")
        rounds = self.answers[host]
        return rounds.pop(0) if len(rounds) > 1 else rounds[0]


def egress(names: Names | None = None, **settings: object) -> Egress:
    return Egress(EgressSettings.model_validate(settings), names or Names())


def test_nothing_may_be_reached_until_a_host_is_listed() -> None:
    with pytest.raises(EgressRefused, match=r"add api\.example\.com to egress\.hosts"):
        egress().check("https://api.example.com/x")


@pytest.mark.parametrize(
    ("pattern", "host", "allowed"),
    [
        ("api.example.com", "api.example.com", True),
        ("api.example.com", "API.Example.com.", True),
        ("api.example.com", "x.api.example.com", False),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "badexample.com", False),
        ("*.example.com", "x.example.com.evil.org", False),
        ("*", "anything.org", True),
    ],
)
def test_a_pattern_covers_what_it_says(pattern: str, host: str, allowed: bool) -> None:
    names = Names(**{host.lower().rstrip(".").replace(".", "_"): [[OUTSIDE]]})
    rule = egress(names, hosts=[pattern])
    if allowed:
        assert rule.check(f"https://{host}/").port == 443
    else:
        with pytest.raises(EgressRefused, match="may not be reached"):
            rule.check(f"https://{host}/")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "169.254.169.254", "168.63.129.16", "::1", "fe80::1", "fd00::1", "::ffff:10.1.2.3", "::ffff:127.0.0.1",
     "64:ff9b::a01:203", "2002:a01:203::1", "255.255.255.255", "fd00:ec2::254"],
)  # fmt: skip
def test_a_listed_host_at_an_inner_address_is_refused(address: str) -> None:
    with pytest.raises(EgressRefused, match=r"egress\.private") as refused:
        egress(Names(erp_example_com=[[address]]), hosts=["*"]).check("https://erp.example.com/")
    assert address in str(refused.value)


def test_an_inner_address_that_is_listed_is_allowed() -> None:
    names = Names(erp_example_com=[["10.1.2.3"]])
    assert egress(names, hosts=["erp.example.com"], private=["10.1.0.0/16"]).check("http://erp.example.com/")
    with pytest.raises(EgressRefused):
        egress(names, hosts=["erp.example.com"], private=["10.2.0.0/16"]).check("http://erp.example.com/")


def test_a_range_does_not_open_the_metadata_service() -> None:
    for private, allowed in ((["169.254.0.0/16"], False), (["0.0.0.0/0"], False), (["169.254.169.254"], True)):
        rule = egress(hosts=["169.254.169.254"], private=private)
        if allowed:
            rule.check("http://169.254.169.254/latest")
        else:
            with pytest.raises(EgressRefused, match="hands out credentials"):
                rule.check("http://169.254.169.254/latest")


@pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd", "//example.com", "https://", "http://[x"])
def test_only_web_addresses_are_reached(url: str) -> None:
    with pytest.raises(EgressRefused):
        egress(hosts=["*"]).check(url)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(EgressRefused) as refused:
        egress(hosts=["*"]).check("https://user:hunter2@example.com/")
    assert "hunter2" not in str(refused.value)


def test_a_name_without_an_address_is_unavailable() -> None:
    with pytest.raises(Unavailable, match=r"nowhere\.example\.com has no address"):
        egress(hosts=["*"]).check("https://nowhere.example.com/")


@pytest.mark.parametrize(
    "settings",
    [{"hosts": ["https://example.com"]}, {"hosts": ["example.com/path"]}, {"hosts": ["*example.com"]}, {"host": []},
     {"private": ["10.0.0.0/40"]}, {"proxy": "http://user:pw@proxy:3128"}, {"proxy": "socks5://proxy"}],
)  # fmt: skip
def test_settings_that_mean_nothing_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EgressSettings.model_validate(settings)


def test_certificates_that_cannot_be_read_say_which_setting(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(Invalid, match=r"egress\.ca_file"):
        egress(ca_file=str(tmp_path / "ca.pem")).tls()


def test_what_is_behind_the_proxy_is_left_to_it_and_what_is_inside_is_not() -> None:
    names = Names(erp_example_com=[["10.1.2.3"]], api_example_com=[[OUTSIDE]], trap_example_com=[["10.9.9.9"]])
    rule = egress(names, hosts=["*.example.com"], private=["10.1.2.3"], proxy="http://proxy.example.com:3128")
    assert rule.check("https://erp.example.com/").direct
    assert not rule.check("https://api.example.com/").direct
    assert not rule.check("https://known-to-the-proxy.example.com/").direct
    with pytest.raises(EgressRefused):
        rule.check("https://trap.example.com/")


@pytest.fixture
def server() -> Iterator[http.server.ThreadingHTTPServer]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"in")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def session(rule: Egress) -> requests.Session:
    return PinnedSession(PinnedAdapter(rule, timeout_seconds=5))


def test_the_connection_goes_to_the_address_that_was_checked(server: http.server.ThreadingHTTPServer) -> None:
    names = Names(erp_example_com=[["127.0.0.1"]])
    with session(egress(names, hosts=["erp.example.com"], private=["127.0.0.1"])) as web:
        assert web.get(f"http://erp.example.com:{server.server_port}/").text == "in"
    # One look-up for the connection, and no other one whose answer could differ from what was checked.
    assert names.asked == ["erp.example.com"]


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(
    server: http.server.ThreadingHTTPServer,
) -> None:
    names = Names(rebind_example_com=[[OUTSIDE], ["127.0.0.1"]])
    rule = egress(names, hosts=["rebind.example.com"])
    url = f"http://rebind.example.com:{server.server_port}/"
    rule.check(url)
    with session(rule) as web, pytest.raises(EgressRefused, match=r"127\.0\.0\.1"):
        web.get(url)


def test_only_the_allowed_ones_of_several_addresses_are_used(server: http.server.ThreadingHTTPServer) -> None:
    names = Names(erp_example_com=[["10.255.255.1", "127.0.0.1"]])
    with session(egress(names, hosts=["erp.example.com"], private=["127.0.0.1"])) as web:
        assert web.get(f"http://erp.example.com:{server.server_port}/").text == "in"


def test_the_environment_does_not_redirect(
    server: http.server.ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    names = Names(erp_example_com=[["127.0.0.1"]])
    with session(egress(names, hosts=["erp.example.com"], private=["127.0.0.1"])) as web:
        assert web.get(f"http://erp.example.com:{server.server_port}/").text == "in"
