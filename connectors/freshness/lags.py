"""Lags: how long after a change in the source the index agreed with it. Counted in buckets, by source, kind and day."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from connectors.freshness import repository
from connectors.freshness.repository import Observed
from connectors.plan import Bound

LADDER: tuple[float, ...] = (
    1, 2, 3, 5, 7, 10, 15, 20, 30, 45,
    60, 90, 120, 180, 300, 420, 600, 900, 1200, 1800, 2700,
    3600, 5400, 7200, 10800, 14400, 21600, 28800, 43200, 64800,
    86400, 129600, 172800, 259200, 345600, 604800, 1209600, 2592000, 5184000, 7776000, 31536000, 315360000,
)  # fmt: skip
"""Upper ends of the buckets in seconds, up to ten years. They never change: rows of many days are added up."""


def exact(changed_at: Iterable[datetime | None], agreed_at: datetime) -> tuple[timedelta, ...]:
    """Lags of items whose source says when they changed; those of which it does not say are passed over.

    A source whose clock is ahead has a lag of nothing.
    """
    return tuple(max(agreed_at - moment, timedelta(0)) for moment in changed_at if moment is not None)


def interval(found: int, previous_started: datetime | None, agreed_at: datetime) -> tuple[timedelta, ...]:
    """Lags of ``found`` items of which nobody says when they changed: some time since the start of the pass before this
    one, which did not see it. The upper end counts. Nothing where there was no pass before."""
    if previous_started is None:
        return ()
    return (max(agreed_at - previous_started, timedelta(0)),) * found


def observe(
    session: Session, source_id: str, kind: Bound, lags: Iterable[timedelta], bound: timedelta | None, now: datetime
) -> None:
    """Add observations to the day of ``now``. Each that is over ``bound`` counts as late, now and for good."""
    counts: Counter[float] = Counter()
    late: Counter[float] = Counter()
    for lag in lags:
        bucket = bucket_of(lag)
        counts[bucket] += 1
        late[bucket] += bound is not None and lag > bound
    repository.add(session, source_id, kind, day_of(now), [Observed(b, counts[b], late[b]) for b in sorted(counts)])


def bucket_of(lag: timedelta) -> float:
    """The upper end of the bucket that a lag falls into, in seconds."""
    return LADDER[min(bisect_left(LADDER, lag.total_seconds()), len(LADDER) - 1)]


def day_of(moment: datetime) -> str:
    """The UTC day of a moment."""
    return repository.day_text(moment)


def quantile(histogram: Mapping[float, int], share: float) -> timedelta | None:
    """The upper end of the bucket in which the smallest lag lies that ``share`` of all are not over."""
    total = sum(histogram.values())
    seen = 0
    for bucket in sorted(histogram):
        seen += histogram[bucket]
        if total and seen >= share * total:
            return timedelta(seconds=bucket)
    return None
