"""Requests over several connections at once, each answered before the next is sent: the same client for every side."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

from core.errors import Unavailable

_OK = 200


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests of one kind go. The headers may hold a key."""

    port: int
    path: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """``body`` is that request number ``asked``'s; ``seconds`` from sending it to the last byte."""

    asked: int
    seconds: float
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Load:
    """``replies`` in no order; ``seconds`` on the wall for all of them."""

    replies: tuple[Reply, ...]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.replies) / self.seconds


def send(target: Target, bodies: Sequence[bytes], connections: int, requests: int) -> Load:
    """``requests`` requests, the bodies by turns. Raises ``Unavailable`` where one is not answered with 200."""
    numbers = count()

    def converse(_: int) -> list[Reply]:
        replies: list[Reply] = []
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=300)
        headers = {"Content-Type": "application/json", **target.headers}
        try:
            # Taking the next number is one step of the interpreter: no two threads get the same.
            while (number := next(numbers)) < requests:
                asked = number % len(bodies)
                began = time.perf_counter()
                connection.request("POST", target.path, bodies[asked], headers)
                response = connection.getresponse()
                body = response.read()
                replies.append(Reply(asked, time.perf_counter() - began, body))
                if response.status != _OK:
                    raise Unavailable(
                        f"{target.path} answered {response.status}: {body[:200].decode(errors='replace')}"
                    )
        finally:
            connection.close()
        return replies

    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as threads:
        found = [reply for replies in threads.map(converse, range(connections)) for reply in replies]
    return Load(tuple(found), time.perf_counter() - began)
