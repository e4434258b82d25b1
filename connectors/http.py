"""HTTP to the systems that Vouch reads and writes: every session obeys egress, rate limits and ``Retry-After``.

Sessions are ``requests.Session``s, so that dlt's REST client can use them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``per_second`` requests on average, ``burst`` at once."""

    per_second: float
    burst: int = 1


class Http(Protocol):
    def session(
        self, account: str, *, rate: Rate | None = None, headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 60, resend: bool = True,
    ) -> requests.Session:  # fmt: skip
        """A session whose requests

        - go only to hosts that the administrator allowed, never to private addresses unless allowed, and follow
          redirects to the same host only: else ``SourceRejected``;
        - take a token from the bucket of ``account`` (a name for "this account of this system"), shared by all workers;
        - are sent again on 429, 502, 503, 504 and broken connections, with growing pauses and as ``Retry-After`` says,
          at most a few times; after that, or where the pause would be long, they raise ``SourceUnavailable`` with
          ``retry_after``. With ``resend=False``, for what must not be carried out twice, only where it is certain that
          the request was not carried out;
        - never show a secret in an error. Other statuses are returned as they are.
        """
        ...

    def permit(self, host: str, port: int) -> None:
        """The same rule for what is no HTTP, such as a database: raises ``SourceRejected`` unless the administrator
        allowed the host and its address, ``SourceUnavailable`` when it has none. Nothing is connected."""
        ...
