"""What destinations are opened with in tests: the real sessions, let out to loopback only, on a clock that stands."""

from __future__ import annotations

from ipaddress import ip_network

from connectors.destinations.base import Means
from connectors.outbound import Outbound
from connectors.rates import MemoryBuckets
from core.clock import Clock
from core.egress import Egress, EgressSettings
from core.errors import Unavailable
from core.secrets import Secret
from tests.conftest import StandingClock


def means(clock: StandingClock, secrets: dict[str, str], hosts: tuple[str, ...] = ("127.0.0.1",)) -> Means:
    egress = Egress(EgressSettings(hosts=hosts, private=(ip_network("127.0.0.0/8"),)))  # pyright: ignore
    http = Outbound(
        egress, MemoryBuckets(clock), clock=clock, sleep=lambda seconds: clock.tick(seconds=seconds), jitter=lambda: 0.5
    )

    def secret(ref: str) -> Secret:
        if ref not in secrets:
            raise Unavailable(f"The secret {ref} is not there.")
        return Secret(secrets[ref].encode())

    return Means(secret, http, _clock(clock))


def _clock(clock: StandingClock) -> Clock:
    return clock
