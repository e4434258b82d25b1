"""How many calls of a deployment run at once, with a short queue before them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition

from core.errors import TooMany

LOOK = 0.1
"""Seconds after which whoever waits looks whether the caller is still there."""


FULL = "The models that may answer this are busy with other questions."


class Full(TooMany):
    """All slots are taken, and the queue is full or the time in it is over."""

    code = "model_full"


@dataclass(frozen=True, slots=True)
class Queueing:
    """``share`` of the concurrency may wait, at least one, for at most ``seconds``."""

    share: float = 1.0
    seconds: float = 5.0


class Slots:
    """Safe to use from several threads. Times are in seconds; ``clock`` never goes back."""

    def __init__(self, name: str, count: int, queueing: Queueing, clock: Callable[[], float]) -> None:
        self._name, self._count, self._queueing, self._clock = name, count, queueing, clock
        self._most_waiting = max(1, int(count * queueing.share)) if queueing.share else 0
        self._free = Condition()
        self._held = 0
        self._waiting = 0
        self._usual = 1.0
        """Seconds for which a slot is usually held."""

    @property
    def held(self) -> int:
        return self._held

    @property
    def waiting(self) -> int:
        return self._waiting

    def take(self, until: float, gone: Callable[[], bool]) -> float:
        """Take one, waiting for it until then at most; returns when it was taken. Raises ``Full`` when the queue is
        full, or the time is over or the caller gone before there is one."""
        until = min(until, self._clock() + self._queueing.seconds)
        with self._free:
            if self._held >= self._count:
                if self._waiting >= self._most_waiting:
                    raise self._refusal()
                self._wait(until, gone)
            self._held += 1
        return self._clock()

    def give(self, taken: float) -> None:
        with self._free:
            self._held -= 1
            self._usual += 0.2 * (self._clock() - taken - self._usual)
            self._free.notify()

    def _wait(self, until: float, gone: Callable[[], bool]) -> None:
        self._waiting += 1
        try:
            while self._held >= self._count:
                left = until - self._clock()
                if left <= 0 or gone():
                    raise self._refusal()
                self._free.wait(min(LOOK, left))
        finally:
            self._waiting -= 1

    def _refusal(self) -> Full:
        after = max(1.0, self._usual * (self._waiting + 1) / self._count)
        return Full(
            f"The model {self._name} answers as many questions as it can.",
            hint=f"Try again in {int(after) + 1} s.",
            retry_after=after,
        )
