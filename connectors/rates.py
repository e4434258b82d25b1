"""How fast an account of a system may be used, over all workers together: a token bucket each."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.http import Rate
from connectors.tables import BucketRow
from core.clock import Clock
from core.database import Database, insert_missing

HELD_SECONDS = 1.0
"""How long a worker keeps what it took for later: the price in exactness for a write a second, not one a request."""
FULL = 1e9
"""Tokens of a new bucket: whatever the burst is, the first taking cuts it down to that."""


class Buckets(Protocol):
    """The token buckets of all accounts."""

    def take(self, account: str, rate: Rate | None) -> float:
        """Take one token for one request. Returns 0.0 when it was taken, else the seconds after which to ask again.
        Without a rate there is nothing to take, but an account may still be blocked."""
        ...

    def block(self, account: str, seconds: float) -> None:
        """Nobody uses the account for that long (its system said so). Never shortens a block."""
        ...


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: datetime
    blocked_until: datetime | None = None

    def wait(self, rate: Rate | None, now: datetime, most: int) -> tuple[int, float]:
        """Take up to ``most`` tokens: how many, and when none, after how many seconds to ask again."""
        if self.blocked_until is not None and self.blocked_until > now:
            return 0, (self.blocked_until - now).total_seconds()
        if rate is None:
            return most, 0.0
        # Clocks of workers differ a little: time that seems to go back fills nothing.
        elapsed = max(0.0, (now - self.filled_at).total_seconds())
        self.tokens = min(float(max(1, rate.burst)), self.tokens + elapsed * rate.per_second)
        self.filled_at = max(self.filled_at, now)
        taken = min(most, int(self.tokens + 1e-9))
        if taken < 1:
            return 0, max(0.001, (1.0 - self.tokens) / rate.per_second)
        self.tokens -= taken
        return taken, 0.0

    def block(self, until: datetime) -> None:
        self.blocked_until = max(until, self.blocked_until or until)


class MemoryBuckets:
    """For one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, account: str, rate: Rate | None) -> float:
        with self._lock:
            return self._bucket(account).wait(rate, self._clock(), 1)[1]

    def block(self, account: str, seconds: float) -> None:
        with self._lock:
            self._bucket(account).block(self._clock() + timedelta(seconds=seconds))

    def _bucket(self, account: str) -> _Bucket:
        return self._buckets.setdefault(account, _Bucket(FULL, self._clock()))


@dataclass(slots=True)
class _Held:
    tokens: int
    until: datetime


class DatabaseBuckets:
    """For all processes that share a database (``rate_buckets``).

    Tokens are taken for up to a second's worth at a time, and dropped when they are not used within it. So a system
    may see, in one burst, up to a second's worth a worker beyond the burst that was declared, and a block by another
    worker is noticed within a second.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}

    def take(self, account: str, rate: Rate | None) -> float:
        with self._lock:
            now = self._clock()
            held = self._held.get(account)
            if held is None or held.tokens < 1 or held.until <= now or held.until > now + _held_for():
                most = _batch(rate)
                taken, wait = self._draw(_name(account), rate, now, most)
                if not taken:
                    self._held.pop(account, None)
                    return wait
                held = self._held[account] = _Held(taken, now + _held_for())
            if rate is not None:
                held.tokens -= 1
            return 0.0

    def block(self, account: str, seconds: float) -> None:
        now = self._clock()
        with self._lock:
            self._held.pop(account, None)
        with self._database.writing() as session:
            row = _row(session, _name(account), now)
            until = now + timedelta(seconds=seconds)
            row.blocked_until = max(until, row.blocked_until or until)

    def _draw(self, name: str, rate: Rate | None, now: datetime, most: int) -> tuple[int, float]:
        if rate is None:
            with self._database.reading() as session:
                row = session.get(BucketRow, name)
                blocked = row.blocked_until if row is not None else None
            return _Bucket(0.0, now, blocked).wait(None, now, most)
        with self._database.writing() as session:
            row = _row(session, name, now)
            bucket = _Bucket(row.tokens, row.filled_at, row.blocked_until)
            drawn = bucket.wait(rate, now, most)
            row.tokens, row.filled_at = bucket.tokens, bucket.filled_at
            return drawn


def _row(session: Session, name: str, now: datetime) -> BucketRow:
    """The bucket's row, locked until the transaction ends."""
    insert_missing(session, BucketRow, [{"account": name, "tokens": FULL, "filled_at": now}])
    return session.execute(select(BucketRow).where(BucketRow.account == name).with_for_update()).scalar_one()


def _batch(rate: Rate | None) -> int:
    return 1 if rate is None else max(1, min(rate.burst, int(rate.per_second * HELD_SECONDS)))


def _held_for() -> timedelta:
    return timedelta(seconds=HELD_SECONDS)


def _name(account: str) -> str:
    """The account as its row is called: within the column's 200 characters."""
    return account if len(account) <= 200 else hashlib.sha256(account.encode()).hexdigest()
