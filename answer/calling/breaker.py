"""A circuit breaker: a deployment that keeps failing is left alone for a while, so that callers go elsewhere at once.

closed ──share of failures too high──▶ open ──time is over──▶ half-open ──one call succeeds──▶ closed
                                        ▲───────────────────────┘ it fails: open for twice as long
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Literal

State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Breaking:
    """``share`` of at least ``least`` calls in the last ``window`` seconds failed: open for ``rest`` seconds, twice as
    long after each failed trial, at most ``longest``."""

    share: float = 0.5
    least: int = 5
    window: float = 60
    rest: float = 15
    longest: float = 300


class Breaker:
    """Safe to use from several threads. ``clock`` counts seconds and never goes back."""

    def __init__(self, clock: Callable[[], float], breaking: Breaking) -> None:
        self._clock, self._breaking = clock, breaking
        self._lock = Lock()
        self._seen: deque[tuple[float, bool]] = deque(maxlen=10_000)
        self._rest = breaking.rest
        self._until: float | None = None
        """Open until then; None while closed."""
        self._trying = False
        self._era = 0
        """Changes with the state: what a call brings that was let in before says nothing about after."""

    @property
    def state(self) -> State:
        with self._lock:
            if self._until is None:
                return "closed"
            return "half_open" if self._trying or self._clock() >= self._until else "open"

    def seconds_left(self) -> float:
        """For how long no call is let in; 0 where one would be."""
        with self._lock:
            return self._left()

    def admit(self) -> int | None:
        """A ticket for one call, for ``succeeded``, ``failed`` or ``left``; None while there is none."""
        with self._lock:
            if self._left() > 0:
                return None
            if self._until is not None:
                self._trying = True
            return self._era

    def succeeded(self, ticket: int) -> None:
        with self._lock:
            if ticket != self._era:
                return
            if self._until is not None:
                self._close()
            else:
                self._seen.append((self._clock(), True))

    def failed(self, ticket: int) -> None:
        with self._lock:
            if ticket != self._era:
                return
            if self._until is not None:
                self._rest = min(self._breaking.longest, self._rest * 2)
                self._open()
                return
            self._seen.append((self._clock(), False))
            self._forget_old()
            failures = sum(not good for _, good in self._seen)
            if len(self._seen) >= self._breaking.least and failures >= self._breaking.share * len(self._seen):
                self._open()

    def left(self, ticket: int) -> None:
        """The call ended without telling anything: its caller went away."""
        with self._lock:
            if ticket == self._era:
                self._trying = False

    def _left(self) -> float:
        if self._until is None:
            return 0.0
        now = self._clock()
        # While one call tries whether it works again, the others wait for what comes of it.
        return max(self._until - now, self._breaking.rest / 5 if self._trying else 0.0)

    def _open(self) -> None:
        self._until = self._clock() + self._rest
        self._trying = False
        self._era += 1
        self._seen.clear()

    def _close(self) -> None:
        self._until, self._trying = None, False
        self._rest = self._breaking.rest
        self._era += 1

    def _forget_old(self) -> None:
        oldest = self._clock() - self._breaking.window
        while self._seen and self._seen[0][0] < oldest:
            self._seen.popleft()
