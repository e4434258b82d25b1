"""The HTTP under every SDK: it goes where egress allows and nowhere else, waits as long as the call may, and keeps what
went wrong for the call. Neither the environment nor a redirect changes where it goes."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import httpcore2
import httpx2

from answer.models.calls import Call, Left, present
from answer.models.failures import not_reached, refused, request_id
from core.egress import Egress, EgressRefused
from core.errors import Invalid, Unavailable

MOST_BYTES = 64 * 1024 * 1024
"""Of a reply. No model writes as much; a server that does is not one."""
MOST_ERROR_BYTES = 64 * 1024
KEEPALIVE_SECONDS = 30.0
_SENT = frozenset(
    {
        "host", "content-type", "content-length", "transfer-encoding", "accept", "accept-encoding", "connection",
        "user-agent", "authorization", "api-key", "x-api-key", "x-goog-api-key", "x-goog-user-project",
        "anthropic-version", "anthropic-beta", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
    }
)  # fmt: skip
_LOUD = (
    "openai",
    "anthropic",
    "google_genai",
    "google.auth",
    "google.genai",
    "httpx2",
    "httpcore2",
    "botocore.auth",
    "botocore.parsers",
)

_Options = Iterable[Any] | None


def open_client(egress: Egress, *, inside: bool = False) -> httpx2.Client:
    """For ``http_client=`` of an SDK. Requests made with it belong to a ``Call``. ``inside``: they go to addresses
    within the own network and to no others."""
    for name in _LOUD:
        _silence(name)
    return httpx2.Client(
        transport=Transport(egress, inside=inside), trust_env=False, follow_redirects=False,
        headers={"accept-encoding": "identity"},
    )  # fmt: skip


class Transport(httpx2.BaseTransport):
    """Raises what the SDK understands, and leaves in the call what really happened."""

    def __init__(self, egress: Egress, *, inside: bool = False) -> None:
        self._egress, self._inside = egress, inside
        tls = egress.tls()
        limits: dict[str, Any] = {"ssl_context": tls, "max_connections": None, "keepalive_expiry": KEEPALIVE_SECONDS}
        self._direct = httpcore2.ConnectionPool(network_backend=_Checked(egress, inside=inside), **limits)
        self._proxied = _proxied(egress.settings.proxy, tls, limits)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        call = present()
        try:
            response = self._pool(request).handle_request(_core(request, call))
        except EgressRefused as error:
            call.fail(not_reached(call.name, error, busy=False))
        except Unavailable as error:
            call.fail(not_reached(call.name, error, busy=True))
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.ProxyError) as error:
            told = _unreached(call, request.url.host, error)
            call.fail(not_reached(call.name, told, busy=isinstance(told, Unavailable)))
        except httpcore2.TimeoutException:
            call.stalled()
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            call.broke()
        else:
            return _received(call, request, response)
        raise httpx2.TransportError("the model was not reached")

    def close(self) -> None:
        self._direct.close()
        if self._proxied is not None:
            self._proxied.close()

    def _pool(self, request: httpx2.Request) -> httpcore2.ConnectionPool:
        target = self._egress.target(str(request.url))
        return self._direct if target.direct or self._inside or self._proxied is None else self._proxied


class _Checked(httpcore2.NetworkBackend):
    """Connects to an address that egress allows at this moment."""

    def __init__(self, egress: Egress | None, *, inside: bool = False) -> None:
        self._egress, self._inside = egress, inside
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        # The proxy is the administrator's own word and stands in no list.
        addresses = (host,) if self._egress is None else self._egress.addresses(host, port, inside=self._inside)
        failure: httpcore2.NetworkError | httpcore2.TimeoutException | None = None
        for address in addresses:
            try:
                opened = self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
                return _Waiting(opened)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError("no address")


class _Waiting(httpcore2.NetworkStream):
    """A connection that waits no longer than the call it works for may, and stops when that is left."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        call = present()
        if call.late:
            raise httpcore2.ReadTimeout("late")
        with _stoppable(call, self._socket):
            return self._stream.read(max_bytes, call.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        call = present()
        with _stoppable(call, self._socket):
            self._stream.write(buffer, call.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        # What is wrapped meanwhile gives up its own socket.
        try:
            with socket.socket(fileno=os.dup(self._socket.fileno())) as same, _stoppable(present(), same):
                return _Waiting(self._stream.start_tls(ssl_context, server_hostname, timeout))
        except httpcore2.ReadError:
            self.close()
            raise

    @property
    def _socket(self) -> socket.socket:
        return self._stream.get_extra_info("socket")

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Body(httpx2.SyncByteStream):
    """The body as it comes, which stops when the call has to."""

    def __init__(self, call: Call, stream: Any) -> None:
        self._call, self._stream = call, stream

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        try:
            for part in self._stream:
                size += len(part)
                if size > MOST_BYTES:
                    raise httpcore2.RemoteProtocolError("too much")
                yield part
            return
        except httpcore2.TimeoutException:
            self._call.stalled()
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            self._call.broke()
        raise httpx2.ReadError("the reply broke off")

    def close(self) -> None:
        self._stream.close()


@contextmanager
def _stoppable(call: Call, waited: socket.socket) -> Generator[None]:
    """While this lasts, leaving the call ends what is waited for there."""

    def stop() -> None:
        with suppress(OSError):
            # Of the socket itself: with TLS, its own way would take the session from under whoever reads.
            socket.socket.shutdown(waited, socket.SHUT_RDWR)

    try:
        with call.waiting(stop):
            yield
    except Left:
        raise httpcore2.ReadError("left") from None


def _core(request: httpx2.Request, call: Call) -> httpcore2.Request:
    """The request with no header but those that a provider needs: SDKs add what they find in the environment and on
    the machine."""
    signed = _signed(request.headers.get("authorization", ""))
    headers = [(name, value) for name, value in request.headers.raw if name.decode().lower() in _SENT | signed]
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=headers,
        content=request.stream,
        extensions={"timeout": {"connect": call.limits.connect, "pool": call.limits.connect}},
    )


def _signed(authorization: str) -> frozenset[str]:
    """Headers that a signature of AWS covers; without them it would not hold."""
    if not authorization.startswith("AWS4-HMAC-SHA256 "):
        return frozenset()
    _, _, names = authorization.partition("SignedHeaders=")
    return frozenset(names.split(",", 1)[0].strip().split(";"))


def _received(call: Call, request: httpx2.Request, response: httpcore2.Response) -> httpx2.Response:
    headers = httpx2.Headers(response.headers)
    call.request_id = request_id(headers)
    body = _Body(call, response.stream)
    if response.status == 200:
        received = httpx2.Response(200, headers=response.headers, stream=body)
        call.response = received
        return received
    call.fail(refused(call.name, response.status, headers, _start_of(body), datetime.now(UTC)))
    return httpx2.Response(
        response.status, content=b"{}", headers={"content-type": "application/json"}, request=request
    )


def _start_of(body: _Body) -> bytes:
    start = b""
    try:
        for part in body:
            start += part
            if len(start) >= MOST_ERROR_BYTES:
                break
    except httpx2.ReadError:
        # The status says enough where the words do not come.
        return start
    finally:
        body.close()
    return start[:MOST_ERROR_BYTES]


def _unreached(call: Call, host: str, error: Exception) -> Invalid | Unavailable:
    cause = error.__context__ or error.__cause__
    if isinstance(cause, ssl.SSLError):
        hint = "Put the authority that signed it into egress.ca_file, or renew it."
        return Invalid(f"The certificate of {host} is not trusted.", hint=hint)
    if isinstance(error, httpcore2.ProxyError):
        hint = "Check egress.proxy, and that the proxy lets this host through."
        return Invalid(f"The proxy does not connect to {host}.", hint=hint)
    if isinstance(error, httpcore2.ConnectTimeout):
        return Unavailable(f"No connection to {host} within {call.limits.connect:g} seconds.", hint="Try again later.")
    return Unavailable(f"No connection to {host}.", hint="Check that the model's server runs.")


def _proxied(proxy: str | None, tls: ssl.SSLContext, limits: dict[str, Any]) -> httpcore2.HTTPProxy | None:
    if proxy is None:
        return None
    own = tls if proxy.startswith("https:") else None
    return httpcore2.HTTPProxy(proxy_url=proxy, proxy_ssl_context=own, network_backend=_Checked(None), **limits)


def _silence(name: str) -> None:
    """SDKs may write requests and replies to their logs; nothing of theirs is passed on."""
    logger = logging.getLogger(name)
    logger.propagate = False
    logger.setLevel(logging.CRITICAL)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
