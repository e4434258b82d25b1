"""The records that a figure of the weekly report counts: found by the counting itself, so that both say the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from api.reports.period import Period
from api.reports.tally import Pattern, begins
from api.reports.weekly import checkpoint_now, counting, events
from api.runtime import Runtime
from core.audit import repository
from core.audit.finding import Found


@dataclass(frozen=True, slots=True)
class Share:
    """``amount`` is what one record adds to the figure."""

    found: Found
    amount: int


@dataclass(frozen=True, slots=True)
class Counted:
    """``amount`` and ``records`` are of the whole period, ``shares`` those of one page."""

    amount: int
    records: int
    shares: list[Share]


def counted(runtime: Runtime, period: Period, patterns: Collection[Pattern], limit: int, after: int = 0) -> Counted:
    """Records of ``period`` that were counted under keys that begin like one of ``patterns``: ``limit`` of them, from
    behind record ``after``, the oldest first. A key that several patterns fit is counted once."""
    checkpoint = checkpoint_now(runtime)
    tally = counting(runtime, period)
    amount, records, shares = 0, 0, list[Share]()
    with repository.snapshot(runtime.database) as session:
        for found in events(session, period, checkpoint):
            # Also those of the period before: what an intent said is needed for its outcome.
            added = sum(n for key, n in tally.of(found) if any(begins(key, pattern) for pattern in patterns))
            if not added or not period.holds(datetime.fromisoformat(found.event["at"])):
                continue
            amount += added
            records += 1
            if found.seq > after and len(shares) < limit:
                shares.append(Share(found, added))
    return Counted(amount, records, shares)
