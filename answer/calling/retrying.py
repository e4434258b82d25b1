"""When a call is tried again: after a pause with jitter, as long as the deployment's retry budget lasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Retrying:
    """At most ``attempts`` in all. Pauses are in seconds: at random up to ``base``, twice as long each time, at most
    ``longest``; what the provider asks for comes first. ``share``: of calls, how many may be repeated in the long run;
    ``burst`` of them at once."""

    attempts: int = 3
    base: float = 0.5
    longest: float = 8
    share: float = 0.2
    burst: int = 5


class RetryBudget:
    """So that retries do not multiply an outage: a retry spends one, a call earns ``share``."""

    def __init__(self, retrying: Retrying) -> None:
        self._retrying = retrying
        self._left = float(retrying.burst)
        self._lock = Lock()

    def earn(self) -> None:
        with self._lock:
            self._left = min(float(self._retrying.burst), self._left + self._retrying.share)

    def spend(self) -> bool:
        """Whether there was one to be spent."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True


def pause(retrying: Retrying, tried: int, retry_after: float | None, random: Callable[[], float]) -> float:
    """Seconds until the next attempt after ``tried``. ``random`` gives 0 to 1. Jitter comes on top of what the provider
    asks for: it asks all of its callers for the same."""
    jitter = random() * min(retrying.longest, retrying.base * 2 ** (tried - 1))
    return (retry_after or 0.0) + jitter
