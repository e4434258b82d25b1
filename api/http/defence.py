"""What every request passes first: for this host, not too large, not from an address or with a credential that tries
too often; and the headers that tell browsers what Vouch's replies may never do."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Unless a route says otherwise."""
TRANSPORT = "max-age=31536000; includeSubDomains"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_KEPT = 10_000
"""Addresses and credentials that are counted at once. The one that was seen longest ago goes first."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """``hosts``: the names under which Vouch is reached, without port. ``body_bytes``: of one request.
    ``failures_per_minute``: requests of one address that were refused for want of a valid sign-in.
    ``requests_per_minute``: of one credential, but for the machine's own, ``uncounted`` (``credential_of``)."""

    hosts: frozenset[str]
    body_bytes: int
    failures_per_minute: int
    requests_per_minute: int
    uncounted: str = ""


class Window:
    """Counts what happened within the last minute, by key."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: str) -> float:
        """Seconds until one more is allowed; 0 when it is now."""
        with self._lock:
            times = self._recent(key)
            return 0.0 if len(times) < self._most else max(0.0, times[0] + 60 - self._clock())

    def count(self, key: str) -> None:
        with self._lock:
            times = self._recent(key)
            times.append(self._clock())
            # The key moves to the end: whatever stands first was seen longest ago.
            self._seen.pop(key, None)
            self._seen[key] = times
            while len(self._seen) > MOST_KEPT:
                self._seen.pop(next(iter(self._seen)))

    def _recent(self, key: str) -> deque[float]:
        times = self._seen.get(key) or deque(maxlen=self._most)
        while times and times[0] <= self._clock() - 60:
            times.popleft()
        return times


class Defence:
    """ASGI middleware. ``bounds`` is asked at each request, since the application may know its runtime later."""

    def __init__(self, app: ASGIApp, bounds: Callable[[], Bounds | None]) -> None:
        self._app, self._ask = app, bounds
        self._bounds: Bounds | None = None
        self._failures = self._requests = Window(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bounds = self._known() if scope["type"] == "http" else None
        if bounds is None:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        address = (scope.get("client") or ("",))[0]
        credential = _credential(headers)
        if credential == bounds.uncounted:
            credential = ""
        refusal = self._refusal(bounds, headers, address, credential)
        if refusal is not None:
            await refusal(scope, send)
            return
        if credential:
            self._requests.count(credential)
        read = 0

        async def measured() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > bounds.body_bytes:
                # Whatever it said of its length before. Starlette's own error passes every layer between.
                raise HTTPException(413, "Too large")
            return message

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 401:
                    self._failures.count(address)
                _dress(message, secure=scope.get("scheme") == "https")
            await send(message)

        await self._app(scope, measured, guarded)

    def _known(self) -> Bounds | None:
        if self._bounds is None:
            self._bounds = self._ask()
            if self._bounds is not None:
                self._failures = Window(self._bounds.failures_per_minute)
                self._requests = Window(self._bounds.requests_per_minute)
        return self._bounds

    def _refusal(self, bounds: Bounds, headers: Headers, address: str, credential: str) -> Refusal | None:
        if _host(headers.get("host", "")) not in bounds.hosts:
            # The name is not repeated: it is a text from outside.
            return Refusal(
                421, "Misdirected", "Vouch is not reached under this name.", "Name it under hosts: in vouch.yaml."
            )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > bounds.body_bytes:
            return _too_large(bounds)
        wait = max(self._failures.wait(address), self._requests.wait(credential) if credential else 0.0)
        if wait:
            seconds = int(wait) + 1
            said = "Too many requests were made from here in the last minute."
            return Refusal(429, "Too much at once", said, f"Try again in {seconds} s.", seconds)
        return None


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    title: str
    detail: str
    hint: str
    retry_after: int = 0

    async def __call__(self, scope: Scope, send: Send) -> None:
        code = {413: "too_large", 421: "misdirected", 429: "too_many"}[self.status]
        body = json.dumps({
            "type": f"urn:vouch:problem:{code}", "title": self.title, "status": self.status, "detail": self.detail,
            "hint": self.hint, "code": code, "trace_id": scope.get("state", {}).get("trace_id", ""),
        }).encode()  # fmt: skip
        retry = [(b"retry-after", str(self.retry_after).encode())] if self.retry_after else []
        start: Message = {
            "type": "http.response.start",
            "status": self.status,
            "headers": [
                (b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), *retry,
            ],
        }  # fmt: skip
        _dress(start, secure=scope.get("scheme") == "https")
        await send(start)
        await send({"type": "http.response.body", "body": body})


def hosts_of(named: Iterable[str], listening: str, public_urls: Iterable[str] = ()) -> frozenset[str]:
    """The names under which an installation is reached: as named, this machine's own, those of its public address."""
    urls = (urlsplit(each).hostname for each in public_urls)
    found = {*(_host(each) for each in named), *LOOPBACK, _host(listening), *(each for each in urls if each)}
    return frozenset(found - {"", "0.0.0.0", "::"})  # noqa: S104 (taken out: it is no name)


def _too_large(bounds: Bounds) -> Refusal:
    most = f"Send at most {bounds.body_bytes // 1_000_000 or 1} MB at once."
    return Refusal(413, "Too large", "This request is too large.", most)


def _dress(message: Message, *, secure: bool) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if secure:
        headers.setdefault("Strict-Transport-Security", TRANSPORT)


def _host(value: str) -> str:
    """A Host header without its port."""
    value = value.strip().lower()
    if value.startswith("["):
        return value[1:].partition("]")[0]
    name, _, port = value.rpartition(":")
    return name if name and port.isdigit() and ":" not in name else value


def credential_of(given: str) -> str:
    """A name for what a request signs in with; empty without."""
    return hashlib.sha256(given.encode()).hexdigest()[:32] if given else ""


def _credential(headers: Headers) -> str:
    return credential_of(headers.get("authorization") or _session_cookie(headers.get("cookie", "")))


def _session_cookie(cookies: str) -> str:
    return next((part.strip() for part in cookies.split(";") if "vouch_session=" in part), "")
