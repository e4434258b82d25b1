"""The sessions that sources and destinations use: guarded by egress, paced by the account's token bucket, patient.

A session is a ``requests.Session`` whose errors are ours: ``SourceUnavailable`` and ``SourceRejected``. They name the
host and what to do, never a URL, a header or a body.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests import exceptions as failures

from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.http import Rate
from connectors.rates import Buckets
from core.clock import Clock
from core.egress import Egress, EgressRefused
from core.errors import Unavailable
from core.pinned import PinnedAdapter, PinnedSession, host_of

REFUSED_FOR_NOW = frozenset({429, 503})
"""The request was not carried out: it may be sent again, whatever it is."""
UNCERTAIN = frozenset({502, 504})
LONGEST_RETRY_AFTER = 24 * 3600.0
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request is tried. Pauses are in seconds; a longer one ends the request with ``retry_after``."""

    attempts: int = 4
    first_pause: float = 0.5
    longest_pause: float = 30.0
    max_answer_bytes: int = 512 * MIB
    """An answer that is larger is refused; a source bounds its items itself."""
    longest_answer: float = 900.0
    """Seconds for one answer, however steadily it trickles."""


class Outbound:
    """Opens sessions (``connectors.http.Http``)."""

    def __init__(
        self, egress: Egress, buckets: Buckets, *, clock: Clock,
        sleep: Callable[[float], None] = time.sleep, jitter: Callable[[], float] = random.random,
        patience: Patience = Patience(),
    ) -> None:  # fmt: skip
        self._egress = egress
        self._buckets = buckets
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._patience = patience
        # At DEBUG it writes whole URLs, and those may carry keys.
        logging.getLogger("urllib3").setLevel(logging.INFO)

    def session(
        self, account: str, *, rate: Rate | None = None, headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 60, resend: bool = True,
    ) -> requests.Session:  # fmt: skip
        """As ``Http.session`` says. ``resend=False`` is for requests that must not be carried out twice: they are sent
        again only where it is certain that they were not carried out."""
        adapter = GuardedAdapter(
            self._egress, timeout_seconds, account=account, rate=rate, buckets=self._buckets, clock=self._clock,
            sleep=self._sleep, jitter=self._jitter, patience=self._patience, resend=resend,
        )  # fmt: skip
        session = GuardedSession(adapter)
        session.headers.update({"User-Agent": "Vouch", **(headers or {})})
        return session

    def permit(self, host: str, port: int) -> None:
        """As ``Http.permit`` says."""
        try:
            self._egress.addresses(host, port)
        except EgressRefused as error:
            raise SourceRejected(error.message, hint=error.hint) from None
        except Unavailable as error:
            raise SourceUnavailable(error.message, hint=error.hint) from None


class GuardedResponse(requests.Response):
    """An answer whose body is bounded, and whose faults are ours wherever it is read."""

    def __init__(self, answer: requests.Response, patience: Patience, clock: Clock) -> None:
        super().__init__()
        self.__dict__.update(answer.__dict__)
        self._patience = patience
        self._clock = clock

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        host, read, began = host_of(self.url), 0, self._clock()
        try:
            for chunk in super().iter_content(chunk_size, decode_unicode):
                read += len(chunk)
                if read > self._patience.max_answer_bytes:
                    self.close()
                    limit = self._patience.max_answer_bytes // MIB
                    raise SourceRejected(f"{host} sent more than {limit} MiB.", hint="Read less at a time.")
                if (self._clock() - began).total_seconds() > self._patience.longest_answer:
                    self.close()
                    raise SourceMisbehaves(f"{host} is too slow to be read.", hint=TRY_LATER)
                yield chunk
        except requests.RequestException as error:
            raise translated(error, host) from None

    def json(self, **kwargs: Any) -> Any:
        """Raises SourceMisbehaves when it is none."""
        try:
            return super().json(**kwargs)
        except (ValueError, failures.JSONDecodeError):
            hint = "Check the address of the system; a sign-in page or a proxy may be answering in its place."
            raise SourceMisbehaves(f"{host_of(self.url)} did not answer with JSON.", hint=hint) from None

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    def raise_for_status(self) -> None:
        """Raises SourceUnavailable from 500 on, SourceRejected from 400 on."""
        if self.status_code >= 400:
            raise refused(host_of(self.url), self.status_code)


class GuardedSession(PinnedSession):
    """Errors are ours."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        host = host_of(request.url or "")
        try:
            return super().send(request, **kwargs)
        except EgressRefused as error:
            raise SourceRejected(error.message, hint=error.hint) from None
        except requests.RequestException as error:
            raise translated(error, host) from None


class GuardedAdapter(PinnedAdapter):
    """Sends one request: a token, the rule, and again where that helps."""

    def __init__(
        self, egress: Egress, timeout_seconds: float, *, account: str, rate: Rate | None, buckets: Buckets,
        clock: Clock, sleep: Callable[[float], None], jitter: Callable[[], float], patience: Patience, resend: bool,
    ) -> None:  # fmt: skip
        super().__init__(egress, timeout_seconds)
        self._account = account
        self._rate = rate
        self._buckets = buckets
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._patience = patience
        self._resend = resend

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, verify: Any = True,
        cert: Any = None, proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:  # fmt: skip
        host = host_of(request.url or "")
        for attempt in range(1, self._patience.attempts + 1):
            self._take(host)
            last = attempt == self._patience.attempts
            try:
                answer = self._once(request, stream, timeout)
            except requests.RequestException as error:
                failure = translated(error, host)
                if last or not self._again(error):
                    raise failure from None
            except SourceUnavailable as broken_off:
                failure = broken_off
                if last or not self._resend:
                    raise
            else:
                failure = self._refusal(answer, host)
                if failure is None:
                    return answer
                answer.close()
                if last or (answer.status_code in UNCERTAIN and not self._resend):
                    raise failure
            self._pause(failure, attempt)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, request: requests.PreparedRequest, stream: bool, timeout: Any) -> requests.Response:
        answer = GuardedResponse(super().send(request, True, timeout), self._patience, self._clock)
        if not stream:
            # Read here, so that a body that breaks off is asked for again.
            _ = answer.content
        return answer

    def _take(self, host: str) -> None:
        while (wait := self._buckets.take(self._account, self._rate)) > 0:
            if wait > self._patience.longest_pause:
                raise SourceUnavailable(f"{host} asked for a pause.", hint=TRY_LATER, retry_after=wait)
            # Not all workers at the same moment.
            self._sleep(wait * (1 + 0.1 * self._jitter()))

    def _refusal(self, answer: requests.Response, host: str) -> SourceUnavailable | None:
        """What stands against this answer. A 429, or any pause that the system asks for, holds for the account."""
        status = answer.status_code
        if status not in REFUSED_FOR_NOW | UNCERTAIN:
            return None
        wait = retry_after(answer.headers, self._clock())
        if wait:
            self._buckets.block(self._account, wait)
        return SourceUnavailable(f"{host} answered {status}.", hint=TRY_LATER, retry_after=wait)

    def _pause(self, failure: SourceUnavailable | SourceRejected, attempt: int) -> None:
        asked = failure.retry_after if isinstance(failure, SourceUnavailable) else None
        if asked:
            if asked > self._patience.longest_pause:
                raise failure
            # The account is blocked for as long as was asked; taking the next token waits for that.
            return
        # Full jitter: half fixed, half by chance, doubled each time.
        longest = min(self._patience.longest_pause, self._patience.first_pause * 2 ** (attempt - 1))
        self._sleep(longest * (0.5 + 0.5 * self._jitter()))

    def _again(self, error: requests.RequestException) -> bool:
        if isinstance(error, failures.SSLError | failures.InvalidURL):
            return False
        if isinstance(error, failures.ConnectTimeout):
            return True
        broken = failures.ConnectionError | failures.Timeout | failures.ChunkedEncodingError
        return self._resend and isinstance(error, broken)


TRY_LATER = "It is tried again by itself; when it lasts, look at the system's own status."


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` header (a number or a date; RFC 9110, 10.2.3), at most a day. None without one."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text) if text[:1].isdigit() else _until(text, now)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER)


def _until(date: str, now: datetime) -> float:
    moment = parsedate_to_datetime(date)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()


def refused(host: str, status: int) -> SourceUnavailable | SourceRejected:
    """The error for an answer that is no success, for those who read no more into it."""
    if status >= 500:
        return SourceUnavailable(f"{host} answered {status}.", hint=TRY_LATER)
    hints = {
        401: "Check the credentials of the source.",
        403: "Give the account that reads the source the permissions that its page in docs/connectors lists.",
        404: "Check the address and the names in the source's configuration.",
    }
    return SourceRejected(f"{host} answered {status}.", hint=hints.get(status, "Check the source's configuration."))


def translated(error: requests.RequestException, host: str) -> SourceUnavailable | SourceRejected:
    """Our error for one of requests'. Its text is left behind: it repeats URLs, with what they carry."""
    if isinstance(error, failures.HTTPError) and error.response is not None:
        return refused(host, error.response.status_code)
    if isinstance(error, failures.SSLError):
        hint = "Renew it, or put the authority that signed it into egress.ca_file."
        return SourceRejected(f"The certificate of {host} was not accepted.", hint=hint)
    if isinstance(error, failures.ProxyError):
        hint = "Check egress.proxy, and that the proxy lets this host through."
        return SourceUnavailable(f"The proxy did not connect to {host}.", hint=hint)
    if isinstance(error, failures.Timeout):
        return SourceUnavailable(f"{host} did not answer in time.", hint=TRY_LATER)
    if isinstance(error, failures.TooManyRedirects):
        return SourceRejected(f"{host} redirects in a circle.", hint="Check the address of the system.")
    if isinstance(error, failures.ConnectionError | failures.ChunkedEncodingError | failures.ContentDecodingError):
        hint = "Check that it is up, that its name is right, and that a firewall lets Vouch through."
        return SourceUnavailable(f"The connection to {host} failed.", hint=hint)
    return SourceRejected(f"A request to {host} could not be made.", hint="Check the address of the system.")
