"""What sources are opened with in tests: the real guarded sessions, on loopback, with time that nobody waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.kinds import Opening
from connectors.outbound import Outbound
from connectors.rates import MemoryBuckets
from core.egress import Egress, EgressSettings
from core.secrets import Secret

SOURCE = "tested"
"""The name of the source."""
MAX_BYTES = 2**20


@dataclass
class Time:
    """Moves only by what somebody slept."""

    now: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def opening(
    secrets: Mapping[str, str] | None = None, *, time: Time | None = None, hosts: tuple[str, ...] = ("127.0.0.1",),
    max_bytes: int = MAX_BYTES,
) -> Opening:  # fmt: skip
    """``secrets`` by reference (``env:KEY``)."""
    time = time or Time()
    egress = Egress(EgressSettings(hosts=hosts, private=("127.0.0.1/32",)))  # type: ignore[arg-type]
    http = Outbound(egress, MemoryBuckets(time), clock=time, sleep=time.sleep, jitter=lambda: 0.0)
    known = dict(secrets or {})
    return Opening(SOURCE, lambda ref: Secret(known[ref].encode()), http, time, max_bytes)
