"""HTTP connections that are made only to addresses which egress has checked."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from core.egress import PORTS, Egress, EgressRefused, plain
from core.errors import Unavailable


class PinnedAdapter(HTTPAdapter):
    """Applies the rule to each request and each connection, with the administrator's proxy and certificates.

    Raises EgressRefused for a system that may not be reached. What a caller says about proxies or about not checking
    certificates is not heard.
    """

    def __init__(self, egress: Egress, timeout_seconds: float) -> None:
        self._egress = egress
        self._timeout = timeout_seconds
        self._context = egress.tls()
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        pools: PoolManager = self.poolmanager
        pools.pool_classes_by_scheme = _pinned_pools(self._egress)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, proxy_ssl_context=self._context, **proxy_kwargs)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, pool = super().build_connection_pool_key_attributes(request, True, cert)
        return host, {**pool, "ssl_context": self._context, "cert_reqs": "CERT_REQUIRED"}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        # The context holds the authorities already; loading them again for each connection would cost 10 ms.
        conn.cert_reqs = "CERT_REQUIRED"

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, verify: Any = True,
        cert: Any = None, proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:  # fmt: skip
        target = self._egress.target(request.url or "")
        proxy = self._egress.settings.proxy
        through = {} if target.direct or proxy is None else {"http": proxy, "https": proxy}
        wait = timeout if timeout is not None else (min(10.0, self._timeout), self._timeout)
        return super().send(request, stream, wait, True, None, through)


class PinnedSession(requests.Session):
    """A session for the systems that the administrator allowed, and for nothing else. Neither the environment
    (``HTTP_PROXY``, ``.netrc``) nor a redirect changes where it goes."""

    def __init__(self, adapter: PinnedAdapter) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def resolve_redirects(
        self, resp: requests.Response, req: requests.PreparedRequest, *args: Any, yield_requests: bool = False,
        **kwargs: Any,
    ) -> Iterator[Any]:  # fmt: skip
        # Asked not to follow redirects, requests only wants to know what the next request would be.
        if yield_requests:
            return
        follow: Any = super().resolve_redirects  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        yield from follow(resp, req, *args, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        location = super().get_redirect_target(resp)
        if location is not None and origin(urljoin(resp.url, location)) != origin(resp.url):
            there = host_of(urljoin(resp.url, location)) or "another address"
            hint = "If that is where the system is, use that address in the configuration."
            raise EgressRefused(f"{host_of(resp.url)} redirects to {there}, which is not followed.", hint=hint)
        return location


def host_of(url: str) -> str:
    """The host of a URL, the only part of it that errors show."""
    return origin(url)[1]


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; empty for what is no URL."""
    try:
        parts = urlsplit(url)
        return parts.scheme, plain(parts.hostname or ""), parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return "", "", None


def _pinned_pools(egress: Egress) -> dict[str, type[HTTPConnectionPool]]:
    class Connection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(egress, self, self._dns_host)

    class TlsConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(egress, self, self._dns_host)

    # urllib3 types these by protocols that its own connections do not fit either.
    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection  # pyright: ignore[reportAssignmentType]

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection  # pyright: ignore[reportAssignmentType]

    return {"http": Pool, "https": TlsPool}


def _connect(egress: Egress, connection: HTTPConnection, host: str) -> socket.socket:
    """A socket to the first address of ``host`` that is allowed and answers."""
    try:
        addresses = egress.addresses(host, connection.port)
    except Unavailable:
        raise NameResolutionError(host, connection, socket.gaierror("no address")) from None
    failure: OSError | None = None
    for address in addresses:
        try:
            return create_connection(
                (address, connection.port), connection.timeout, connection.source_address, connection.socket_options
            )
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "no connection in time") from None
    raise NewConnectionError(connection, "no connection") from None
